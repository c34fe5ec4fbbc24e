/** What was thrown, as plain data: what transcripts, error records and answers hold of it. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Its own, and below it those of what caused it, each after `Caused by: `. */
  readonly stack?: string
}

const MOST_ERRORS = 3
const CAUSED_BY = '\nCaused by: '
const FRAME = /^\s+at /

/** An error as its name, message, code and stack; anything else that was thrown as its text. Never throws. */
export function describeThrown(error: unknown): Thrown {
  try {
    return error instanceof Error ? describeError(error) : { name: 'Error', message: nameThrown(error) }
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be read' }
  }
}

/** Handlers may have set any of these to anything. */
function describeError(error: Error): Thrown {
  const { name, message } = error as { readonly [field in keyof Error]: unknown }
  const stack = stackOf(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name: typeof name === 'string' ? name : sayThrown(name),
    message: typeof message === 'string' ? message : sayThrown(message),
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack }),
  }
}

/** Undefined when the error has none itself. */
function stackOf(error: Error): string | undefined {
  if (typeof error.stack !== 'string') return undefined
  const stacks = chainOf(error).map((one) => (one instanceof Error ? String(one.stack ?? one) : sayThrown(one)))
  return joinStacks(stacks)
}

/** An error and what caused it, the nearest first, also what an `AggregateError` holds: three at most. */
export function chainOf(error: Error): readonly unknown[] {
  const chain: unknown[] = [error]
  for (let at = 0; at < chain.length && chain.length < MOST_ERRORS; at++) {
    const { cause, errors } = Object(chain[at]) as Partial<AggregateError>
    if (!(chain[at] instanceof Error)) continue
    chain.push(...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : []))
  }
  return chain.slice(0, MOST_ERRORS)
}

/** Stacks as one, each but the first after `Caused by: `, with the frames that were not told before. */
export function joinStacks(stacks: readonly string[]): string {
  const told = new Set<string>()
  return stacks
    .map((stack) => {
      const lines = stack.split('\n').filter((line) => !(FRAME.test(line) && told.has(line)))
      for (const line of lines) told.add(line)
      return lines.join('\n')
    })
    .join(CAUSED_BY)
}

/** The stacks in what {@link joinStacks} gave. */
export function splitStacks(joined: string): readonly string[] {
  return joined.split(CAUSED_BY)
}

/** An error again, of what was described: it has the name, message, code and stack, and no class but Error. */
export function errorOfThrown({ name, message, code, stack }: Thrown): Error {
  const error = new Error(message)
  const hidden = { configurable: true, enumerable: false, writable: true }
  Object.defineProperty(error, 'name', { ...hidden, value: name })
  Object.defineProperty(error, 'stack', { ...hidden, value: stack ?? `${name}: ${message}` })
  return code === undefined ? error : Object.assign(error, { code })
}

function nameThrown(error: unknown): string {
  return error === null || error === undefined ? `${error} thrown` : `${typeof error} thrown: ${sayThrown(error)}`
}

/** What was thrown as text, when it is no error. */
export function sayThrown(error: unknown): string {
  try {
    return (typeof error === 'object' && JSON.stringify(error)) || String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}
