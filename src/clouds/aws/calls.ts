import type { HandlerExecutionContext, Pluggable } from '@smithy/types'
import { checkFields, isStrangeAnswer, readAnswer } from './answers.ts'

/** A call of AWS's API: `{ service: 'Lambda', operation: 'GetFunction' }`. */
export interface Call {
  readonly service: string
  readonly operation: string
}

const calls = new WeakMap<object, Call>()

/** Called with the name of each call; see `SignIn`. */
export type OnCall = (name: string) => () => void

/** How calls are watched. */
export interface Watch {
  /** For an answer to arrive whole, from its request on. */
  readonly answerMs: number
  readonly onCall?: OnCall
}

const watchCalls = ({ answerMs, onCall }: Watch): Pluggable<object, object> => ({
  applyToStack(stack) {
    stack.add(
      (next, context) => async (args) => {
        const startedMs = performance.now()
        const result = await next(args)
        const withinMs = Math.max(0, answerMs - (performance.now() - startedMs))
        await readAnswer(result.response as Parameters<typeof readAnswer>[0], context, withinMs)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'attakAnswers' },
    )
    // Before the SDK's own checks, such as that of the digests of messages, which expect fields of the right types.
    stack.add(
      (next, context) => async (args) => {
        const result = await next(args)
        checkFields((result as { readonly output?: unknown }).output, result.response, context)
        return result
      },
      { step: 'deserialize', priority: 'high', name: 'attakFields' },
    )
    stack.add(
      (next, context) => async (args) => {
        const call = callIn(context)
        const end = onCall?.(`${call.service} ${call.operation}`)
        try {
          const result = await next(args)
          checkFields(result.output, (result as { readonly response?: unknown }).response, context)
          return result
        } catch (error) {
          if (typeof error === 'object' && error !== null) calls.set(error, call)
          throw error
        } finally {
          end?.()
        }
      },
      { step: 'initialize', name: 'attakCalls' },
    )
  },
})

function callIn({ clientName = '', commandName = '' }: HandlerExecutionContext): Call {
  return { service: clientName.replace(/Client$/, ''), operation: commandName.replace(/Command$/, '') }
}

/**
 * Makes a client check each answer, and remember of each failure which call it was; see {@link callOf}. A call fails where
 * its answer is not one of AWS.
 */
export function watched<Client extends { readonly middlewareStack: { use(plugin: never): void } }>(
  client: Client,
  watch: Watch,
): Client {
  client.middlewareStack.use(watchCalls(watch) as never)
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
  if (isStrangeAnswer(error) || error.message.includes('Deserialization error:')) return true
  return /^Unknown(?:Error)?$/.test(error.message) && callOf(error)?.service !== 'S3'
}
