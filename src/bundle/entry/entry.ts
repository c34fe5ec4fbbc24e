import { placeOfArn } from '../../aws/names.ts'
import type { DeliverParts, FailedMessage } from '../../runtime/deliver/round.ts'
import { idOf, type Message } from '../../runtime/message.ts'
import type { Delivery } from '../../runtime/transport.ts'
import { type Carrier, openCarriers } from './carrier.ts'
import type { Entry, EntryDefinition, PlatformContext } from './definition.ts'
import { policiesOf } from './ears.ts'
import { type OpenFunction, openFunction, runDeliveries } from './function.ts'
import { type EntryHost, processHost } from './host.ts'
import { readPayload } from './payload.ts'

/** Where an entry runs. */
export interface EntryWorld {
  readonly host: EntryHost
  /** Opens the ways that messages come and go. */
  readonly openCarriers: (host: EntryHost) => readonly Carrier[]
}

/**
 * Makes a deployed function of a baked definition: what the generated module of an artifact exports. The code of its
 * processor is loaded by the first invocation; when that fails, the next tries again.
 */
export function createEntry(definition: EntryDefinition, world: EntryWorld = platformWorld()): Entry {
  let opening: Promise<OpenFunction> | undefined
  return async (payload, context) => {
    opening ??= open(definition, world, context)
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
  { host, openCarriers }: EntryWorld,
  { invokedFunctionArn }: PlatformContext,
) {
  const place = placeOfArn(invokedFunctionArn)
  if (place === undefined) throw new Error(`"${invokedFunctionArn}" does not say in which region and account this is`)
  return openFunction(definition, { host, carriers: openCarriers(host), place })
}

/** Handles one invocation payload, and gives what the platform is to be told. */
async function answer(opened: OpenFunction, payload: unknown, context: PlatformContext): Promise<unknown> {
  const { name, host, carriers } = opened
  const endsMs = host.now() + context.getRemainingTimeInMillis()
  const read = readPayload(payload, { processor: name, requestId: context.awsRequestId, carriers })
  if (read.kind === 'records') return handleRecords(opened, { carrier: read.carrier, payload, endsMs })
  return handleEvent(opened, { message: read.message, context, endsMs })
}

interface Records {
  readonly carrier: Carrier
  readonly payload: unknown
  readonly endsMs: number
}

async function handleRecords(opened: OpenFunction, { carrier, payload, endsMs }: Records): Promise<unknown> {
  const decode = () => carrier.receiver.decode(payload, opened.name)
  const failed = await runDeliveries(opened, decode(), {
    endsMs,
    readAgain: decode,
    policyOf: policiesOf(opened, carrier),
    ended: opened.log.ended,
    recordFailure: (failure) => recordFailure(opened, failure),
  })
  return carrier.receiver.settle(failed)
}

interface Event {
  readonly message: Message
  readonly context: PlatformContext
  readonly endsMs: number
}

/** An event that came over no stream: what cannot be done with it now is the platform's, which keeps what failed. */
async function handleEvent(opened: OpenFunction, { message, context, endsMs }: Event): Promise<undefined> {
  const { baked, log } = opened
  const deliveries = readerOf(message, `invoke/${context.awsRequestId}`)
  let last: unknown
  const ended: DeliverParts['ended'] = (invocation, delivery, outcome, error) => {
    last = error
    log.ended(invocation, delivery, outcome, error)
  }
  const failed = await runDeliveries(opened, deliveries(), {
    ...{ endsMs, ended, readAgain: deliveries },
    policyOf: () => baked,
    recordFailure: (failure) => recordFailure(opened, failure),
  })
  if (failed.size > 0) throw last
}

/** Gives the delivery of one message, each time with an event that nobody has touched. */
function readerOf(message: Message, position: string): () => readonly Delivery[] {
  const text = JSON.stringify(message.data)
  const record = idOf(message)
  return () => [{ record, position, messages: [{ ...message, data: text && JSON.parse(text) }] }]
}

/** Where what finally failed will be kept so that it can be run again; as it is, the log tells of it. */
function recordFailure({ log }: OpenFunction, failed: FailedMessage): undefined {
  log.failed(failed)
}

function platformWorld(): EntryWorld {
  return { host: processHost(), openCarriers }
}
