/** What was thrown, as plain data: what transcripts, error records and answers hold of it. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** What to do, where attak itself found what is wrong. */
  readonly remedy?: string
  /** Its own, and below it those of what caused it, each after `Caused by: `. */
  readonly stack?: string
}

const MOST_ERRORS = 3
const CAUSED_BY = '\nCaused by: '
/** How a line of a stack begins that tells of a call. */
export const FRAME = /^\s+at /

/** An error as its name, message, code and stack; anything else that was thrown as its text. Never throws. */
export function describeThrown(error: unknown): Thrown {
  try {
    return error instanceof Error ? describeError(error) : { name: 'Error', message: nameThrown(error) }
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be read' }
  }
}

function describeError(error: Error): Thrown {
  const { name, message, stack } = textsOf(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name,
    message,
    ...(code !== undefined && { code }),
    ...remedyOf(error),
    ...(stack !== undefined && { stack: joinStacks(chainOf(error).map(stackOf)) }),
  }
}

/** By name, not by class: a project may have an attak of its own. */
function remedyOf(error: Error): Pick<Thrown, 'remedy'> {
  const isOurs = error.name === 'AttakError' && 'remedy' in error && typeof error.remedy === 'string'
  return isOurs ? { remedy: error.remedy as string } : {}
}

/** Handlers may have set any of these to anything. */
function textsOf(error: Error): Pick<Thrown, 'name' | 'message' | 'stack'> {
  const { name, message, stack } = error as { readonly [field in keyof Error]: unknown }
  return {
    name: typeof name === 'string' ? name : sayThrown(name),
    message: typeof message === 'string' ? message : sayThrown(message),
    ...(typeof stack === 'string' && { stack }),
  }
}

/** A stack begins with the name and message that its error had when it was made: here, with those that it has. */
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return sayThrown(thrown)
  const { name, message, stack = '' } = textsOf(thrown)
  const [own, ...causes] = splitStacks(stack)
  const lines = own!.split('\n')
  const title = titleIn(own!)
  const said = title.join('\n')
  if (said !== '' && said.startsWith(name) && said.includes(message)) return stack
  const titled = [message === '' ? name : `${name}: ${message}`, ...lines.slice(title.length)].join('\n')
  return [titled, ...causes].join(CAUSED_BY)
}

/** The lines of a stack before its first call. */
export function titleIn(stack: string): readonly string[] {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => FRAME.test(line))
  return first < 0 ? lines : lines.slice(0, first)
}

/** An error and what caused it, the nearest first, also what an `AggregateError` holds: three at most. */
function chainOf(error: Error): readonly unknown[] {
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

/** An error again, of what was described: it has the name, message, code, remedy and stack, and no class but Error. */
export function errorOfThrown({ name, message, code, remedy, stack }: Thrown): Error {
  const error = new Error(message)
  const hidden = { configurable: true, enumerable: false, writable: true }
  Object.defineProperty(error, 'name', { ...hidden, value: name })
  Object.defineProperty(error, 'stack', { ...hidden, value: stack ?? `${name}: ${message}` })
  return Object.assign(error, code !== undefined && { code }, remedy !== undefined && { remedy })
}

function nameThrown(error: unknown): string {
  return error === null || error === undefined ? `${error} thrown` : `${typeof error} thrown: ${sayThrown(error)}`
}

/** What was thrown as text, when it is no error. */
function sayThrown(error: unknown): string {
  try {
    return (typeof error === 'object' && JSON.stringify(error)) || String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}
