import { AsyncLocalStorage } from 'node:async_hooks'
import { format } from 'node:util'
import { type AttakError, errorOf, type Problem } from '../errors.ts'
import type { Lifecycle } from '../topology/exported.ts'
import type { Logger } from '../topology/handler.ts'
import { placeOfProcessor } from '../topology/name.ts'
import { HANDLE, type Thrown } from './thrown.ts'

/** What `setup` of a processor has made in this process: its handlers read it as `context.resources`. */
export interface Resources {
  /** Whether setup has succeeded. */
  readonly isOpen: boolean
  /** What setup returned or resolved to. */
  readonly value: unknown
  /** Runs setup; calls at the same time share one run. After a failure, the next call runs it again. Throws SETUP_FAILED. */
  open(): Promise<void>
  /**
   * Aborts the signal of setup, and runs teardown if setup has succeeded. Throws TEARDOWN_FAILED. Later calls return the
   * first result.
   */
  close(): Promise<void>
}

/** What {@link openResources} works with. */
export interface ResourceParts {
  readonly stage: string
  /** How long setup and teardown may take, each. */
  readonly timeoutMs: number
  /** Calls back after a wait. Returns what cancels it. */
  readonly after: (ms: number, call: () => void) => () => void
  /** Takes a line of `log`, in the async context of the first call of `open`. */
  readonly log: (level: keyof Logger, text: string) => void
  readonly describe: (error: unknown) => Thrown
  /** Called when setup has failed, before `open` rejects. */
  readonly failed?: (error: unknown) => void
}

/** Returns the resources of a processor, which are not open yet; undefined if it has neither setup nor teardown. */
export function openResources(
  { name, setup, teardown }: Lifecycle & { readonly name: string },
  parts: ResourceParts,
): Resources | undefined {
  if (setup === undefined && teardown === undefined) return undefined
  let within: (<Value>(code: () => Value) => Value) | undefined
  let controller = new AbortController()
  let [isOpen, value]: [boolean, unknown] = [false, undefined]
  let [opening, closing]: (Promise<void> | undefined)[] = []

  const start = async () => {
    within ??= AsyncLocalStorage.snapshot()
    controller = new AbortController()
    const { signal } = controller
    const log = loggerTo((level, text) => within?.(() => parts.log(level, text)))
    const made = within(() => runCode(() => setup?.({ processor: name, stage: parts.stage, log, signal })))
    try {
      value = await settled(made, { ...parts, code: 'SETUP_FAILED', name })
      isOpen = true
    } catch (error) {
      controller.abort(error)
      // What it makes after all would stay open.
      void made.then((late) => teardown?.(late)).catch(() => {})
      parts.failed?.(error)
      throw error
    }
  }
  const end = async () => {
    controller.abort(new Error(`teardown of "${name}" begins`))
    await opening?.catch(() => {})
    if (!isOpen) return
    isOpen = false
    await settled(
      within!(() => runCode(() => teardown?.(value))),
      { ...parts, code: 'TEARDOWN_FAILED', name },
    )
  }
  return {
    get isOpen() {
      return isOpen
    },
    get value() {
      return value
    },
    open() {
      if (isOpen) return Promise.resolve()
      opening ??= start().finally(() => {
        opening = undefined
      })
      return opening
    },
    close() {
      closing ??= end()
      return closing
    },
  }
}

/** Stacks end at this name, so that they contain the user's calls alone. */
const runCode = {
  async [HANDLE](code: () => unknown): Promise<unknown> {
    return code()
  },
}[HANDLE]

const FUNCTIONS = { SETUP_FAILED: 'setup', TEARDOWN_FAILED: 'teardown' } as const

interface Running extends Pick<ResourceParts, 'timeoutMs' | 'after' | 'describe'> {
  readonly name: string
  /** The code of its failure. */
  readonly code: keyof typeof FUNCTIONS
}

/** Returns what user code resolves to. Throws an AttakError that names the processor if it fails or takes too long. */
function settled(work: Promise<unknown>, { timeoutMs, after, describe, name, code }: Running): Promise<unknown> {
  const where = `${placeOfProcessor(name)}.${FUNCTIONS[code]}`
  return new Promise((resolve, reject) => {
    const cancel = after(timeoutMs, () => {
      const what = `had not finished after ${timeoutMs / 1000} s, the timeout of the processor`
      const remedy = 'Find what it waits for, or set a longer timeout.'
      reject(errorOf([{ code, severity: 'error', where, what, remedy }]))
    })
    work.finally(cancel).then(resolve, (error: unknown) => {
      const { name, message, stack } = describe(error)
      const what = `failed: ${name}: ${message}`
      const remedy = 'Correct what its error says.'
      reject(errorOf([{ code, severity: 'error', where, what, remedy, ...(stack !== undefined && { stack }) }]))
    })
  })
}

function loggerTo(take: (level: keyof Logger, text: string) => void): Logger {
  const line =
    (level: keyof Logger) =>
    (...args: unknown[]) =>
      take(level, format(...args))
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}

/** Closes all of them, at the same time. Returns the problems of those whose teardown failed. */
export async function closeResources(all: Iterable<Resources | undefined>): Promise<readonly Problem[]> {
  return problemsOf(await Promise.allSettled([...all].map((one) => one?.close())))
}

/** Opens all of them, at the same time. Rejects with all problems, when each has ended. */
export async function setUpAll(all: Iterable<Resources | undefined>): Promise<void> {
  const opened = await Promise.allSettled([...all].map((one) => one?.open()))
  const problems = problemsOf(opened)
  if (problems.length > 0) throw errorOf(problems)
}

function problemsOf(settled: readonly PromiseSettledResult<unknown>[]): readonly Problem[] {
  return settled.flatMap((result) => (result.status === 'rejected' ? (result.reason as AttakError).problems : []))
}
