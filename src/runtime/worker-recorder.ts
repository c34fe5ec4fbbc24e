import type { Delivery } from './carrier.ts'
import type { FailedMessage } from './deliver/round.ts'
import { type ErrorRecord, errorRecordOf, type FailureParts } from './error-record.ts'
import type { Invocation } from './invocation.ts'
import { createKeeper, type KeeperParts } from './keep.ts'
import { idOf, type Message } from './message.ts'
import type { WorkerHost } from './worker-host.ts'
import type { WorkerLog } from './worker-log.ts'

/** Records what fails in a function: in its log, and in the store of error records. */
export interface Recorder {
  /** Takes the time that the next invocation leaves for records; what came between two invocations is sent now. */
  begin(answerMs: number): void
  /** Resolves when a failed message is recorded; rejects when it is not, so that it is redelivered. */
  failed(failed: FailedMessage): Promise<void>
  /**
   * Records what a handler did after its message was handled. If that cannot be recorded, the message stays done and the
   * log reports it.
   */
  late(invocation: Invocation, error: unknown, delivered: Delivered): void
  /** Sends what waits: to be called when no handler is running. */
  flush(): void
  /** Resolves when all is recorded, or cannot be. */
  settled(): Promise<void>
}

/** The deliveries of an invocation: as handlers received them, and decoded again without changes. */
export interface Delivered {
  readonly first: readonly Delivery[]
  readonly readAgain: () => readonly Delivery[]
}

/** The arguments of a recorder. */
export interface RecorderParts
  extends Pick<FailureParts, 'topology' | 'stage' | 'processor'>,
    Pick<KeeperParts, 'store' | 'isKept'> {
  readonly host: WorkerHost
  readonly log: WorkerLog
  /** Names the code that runs. */
  readonly artifact: (() => string | undefined) | undefined
}

/** Makes the recorder of a function. */
export function openRecorder({ store, isKept, host, log, artifact, ...place }: RecorderParts): Recorder {
  let answerMs = 0
  const between: (() => void)[] = []
  const remainingMs = () => answerMs - host.now()
  const keeper = createKeeper({ store, isKept, after: host.after, random: host.random, remainingMs })
  const recordOf = (parts: Pick<FailureParts, 'kind' | 'message' | 'error' | 'position'>): ErrorRecord => {
    return errorRecordOf({
      ...{ ...parts, ...place, describe: host.describe, timeMs: host.now() },
      artifact: artifact?.(),
    })
  }
  const keep = async (record: ErrorRecord, invocation: Invocation) => {
    try {
      await keeper.keep(record)
    } catch (error) {
      log.trouble(invocation, error)
      throw error
    }
  }

  return {
    begin(atMs) {
      answerMs = atMs
      for (const send of between.splice(0)) send()
    },
    failed(failed) {
      const { invocation, message, delivery, error } = failed
      log.failed(failed)
      const { position } = delivery
      return keep(recordOf({ kind: 'failed', message, error, position }), invocation)
    },
    late(invocation, error, delivered) {
      log.trouble(invocation, error)
      const record = recordOf({ kind: 'late', error, ...foundIn(delivered, invocation) })
      const send = () => void keep(record, invocation).catch(() => {})
      // Between two invocations the platform holds the process still.
      if (remainingMs() > 0) send()
      else between.push(send)
    },
    flush: keeper.flush,
    settled: keeper.settled,
  }
}

/** The message of an invocation as no handler has touched it, and where its record stood. */
function foundIn({ first, readAgain }: Delivered, { message }: Invocation): Pick<FailureParts, 'message' | 'position'> {
  const id = idOf(message)
  // Two messages may have one id. A later attempt uses a new message object, which only its id identifies.
  const place = placeOf(first, (one) => one === message) ?? placeOf(first, (one) => idOf(one) === id)
  if (place === undefined) return { message, position: undefined }
  const { position, messages } = readAgain()[place.delivery]!
  return { message: { ...messages[place.index]!, attempt: message.attempt }, position }
}

function placeOf(deliveries: readonly Delivery[], isIt: (message: Message) => boolean) {
  for (const [delivery, { messages }] of deliveries.entries()) {
    const index = messages.findIndex(isIt)
    if (index >= 0) return { delivery, index }
  }
  return undefined
}
