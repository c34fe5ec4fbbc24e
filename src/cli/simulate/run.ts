import { loadTelemetry } from '../../project/telemetry.ts'
import { createSpans } from '../../runtime/spans.ts'
import type { RunProbe } from '../../simulator/options.ts'
import { simulate } from '../../simulator/simulate.ts'
import { tellChanged } from '../built-ins.ts'
import { codeOfSignal, type Host } from '../host.ts'
import { warn } from '../project.ts'
import { exitError, guard } from '../watchdog.ts'
import { lossProblems, pendingProblems } from './after.ts'
import { tellWaiting } from './progress.ts'
import { openRunReport, type RunOptions } from './run-report.ts'

/** How often a run checks whether the project's code has replaced functions that attak calls. It takes 0.1 ms. */
const LOOK_MS = 1000

/**
 * Runs a project and prints what happens. Returns whether nothing failed. Throws what the input throws, after printing
 * the story so far.
 */
export async function tellRun(run: RunOptions, host: Host): Promise<boolean> {
  const { project, graph, input, ticks, seed, concurrency, timings, signal } = run
  const telemetry = await loadTelemetry(project.dir)
  const report = openRunReport(run, host)
  const timers = host.watchTimers()
  timers.forget()
  let probe: RunProbe | undefined
  const { processors } = project
  const started = new Int32Array(new SharedArrayBuffer(4))
  const guarded = run.unguarded
    ? undefined
    : guard({
        ...{ graph, dir: project.dir, started, running: () => probe?.running() },
        ...{ interrupted: host.signal, letSignalsEnd: host.letSignalsEnd },
        end: (error, handler) => report.endAtOnce('a handler does not yield', error, handler),
        interrupt: (error, name) => report.endAtOnce('it was interrupted', error, undefined, codeOfSignal(name)),
      })
  const offExit = host.onExit((code) => {
    if (code === undefined) return
    const handler = probe?.running()
    report.endAtOnce('a handler ended the process', exitError(handler, code, project.dir), handler)
  })
  // If attak's promises never settle, nothing else would end the run.
  const looking = setInterval(() => {
    if (!host.builtIns.areWrong()) return
    const { code, where, what, remedy } = host.builtIns.takeProblems()[0]!
    const error = { name: 'AttakError', code, message: `${where}: ${what}`, remedy }
    report.endAtOnce('attak cannot go on', error, probe?.running())
  }, LOOK_MS).unref()
  const waiting = tellWaiting({ oldest: () => probe?.oldest(), now: host.now, say: report.say })
  try {
    const running = simulate({
      ...{ graph, processors, input: input.chunks, live: input.live, ...(ticks && { ticks }) },
      ...{ seed, concurrency, timings, signal, now: host.now },
      ...(telemetry && { spans: createSpans(telemetry) }),
      ...{ recorder: report.recorder, ready: report.flush, describe: report.describe },
      ...{ console: host.console, onUncaught: host.onUncaught, started },
      onProbe(given) {
        probe = given
      },
    })
    const result = await running.catch(async (error: unknown) => {
      await report.end(undefined)
      throw error
    })
    waiting.close()
    // The run is over: its changes must not affect the summary.
    host.builtIns.restore()
    const pending = result.aborted ? [] : pendingProblems(timers.pending(), host.cwd)
    await report.end(result)
    warn([...lossProblems(result.losses), ...pending, ...result.notClosed], host)
    const isWrong = tellChanged(host)
    return result.summary.failed === 0 && result.notClosed.length === 0 && !isWrong
  } finally {
    clearInterval(looking)
    guarded?.close()
    waiting.close()
    offExit()
  }
}
