import { createAwsClient } from '../../aws/client.ts'
import { placeOfArn } from '../../aws/names.ts'
import { type Answer, copyForInvoke } from '../../runtime/invoke.ts'
import { idOf, type Message } from '../../runtime/message.ts'
import type { Invoked } from '../../runtime/rare.ts'
import { keepCalls } from '../../runtime/thrown.ts'
import type { Delivery } from '../../runtime/transport.ts'
import type { Carrier } from './carrier.ts'
import type { Entry, EntryDefinition, PlatformContext } from './definition.ts'
import { policiesAnywhere, policiesOf } from './ears.ts'
import {
  type EntryParts,
  type EntryWorld,
  type OpenFunction,
  openFunction,
  runDeliveries,
  type Work,
} from './function.ts'
import { processHost } from './host.ts'
import { readPayload } from './payload.ts'
import { areRetried, withHeldWaits, withoutMarks } from './retry-queue.ts'

/**
 * Makes a deployed function of a baked definition: what the generated module of an artifact exports. The code of its
 * processor is loaded by the first invocation; when that fails, the next tries again.
 */
export function createEntry(definition: EntryDefinition, parts: EntryParts, world = platformWorld()): Entry {
  let opening: Promise<OpenFunction> | undefined
  keepCalls()
  return async (payload, context) => {
    opening ??= open(definition, parts, world, context)
    try {
      await opening
    } catch (error) {
      opening = undefined
      throw error
    }
    return answer(await opening, payload, context)
  }
}

async function open(
  definition: EntryDefinition,
  parts: EntryParts,
  world: EntryWorld,
  { invokedFunctionArn }: PlatformContext,
) {
  const place = placeOfArn(invokedFunctionArn)
  if (place === undefined) throw new Error(`"${invokedFunctionArn}" does not say in which region and account this is`)
  return openFunction(definition, parts, { ...world, place })
}

/** Handles one invocation payload, and gives what the platform is to be told. */
async function answer(opened: OpenFunction, payload: unknown, context: PlatformContext): Promise<unknown> {
  const { name, host, carriers } = opened
  const endsMs = host.now() + context.getRemainingTimeInMillis()
  const read = readPayload(payload, { processor: name, requestId: context.awsRequestId, carriers })
  if (read.kind === 'no records') return { batchItemFailures: [] }
  if (read.kind === 'records') return handleRecords(opened, { carrier: read.carrier, payload, endsMs })
  const { message } = read
  const position = `invoke/${context.awsRequestId}`
  return read.kind === 'invoked'
    ? handleInvoked(opened, { message, position, endsMs })
    : handleEvent(opened, { message, position, endsMs })
}

interface Records {
  readonly carrier: Carrier
  readonly payload: unknown
  readonly endsMs: number
}

async function handleRecords(opened: OpenFunction, { carrier, payload, endsMs }: Records): Promise<unknown> {
  const decode = () => carrier.receiver.decode(payload, opened.name)
  const first = decode()
  const isRetried = areRetried(first, opened.retryQueue)
  const policyOf = isRetried ? policiesAnywhere(opened) : policiesOf(opened, carrier)
  const nowMs = opened.host.now()
  const trust = (deliveries: readonly Delivery[]) =>
    isRetried ? withHeldWaits(deliveries, policiesAnywhere(opened), nowMs) : withoutMarks(deliveries)
  const failed = await runDeliveries(opened, trust(first), {
    endsMs,
    readAgain: () => trust(decode()),
    policyOf,
    overStream: !isRetried,
    invoked: undefined,
    redeliversAtOnce: carrier.receiver.redeliversAtOnce,
    recordFailure: opened.recorder.failed,
  })
  return carrier.receiver.settle(failed)
}

interface Direct {
  readonly message: Message
  readonly position: string
  readonly endsMs: number
}

/** An event that came over no stream: what cannot be done with it now is the platform's, which keeps what failed. */
async function handleEvent(opened: OpenFunction, direct: Direct): Promise<undefined> {
  const { failed, error } = await runOne(opened, direct, {
    invoked: undefined,
    policyOf: policiesAnywhere(opened),
    recordFailure: opened.recorder.failed,
  })
  if (failed.size > 0) throw error
}

/** What another processor waits for; so it is told of a failure, and decides what that means. */
async function handleInvoked(opened: OpenFunction, direct: Direct): Promise<Answer> {
  const invoked: Invoked = { result: undefined }
  const { isOk, error } = await runOne(opened, direct, {
    invoked,
    policyOf: () => opened.baked,
    recordFailure: () => undefined,
  })
  try {
    return isOk
      ? { result: copyForInvoke(opened.name, 'answer', invoked.result) }
      : { error: opened.host.describe(error) }
  } catch (refused) {
    return { error: opened.host.describe(refused) }
  }
}

interface Ended {
  readonly failed: ReadonlySet<string>
  readonly isOk: boolean
  /** What its last attempt failed with. */
  readonly error: unknown
}

async function runOne(
  opened: OpenFunction,
  { message, position, endsMs }: Direct,
  work: Pick<Work, 'policyOf' | 'recordFailure' | 'invoked'>,
): Promise<Ended> {
  const readAgain = readerOf(message, position)
  let last: Pick<Ended, 'isOk' | 'error'> = { isOk: false, error: new Error(`${position} was not run`) }
  const failed = await runDeliveries(opened, readAgain(), {
    ...work,
    endsMs,
    readAgain,
    overStream: false,
    redeliversAtOnce: false,
    ended(_invocation, _delivery, outcome, error) {
      last = { isOk: outcome === 'ok', error }
    },
  })
  return { failed, ...last }
}

/** Gives the delivery of one message, each time with an event that nobody has touched. */
function readerOf(message: Message, position: string): () => readonly Delivery[] {
  const text = JSON.stringify(message.data)
  const record = idOf(message)
  return () => [{ record, position, messages: [{ ...message, data: text && JSON.parse(text) }] }]
}

function platformWorld(): EntryWorld {
  const host = processHost()
  return { host, client: createAwsClient(host) }
}
