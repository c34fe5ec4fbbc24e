import type { Message, Root } from '../runtime/message.ts'
import type { Thrown } from '../runtime/thrown.ts'
import { messageAlong, SimulatedMessage } from './message.ts'
import type { KeptMessage, MessageColumns } from './message-columns.ts'
import { type Committed, type Ending, giveCommit } from './recorder.ts'
import { readTape, type Tape } from './tape.ts'
import type { TranscriptEntry } from './transcript.ts'

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
  /** Messages that were neither emitted nor sent, by their rows: what invoked a processor, and what was on its way before. */
  readonly odd: Map<number, SimulatedMessage>
  /** The rows of those whose handlers invoked others. */
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
export function* replay(recording: Recording, describe: (error: unknown) => Thrown): Generator<TranscriptEntry> {
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
  /** Messages that may be tried, or whose handlers invoked others, by their rows. */
  const known = new Map<number, SimulatedMessage>()
  let row = 0

  const readNew = () => {
    const kept = readMessage()
    row = kept.row
    const message = recording.odd.get(row) ?? messageOf(kept, undefined, nextInput(), 0)
    known.set(row, message)
  }

  const addReceivers = (emit: SimulatedMessage) => {
    let after = 0
    for (let way = emit.way; way !== undefined; way = way.next) {
      known.set(emit.row + after, messageAlong(emit, way, after))
      after++
    }
  }

  return ({ attempt, failure, rare }: Omit<Rarity, keyof Ending>, again: boolean): Committed => {
    const head = read()
    if ((head & OF_NEW) !== 0) readNew()
    else if ((head & OF_NEXT) !== 0) row++
    else row += (head & IS_BACK) !== 0 ? -read() : read()
    const first = known.get(row)!
    const message = { ...first, edge: first.edge, attempt }
    const kept = Array.from({ length: head >> FLAG_BITS }, () => readMessage())
    const emits = emitsOf(message, kept)
    for (const emit of emits) addReceivers(emit)
    if (!again && !recording.invokers.has(row)) known.delete(row)
    return { processor: first.edge?.to ?? '', message, emits, failure, rare }
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

function messageOf(kept: KeptMessage, parent: Message | undefined, root: Root, ordinal: number): SimulatedMessage {
  const message = new SimulatedMessage(parent, root, { ...kept, ordinal })
  message.row = kept.row
  return message
}

/** Each emit of one topic and key goes the same way: so many as one had before, so many such emits were before. */
function emitsOf(parent: Message, kept: readonly KeptMessage[]): SimulatedMessage[] {
  const counts = new Map<string, number>()
  return kept.map((message) => {
    const name = JSON.stringify([message.topic, message.key])
    const ordinal = counts.get(name) ?? 0
    counts.set(name, ordinal + 1)
    return messageOf(message, parent, parent.root, ordinal)
  })
}
