import { isUsersFile } from '../project/stack.ts'
import { type EnvironmentOwner, openView } from '../runtime/environment.ts'
import { traceOf } from './timers.ts'

/** A variable that the project's own code read. */
export interface VariableRead {
  readonly name: string
  /** The processor whose handler read it. Absent: code that runs while its module is loaded, or that is no handler's. */
  readonly processor?: string
  /** The stack of the code that read it, calls only. */
  readonly stack: string
}

/** Knows which variables the project's own code reads. */
export interface ReadWatch {
  /** Returns what was read since the last call, each name once for each processor. */
  take(): readonly VariableRead[]
}

/**
 * Watches what is read of the environment by name: code counts that is in a file of the project, not of a package. What code has
 * set itself is not told. `processorOf` says whose handler runs.
 */
export function watchReads(owner: EnvironmentOwner, processorOf: () => string | undefined): ReadWatch {
  let reads: VariableRead[] = []
  let known = new Set<string>()
  const written = new Set<string>()
  const note = (name: string, caller: CallableFunction) => {
    const processor = processorOf()
    const key = `${processor ?? ''} ${name}`
    if (written.has(name) || known.has(key) || !isUsersFile(fileOf(caller))) return
    known.add(key)
    reads.push({ name, ...(processor !== undefined && { processor }), stack: String(traceOf(caller).stack) })
  }
  openView(owner, { onRead: note, onWrite: (name) => written.add(name) })
  return {
    take() {
      const taken = reads
      ;[reads, known] = [[], new Set()]
      return taken
    },
  }
}

/** The file of the code that called `caller`; native functions are passed over. */
function fileOf(caller: CallableFunction): string {
  const { prepareStackTrace } = Error
  try {
    Error.prepareStackTrace = (_, calls) => calls.map((call) => call.getFileName()).find((file) => file != null)
    return String(traceOf(caller).stack ?? '')
  } finally {
    Error.prepareStackTrace = prepareStackTrace
  }
}
