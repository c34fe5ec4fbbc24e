import type { Graph } from '../../graph/graph.ts'
import type { Project } from '../../project/project.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import { errorOfThrown, type Thrown } from '../../runtime/thrown.ts'
import { recordOfLast } from '../../simulator/error-records.ts'
import { openFileStore } from '../../stores/file/store.ts'
import { failureOptionsOf, failuresDrawn } from '../../view/failure.ts'
import { codeOfSignal, type Host } from '../host.ts'
import { exitError, guard } from '../watchdog.ts'

/** How often to check whether the project's code has replaced functions that attak calls. It takes 0.1 ms. */
const LOOK_MS = 1000

/** A service that its own handlers may end. */
export interface Endable {
  readonly project: Project
  readonly graph: Graph
  /** The file of its error records; undefined where a broker keeps them. */
  readonly errors: string | undefined
  /** Whose code has the thread. */
  readonly running: () => Invocation | undefined
  /** Writes what is still to be printed. */
  readonly flush: () => void
}

/**
 * Watches for handlers that never yield or that end the process: nothing else can run then. Each is recorded as the failure of
 * its message, and the process ends with 1, for a supervisor to start it again. Returns what ends the watch.
 */
export function watchEnding({ project, graph, errors, running, flush }: Endable, host: Host): () => void {
  const { dir } = project
  const end = (error: Thrown, handler: Invocation | undefined, code = 1): never => {
    flush()
    if (handler !== undefined && errors !== undefined) {
      const scope = { topology: graph.name, stage: graph.stage, now: host.date }
      openFileStore(errors).append([recordOfLast(handler, errorOfThrown(error), scope)])
    }
    host.err.tell(failuresDrawn(failureOptionsOf(host.err, host, project))(error))
    return host.exit(code)
  }
  const guarded = guard({
    ...{ graph, dir, running, interrupted: host.signal, letSignalsEnd: host.letSignalsEnd },
    started: new Int32Array(new SharedArrayBuffer(4)),
    end,
    interrupt: (error, name) => end(error, undefined, codeOfSignal(name)),
  })
  const offExit = host.onExit((code) => {
    if (code !== undefined) end(exitError(running(), code, dir), running())
  })
  // If attak's promises never settle, nothing else would end the service.
  const looking = setInterval(() => {
    if (!host.builtIns.areWrong()) return
    const { code, where, what, remedy } = host.builtIns.takeProblems()[0]!
    host.builtIns.restore()
    end({ name: 'AttakError', code, message: `${where}: ${what}`, remedy }, running())
  }, LOOK_MS).unref()
  return () => {
    clearInterval(looking)
    guarded.close()
    offExit()
  }
}
