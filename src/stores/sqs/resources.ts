import { crashesPart, type Place, queueArn, queueName, type Scope } from '../../aws/names.ts'
import type { QueueConfig, StoreAccess } from '../../aws/resources.ts'
import { CRASHES_PART, ERRORS_PART } from '../../graph/names.ts'
import type { JsonObject, Resource } from '../../graph/resource.ts'
import { type Errors, RECORDING_DEFAULTS } from '../../topology/recording.ts'

/** How long crashes queues retain messages: the maximum of SQS. */
const CRASHES_KEPT_HOURS = 14 * 24
/** The default of SQS; nothing receives these queues while a function runs. */
const VISIBILITY_SECONDS = 30

/** The queue for error records, whichever store keeps them. It also carries the marks of deploys. */
export function errorsQueue(scope: Scope, tags: JsonObject, errors?: Errors): Resource {
  const hours = errors?.store === 'sqs' ? errors.retentionHours : RECORDING_DEFAULTS.retention.sqs
  return keptQueue(ERRORS_PART, queueName(scope, ERRORS_PART, { fifo: false }), { fifo: false, hours, tags })
}

/** The queue of what the platform gave up. */
export function crashesQueue(scope: Scope, tags: JsonObject, fifo: boolean): Resource {
  return keptQueue(crashesPart(fifo), queueName(scope, CRASHES_PART, { fifo }), {
    ...{ fifo, tags },
    hours: CRASHES_KEPT_HOURS,
  })
}

/**
 * What keeping error records in a queue takes, the topology's own or the one that `errors` names. Whoever deploys may look
 * at all queues of the topology anyway.
 */
export function sqsAccess(
  scope: Scope,
  { queue }: Pick<Extract<Errors, { readonly store: 'sqs' }>, 'queue'>,
  place: Place,
): StoreAccess {
  const on = [queue ?? queueArn(place, queueName(scope, ERRORS_PART, { fifo: false }))]
  return { keep: { actions: ['sqs:SendMessage'], on }, look: queue === undefined ? [] : [{ actions: LOOKING, on }] }
}

/** What listing a queue's messages and removing some of them takes. */
export const LOOKING = [
  ...['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'],
].map((action) => `sqs:${action}`)

interface Kept {
  readonly fifo: boolean
  readonly hours: number
  readonly tags: JsonObject
}

function keptQueue(part: string, name: string, { fifo, hours, tags }: Kept): Resource {
  const config: QueueConfig = {
    fifo,
    visibilitySeconds: VISIBILITY_SECONDS,
    retentionSeconds: hours * 3600,
    tags,
  }
  return { id: `queue/${part}`, kind: 'queue', name, needs: [], config, fixed: ['fifo'], holdsData: true }
}
