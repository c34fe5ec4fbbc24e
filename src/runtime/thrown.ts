/** What was thrown, as plain data: what transcripts and answers hold of it. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
}

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
  const { name, message, stack } = error as { readonly [field in keyof Error]: unknown }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name: typeof name === 'string' ? name : sayThrown(name),
    message: typeof message === 'string' ? message : sayThrown(message),
    ...(code !== undefined && { code }),
    ...(typeof stack === 'string' && { stack }),
  }
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

function sayThrown(error: unknown): string {
  try {
    return (typeof error === 'object' && JSON.stringify(error)) || String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}
