import type { Graph } from '../../graph/graph.ts'
import type { Project } from '../../project/project.ts'
import { loadTelemetry } from '../../project/telemetry.ts'
import { createSpans } from '../../runtime/spans.ts'
import { type RunProbe, simulate } from '../../simulator/simulate.ts'
import type { FileStore } from '../../stores/file/store.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { warn } from '../project.ts'
import { pendingProblems } from './after.ts'
import { raiseInlining } from './inlining.ts'
import type { KeepOptions } from './keep.ts'
import { holdNewSpace } from './new-space.ts'
import { tellWaiting } from './progress.ts'
import { exitError, guard, unguarded } from './stall.ts'
import { openTeller } from './teller.ts'

/** One run of a loaded project, and how to tell of it. */
export interface Run {
  readonly project: Project
  /** The part of the project's graph that runs. */
  readonly graph: Graph
  readonly input: RunInput
  readonly seed: string
  readonly concurrency: number
  readonly json: boolean
  readonly quiet: boolean
  readonly timings: boolean
  readonly traceFile?: string
  readonly signal: AbortSignal
  /** Handlers may take as long as they like, as under a debugger: nothing watches whether they yield. */
  readonly unguarded?: boolean
  /** Where its errors are kept, instead of those of the run before or beside them; absent: nowhere. */
  readonly errors?: KeepOptions & { readonly store: FileStore }
}

/** Runs it and tells of it while it runs. Gives whether nothing failed. Throws what the input throws, having told so far. */
export async function tellRun(run: Run, host: Host): Promise<boolean> {
  const { project, graph, input, seed, concurrency, timings, signal } = run
  const teller = openTeller(run, host)
  const timers = host.watchTimers()
  timers.forget()
  let probe: RunProbe | undefined
  const { processors } = project
  const watch = run.unguarded === true ? unguarded : guard
  const guarded = watch({
    ...{ graph, dir: project.dir, processors, runMicrotasks: host.runMicrotasks, running: () => probe?.running() },
    end: (error, handler) => teller.endAtOnce('a handler does not yield', error, handler),
  })
  const offExit = host.onExit((code) => {
    if (code === undefined) return
    const handler = probe?.running()
    teller.endAtOnce('a handler ended the process', exitError(handler, code, project.dir), handler)
  })
  const telemetry = await loadTelemetry(project.dir)
  const waiting = tellWaiting({ oldest: () => probe?.oldest(), now: host.now, say: teller.say })
  let restore: readonly (() => void)[] = []
  try {
    const running = guarded.start((onIdle) => {
      restore = [raiseInlining(), holdNewSpace()]
      return simulate({
        ...{ graph, processors, input: input.chunks, live: input.live },
        ...{ seed, concurrency, timings, signal, now: host.now },
        ...(telemetry && { spans: createSpans(telemetry) }),
        ...{ recorder: teller.recorder, ready: teller.flush, describe: teller.describe },
        ...{ console: host.console, onUncaught: host.onUncaught, onIdle },
        onProbe(given) {
          probe = given
        },
      })
    })
    const result = await running.catch(async (error: unknown) => {
      await teller.end(undefined)
      throw error
    })
    waiting.close()
    const pending = result.aborted ? [] : pendingProblems(timers.pending(), host.cwd)
    await teller.end(result)
    warn(pending, host)
    return result.summary.failed === 0
  } finally {
    for (const each of restore) each()
    guarded.close()
    waiting.close()
    offExit()
  }
}
