import { isGiven } from '../graph/platform.ts'
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

/** To find out who reads takes 30 µs: a name that packages read so often is theirs. */
const MOST_BY_PACKAGES = 100

/**
 * Watches what is read of the environment by name: code counts that is in a file of the project, not of a package. What code has
 * set itself is not told, nor what every function has. `processorOf` says whose handler runs.
 */
export function watchReads(owner: EnvironmentOwner, processorOf: () => string | undefined): ReadWatch {
  let reads: VariableRead[] = []
  let known = new Set<string>()
  const written = new Set<string>()
  const byPackages = new Map<string, number>()
  const note = (name: string, caller: CallableFunction) => {
    if (isGiven(name) || written.has(name)) return
    const processor = processorOf()
    const key = `${processor ?? ''} ${name}`
    if (known.has(key)) return
    if (!isUsersFile(fileOf(caller))) {
      const times = (byPackages.get(key) ?? 0) + 1
      byPackages.set(key, times)
      if (times >= MOST_BY_PACKAGES) known.add(key)
      return
    }
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

/** The file of the code that called `caller`; native functions are passed over. Empty where the project keeps stacks from being read. */
function fileOf(caller: CallableFunction): string {
  const { prepareStackTrace } = Error
  let file: string | null | undefined
  try {
    // Node calls that of `globalThis.Error`, which a project may have replaced.
    Error.prepareStackTrace = (_, calls) => {
      file = calls.map((call) => call.getFileName()).find((each) => each != null)
    }
    void (traceOf(caller) as { readonly stack?: unknown }).stack
    return file ?? ''
  } finally {
    Error.prepareStackTrace = prepareStackTrace
  }
}
