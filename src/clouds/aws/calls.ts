import type { Pluggable } from '@smithy/types'

/** A call of AWS's API: `{ service: 'Lambda', operation: 'GetFunction' }`. */
export interface Call {
  readonly service: string
  readonly operation: string
}

const calls = new WeakMap<object, Call>()

const rememberCalls: Pluggable<object, object> = {
  applyToStack(stack) {
    stack.add(
      (next, { clientName = '', commandName = '' }) =>
        async (args) => {
          try {
            return await next(args)
          } catch (error) {
            if (typeof error === 'object' && error !== null) {
              const call = {
                service: clientName.replace(/Client$/, ''),
                operation: commandName.replace(/Command$/, ''),
              }
              calls.set(error, call)
            }
            throw error
          }
        },
      { step: 'initialize', name: 'attakCalls' },
    )
  },
}

/** Makes a client remember of each failure which call it was; see {@link callOf}. */
export function remembering<Client extends { readonly middlewareStack: { use(plugin: never): void } }>(
  client: Client,
): Client {
  client.middlewareStack.use(rememberCalls as never)
  return client
}

/** The call that failed with an error; undefined where the error is not of a client. */
export function callOf(error: unknown): Call | undefined {
  return typeof error === 'object' && error !== null ? calls.get(error) : undefined
}

/**
 * Whether a call was answered by something that does not speak as AWS does, such as a proxy with a page of HTML. A HEAD
 * request of S3 is answered without a body by AWS itself. The words are those of the SDK (`@smithy/core` and
 * `@aws-sdk/core`, read 2026-11-28).
 */
export function isStrange(error: unknown): error is Error {
  if (!(error instanceof Error) || !('$metadata' in error)) return false
  if (error.message.includes('Deserialization error:')) return true
  return /^Unknown(?:Error)?$/.test(error.message) && callOf(error)?.service !== 'S3'
}
