import { isGiven } from '../graph/platform.ts'
import { isUsersFile } from '../project/stack.ts'
import { currentInvocation, currentLoading } from '../runtime/current.ts'
import { type EnvironmentOwner, openView } from '../runtime/environment.ts'
import { traceOf } from './timers.ts'

/** A variable that the project's own code read. */
export interface VariableRead {
  readonly name: string
  /** The processors whose handler or module read it. Empty: code of the topology, or of what it imports. */
  readonly processors: readonly string[]
  /** The stack of the code that read it, calls only. */
  readonly stack: string
}

/** Knows which variables the project's own code reads. */
export interface ReadWatch {
  /** Forgets what was read and set so far: a run begins. */
  begin(): void
  /** Returns what was read since the last call, each name once for each processor. */
  take(): readonly VariableRead[]
}

/** Finding the reader takes 30 µs. A name that packages read this often is assigned to them. */
const MOST_BY_PACKAGES = 100

/**
 * Watches which environment variables are read by name. Only code in a file of the project counts, not code of a
 * package. Variables that the code has set itself, and those that every function has, are not reported.
 */
export function watchReads(owner: EnvironmentOwner): ReadWatch {
  let reads: VariableRead[] = []
  let known = new Set<string>()
  const written = new Set<string>()
  const byPackages = new Map<string, number>()
  const note = (name: string, caller: CallableFunction) => {
    if (isGiven(name) || written.has(keyOf([], name))) return
    const processors = currentLoading()?.processors ?? handlersNow()
    const key = keyOf(processors, name)
    if (processors.length > 0 && processors.every((processor) => written.has(keyOf([processor], name)))) return
    if (known.has(key)) return
    if (!isUsersFile(fileOf(caller))) {
      const times = (byPackages.get(key) ?? 0) + 1
      byPackages.set(key, times)
      if (times >= MOST_BY_PACKAGES) known.add(key)
      return
    }
    known.add(key)
    reads.push({ name, processors, stack: String(traceOf(caller).stack) })
  }
  openView(owner, { onRead: note, onWrite: (name) => written.add(keyOf(writersNow(), name)) })
  return {
    begin() {
      reads = []
      for (const noted of [known, written, byPackages]) noted.clear()
    },
    take() {
      const taken = reads
      ;[reads, known] = [[], new Set()]
      return taken
    },
  }
}

function keyOf(processors: readonly string[], name: string): string {
  return `${processors.join()} ${name}`
}

function handlersNow(): readonly string[] {
  const invocation = currentInvocation()
  return invocation === undefined ? [] : [invocation.processor]
}

/** Other processors may import the module that writes, which is loaded only once where they share it. Empty: any may. */
function writersNow(): readonly string[] {
  const loading = currentLoading()
  if (loading === undefined) return handlersNow()
  return loading.isShared ? [] : loading.processors
}

/**
 * Returns the file of the code that called `caller`; native functions are skipped. Empty if the project prevents
 * reading stacks.
 */
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
