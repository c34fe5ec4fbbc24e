import type { Edge, Message, Root } from '../runtime/message.ts'
import type { LogLevel } from '../runtime/rare.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { type Committed, type Ending, giveCommit, type Recorder } from './recorder.ts'
import { addRow, blockOf, createTable, placeOf } from './table.ts'
import type { EndEntry, TranscriptEntry, TranscriptError } from './transcript.ts'

/** A transcript kept in memory, and what reads it. */
export interface MemoryTranscript extends Recorder {
  /** Every entry so far, in order; made anew at each call. */
  entries(): Generator<TranscriptEntry>
}

const OUTCOMES: readonly EndEntry['outcome'][] = ['ok', 'retry', 'failed']

/** What few commits have. */
interface Rarity extends Pick<Committed, 'failure' | 'rare'> {
  readonly retryAtMs: number | undefined
}

/** What each attempt was; blocks of columns, each row an attempt in the order of commits. */
interface Attempts {
  /** The row of the message. */
  readonly message: Int32Array
  readonly attempt: Int32Array
  /** A place in `OUTCOMES`. */
  readonly outcome: Uint8Array
  readonly atMs: Float64Array
  /** The row of the first message that it emitted. */
  readonly firstEmit: Int32Array
}

/** What each message was. */
interface Messages {
  /** The row of the attempt that emitted it, `ROOT` for an input, `INVOKED` where it was none. */
  readonly by: Int32Array
  /** Of an input, its position. */
  readonly ordinal: Int32Array
  readonly data: unknown[]
  readonly edge: (Edge | undefined)[]
  readonly topic: (string | undefined)[]
}

const COMMON: Rarity = { failure: undefined, rare: undefined, retryAtMs: undefined }

/** For messages that nobody emitted. */
const ROOT = -1

/** For messages that were not emitted but invoked a processor. */
const INVOKED = -2

/**
 * Makes a recorder that keeps everything in columns: some numbers for each message and attempt, and the data itself, but
 * none of the objects of the run (row S5 of the benchmarks). Ids are made when entries are read.
 */
export function recordInMemory(describe: (error: unknown) => TranscriptError = describeThrown): MemoryTranscript {
  const attempts = createTable(makeAttempts)
  const messages = createTable(makeMessages)
  const keys = new Map<number, string>()
  const rarities = new Map<number, Rarity>()
  /** The ids of messages that invoked a processor, and the rows of those whose handlers did it. */
  const invoked = new Map<number, { readonly id: string | undefined; readonly parent: number }>()
  /** Entries that are no commit's, and how many commits were before each. */
  const others: { readonly commits: number; readonly entry: TranscriptEntry }[] = []
  const addOther = (entry: TranscriptEntry) => {
    others.push({ commits: attempts.length, entry })
  }
  let seed = ''

  const add = (message: Message, by: number) => {
    const row = messages.length
    const place = addRow(messages)
    const { last } = messages
    message.row = row
    last.by[place] = by
    last.ordinal[place] = by === ROOT ? message.root.position : message.ordinal
    last.data[place] = message.data
    last.edge[place] = message.edge
    last.topic[place] = message.topic
    if (message.key !== undefined) keys.set(row, message.key)
    if (by === INVOKED) invoked.set(row, { id: message.id, parent: (message.parent as Message).row })
    seed = message.root.seed
  }

  const messageAt = (row: number, attempt = 1): Message => {
    const block = blockOf(messages, row)
    const place = placeOf(row)
    const by = block.by[place]!
    const call = by === INVOKED ? invoked.get(row) : undefined
    const parentRow = call?.parent ?? (by === ROOT ? ROOT : blockOf(attempts, by).message[placeOf(by)]!)
    const parent = parentRow === ROOT ? undefined : messageAt(parentRow)
    const root: Root = parent?.root ?? { seed, position: block.ordinal[place]!, pending: 0, id: undefined }
    return {
      ...{ data: block.data[place], topic: block.topic[place], edge: block.edge[place], key: keys.get(row) },
      ...{ parent, root, ordinal: parent === undefined ? 0 : block.ordinal[place]!, hop: (parent?.hop ?? 0) + 1 },
      ...{ attempt, id: call?.id, row },
    }
  }

  const commitAt = (row: number): { committed: Committed; ending: Ending } => {
    const block = blockOf(attempts, row)
    const place = placeOf(row)
    const emits: Message[] = []
    const until = row + 1 < attempts.length ? blockOf(attempts, row + 1).firstEmit[placeOf(row + 1)]! : messages.length
    for (let emit = block.firstEmit[place]!; emit < until; emit++) {
      if (blockOf(messages, emit).by[placeOf(emit)] === row) emits.push(messageAt(emit))
    }
    const message = messageAt(block.message[place]!, block.attempt[place])
    const { failure, rare, retryAtMs } = rarities.get(row) ?? COMMON
    return {
      committed: { processor: message.edge?.to ?? '', message, emits, failure, rare },
      ending: { at: block.atMs[place]!, outcome: OUTCOMES[block.outcome[place]!]!, retryAt: retryAtMs },
    }
  }

  return {
    begin: addOther,
    commit(invocation, at, outcome, retryAtMs) {
      const { message, firstEmit, laterEmits, failure, rare } = invocation
      if (message.row < 0) add(message, message.edge?.invoked ? INVOKED : ROOT)
      const row = attempts.length
      const place = addRow(attempts)
      const { last } = attempts
      last.message[place] = message.row
      last.attempt[place] = message.attempt
      last.outcome[place] = outcome === 'ok' ? 0 : OUTCOMES.indexOf(outcome)
      last.atMs[place] = at
      last.firstEmit[place] = messages.length
      if (firstEmit !== undefined) add(firstEmit, row)
      if (laterEmits !== undefined) for (const emit of laterEmits) add(emit, row)
      if (failure !== undefined || rare !== undefined) rarities.set(row, { failure, rare, retryAtMs })
    },
    line(invocation, at, level: LogLevel, text) {
      addOther({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    },
    end: addOther,
    *entries() {
      let next = 0
      for (let row = 0; row <= attempts.length; row++) {
        for (; next < others.length && others[next]!.commits === row; next++) yield others[next]!.entry
        if (row === attempts.length) return
        const given: TranscriptEntry[] = []
        const { committed, ending } = commitAt(row)
        giveCommit(committed, ending, { onEntry: (entry) => given.push(entry), describe })
        yield* given
      }
    },
  }
}

function makeAttempts(rows: number): Attempts {
  return {
    message: new Int32Array(rows),
    attempt: new Int32Array(rows),
    outcome: new Uint8Array(rows),
    atMs: new Float64Array(rows),
    firstEmit: new Int32Array(rows),
  }
}

function makeMessages(rows: number): Messages {
  return {
    by: new Int32Array(rows),
    ordinal: new Int32Array(rows),
    data: new Array(rows),
    edge: new Array(rows),
    topic: new Array(rows),
  }
}
