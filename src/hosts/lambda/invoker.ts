import type { AwsAnswer, AwsClient, AwsResult } from '../../aws/client.ts'
import { functionName, type Place } from '../../aws/names.ts'
import { AttakError } from '../../errors.ts'
import type { BakedEntry } from '../../runtime/baked.ts'
import { encodeMessage } from '../../runtime/event.ts'
import type { Invoke } from '../../runtime/invocation.ts'
import { copyForInvoke, invokedMessage } from '../../runtime/invoke.ts'
import { fieldsOf } from '../../runtime/text.ts'
import { errorOfThrown, type Thrown } from '../../runtime/thrown.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'

/** The arguments of {@link invokeBy}. */
export interface InvokerParts {
  readonly entry: Pick<BakedEntry, 'topology' | 'stage' | 'hopLimit'>
  readonly client: AwsClient
  readonly host: WorkerHost
  readonly place: Place
  /** How much longer a call may take. */
  readonly remainingMs: () => number
}

const FIRST_WAIT_MS = 100
const MOST_CALLS = 6

/**
 * Runs another processor's function and waits for its answer. Calls that Lambda did not take for the moment are made
 * again. Throws what the function's handler failed with; INVOKE_FAILED when it was not run to its end.
 */
export function invokeBy({ entry, client, host, place, remainingMs }: InvokerParts): Invoke {
  const { hopLimit, topology, stage } = entry
  const call = (processor: string, body: string): Promise<AwsResult> =>
    client.call({
      service: 'lambda',
      region: place.region,
      path: `/2015-03-31/functions/${functionName(entry, processor)}/invocations`,
      headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' },
      body,
      withinMs: Math.max(1, remainingMs()),
    })
  const send = async (processor: string, body: string): Promise<unknown> => {
    for (let calls = 1; ; calls++) {
      const result = await call(processor, body)
      if (result.ok) return resultOf(processor, result)
      const waitMs = FIRST_WAIT_MS * 2 ** calls * (0.5 + host.random() / 2)
      if (!result.passing || calls === MOST_CALLS || waitMs >= remainingMs()) {
        throw failure(processor, `${result.code}: ${result.message}`)
      }
      await new Promise<void>((resolve) => host.after(waitMs, resolve))
    }
  }
  return (invocation, processor, data) => {
    const edge = { from: invocation.processor, to: processor }
    const message = invokedMessage(invocation, { edge, data: copyForInvoke(processor, 'data', data), hopLimit })
    return send(processor, encodeMessage(message, { topology, stage, time: new Date(host.now()).toISOString() }))
  }
}

function resultOf(processor: string, { value, headers }: AwsAnswer): unknown {
  const answer = fieldsOf(value)
  if (headers['x-amz-function-error'] !== undefined) {
    throw failure(processor, `${answer?.errorType}: ${answer?.errorMessage}`)
  }
  const { result, error } = (answer ?? {}) as { readonly result?: unknown; readonly error?: Thrown }
  if (error !== undefined) throw errorOfThrown(error)
  return result
}

function failure(processor: string, why: string): AttakError {
  return new AttakError(
    'INVOKE_FAILED',
    `invoke of "${processor}": ${why}`,
    'Look at the logs of that processor, and whether it is deployed.',
  )
}
