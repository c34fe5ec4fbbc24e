import type { Message, Root } from '../runtime/message.ts'
import type { KeptMessage, MessageColumns } from './message-columns.ts'
import { type Committed, type Ending, giveCommit } from './recorder.ts'
import { readTape, type Tape } from './tape.ts'
import type { TranscriptEntry, TranscriptError } from './transcript.ts'

/** What is kept of a run: enough to tell it again. */
export interface Recording {
  /**
   * For each attempt how many messages it emitted, with flags; then its message, where that is new (an input, or invoked),
   * or how many rows it is from that of the last attempt, if not one; then what it emitted.
   */
  readonly tape: Tape
  readonly messages: MessageColumns
  seed: string
  attempts: number
  readonly rarities: Map<number, Rarity>
  /** The virtual time, from which attempt on. */
  readonly times: { readonly from: number; readonly atMs: number }[]
  /** Entries that are no attempt's, and how many attempts were before each. */
  readonly others: { readonly after: number; readonly entry: TranscriptEntry }[]
  inputs: number
  /** The positions of inputs that did not come in the order of these. */
  readonly positions: Map<number, number>
  /** Messages that invoked a processor, by their rows: their ids, and the rows of those whose handlers did it. */
  readonly invoked: Map<number, { readonly id: string | undefined; readonly by: number }>
  /** All of the latter. */
  readonly invokers: Set<number>
}

/** What few attempts have. */
export interface Rarity extends Pick<Committed, 'failure' | 'rare'>, Omit<Ending, 'at'> {
  readonly attempt: number
}

/** The message of the attempt was not emitted: it follows. */
export const OF_NEW = 1
/** The message of the attempt is the one after that of the last attempt. */
export const OF_NEXT = 2
/** The message of the attempt is before that of the last attempt: how many rows follows. */
export const IS_BACK = 4
/** What is above these bits is how many messages were emitted. */
export const FLAG_BITS = 3

const COMMON: Rarity = { attempt: 1, outcome: 'ok', failure: undefined, rare: undefined, retryAt: undefined }

/** Gives all entries of a recording, in order. */
export function* replay(
  recording: Recording,
  describe: (error: unknown) => TranscriptError,
): Generator<TranscriptEntry> {
  const { rarities, times, others } = recording
  const next = openAttempts(recording)
  let other = 0
  let time = -1
  for (let attempt = 0; ; attempt++) {
    for (; others[other]?.after === attempt; other++) yield others[other]!.entry
    if (attempt === recording.attempts) return
    while (times[time + 1] !== undefined && times[time + 1]!.from <= attempt) time++
    const { outcome, retryAt, ...rarity } = rarities.get(attempt) ?? COMMON
    const given: TranscriptEntry[] = []
    const committed = next(rarity, outcome === 'retry')
    const onEntry = (entry: TranscriptEntry) => given.push(entry)
    giveCommit(committed, { at: times[time]!.atMs, outcome, retryAt }, { onEntry, describe })
    yield* given
  }
}

/** Makes a function that gives one attempt after the other. */
function openAttempts(recording: Recording) {
  const read = readTape(recording.tape)
  const readMessage = recording.messages.open(read)
  const nextInput = openInputs(recording)
  /** Messages that may be tried, or whose handlers invoked others. */
  const known = new Map<number, Message>()
  let row = 0

  const readNew = () => {
    const kept = readMessage()
    const call = recording.invoked.get(kept.row)
    const parent = call && known.get(call.by)
    row = kept.row
    known.set(row, {
      ...messageOf(kept, parent?.root ?? nextInput(), parent, parent === undefined ? 0 : -1),
      id: call?.id,
    })
  }

  return ({ attempt, failure, rare }: Omit<Rarity, keyof Ending>, again: boolean): Committed => {
    const head = read()
    if ((head & OF_NEW) !== 0) readNew()
    else if ((head & OF_NEXT) !== 0) row++
    else row += (head & IS_BACK) !== 0 ? -read() : read()
    const message = { ...known.get(row)!, attempt }
    const kept = Array.from({ length: head >> FLAG_BITS }, () => readMessage())
    const emits = emitsOf(message, kept)
    for (const emit of emits) if (emit.edge !== undefined) known.set(emit.row, emit)
    if (!again && !recording.invokers.has(row)) known.delete(row)
    return { processor: message.edge?.to ?? '', message, emits, failure, rare }
  }
}

function openInputs({ seed, positions }: Recording): () => Root {
  let next = 0
  return () => {
    const position = positions.get(next) ?? next
    next++
    return { seed, position, pending: 0, id: undefined }
  }
}

function messageOf(kept: KeptMessage, root: Root, parent: Message | undefined, ordinal: number): Message {
  return { ...kept, parent, root, ordinal, hop: (parent?.hop ?? 0) + 1, attempt: 1, id: undefined }
}

/** Each emit of one topic and key comes to the same edges: so many as one had before, so many such emits were before. */
function emitsOf(parent: Message, kept: readonly KeptMessage[]): Message[] {
  const counts = new Map<string, number>()
  return kept.map((message) => {
    const name = JSON.stringify([message.edge?.to, message.topic, message.key])
    const ordinal = counts.get(name) ?? 0
    counts.set(name, ordinal + 1)
    return messageOf(message, parent.root, parent, ordinal)
  })
}
