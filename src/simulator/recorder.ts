import type { Invocation, LogLevel } from '../runtime/invocation.ts'
import { idOf, type Message, parentIdOf, rootIdOf } from '../runtime/message.ts'
import { describeThrown, type Thrown } from '../runtime/thrown.ts'
import { receiverNames, type SimulatedMessage } from './message.ts'
import type { EmitEntry, EndEntry, RunEntry, StartEntry, SummaryEntry, TranscriptEntry } from './transcript.ts'

/** Receives what a run commits, in order. */
export interface Recorder {
  begin(run: RunEntry): void
  /** One attempt has ended. `retryAtMs` (virtual) is the time of its retry, if there is one. */
  commit(invocation: Invocation, atMs: number, outcome: EndEntry['outcome'], retryAtMs: number | undefined): void
  /** An invocation that was committed wrote a line. */
  line(invocation: Invocation, atMs: number, level: LogLevel, text: string): void
  /**
   * An invocation failed in addition to the outcome that `commit` reports: it emitted too late, or an error was not
   * caught.
   */
  fault?(invocation: Invocation, atMs: number, error: unknown): void
  end(summary: SummaryEntry): void
}

/** Makes one recorder of several. Each receives the entries that it has a method for, in order. */
export function recordToAll(recorders: readonly Partial<Recorder>[]): Recorder {
  const having = <Name extends keyof Recorder>(name: Name) => recorders.filter((one) => one[name] !== undefined)
  const [beginning, committing, writing] = [having('begin'), having('commit'), having('line')]
  const [failing, ending] = [having('fault'), having('end')]
  return {
    begin(run) {
      for (const one of beginning) one.begin?.(run)
    },
    commit(invocation, atMs, outcome, retryAtMs) {
      for (const one of committing) one.commit?.(invocation, atMs, outcome, retryAtMs)
    },
    line(invocation, atMs, level, text) {
      for (const one of writing) one.line?.(invocation, atMs, level, text)
    },
    fault(invocation, atMs, error) {
      for (const one of failing) one.fault?.(invocation, atMs, error)
    },
    end(summary) {
      for (const one of ending) one.end?.(summary)
    },
  }
}

/** Makes a recorder that emits transcript entries; `describe` returns the part of an error to record. */
export function recordEntries(
  onEntry: (entry: TranscriptEntry) => void,
  describe: (error: unknown) => Thrown = describeThrown,
): Recorder {
  return {
    begin: onEntry,
    commit(invocation, at, outcome, retryAt) {
      giveCommit(invocation, { at, outcome, retryAt }, { onEntry, describe })
    },
    line(invocation, at, level, text) {
      onEntry({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    },
    end: onEntry,
  }
}

/** The parts of an attempt that a transcript contains; every invocation is one. */
export type Committed = Pick<Invocation, 'processor' | 'message' | 'emits' | 'failure' | 'rare'>

/** How an attempt ended: its time, its outcome, and the time of its retry, in virtual milliseconds. */
export interface Ending extends Pick<EndEntry, 'at' | 'outcome'> {
  readonly retryAt: number | undefined
}

/** Receives entries, and selects what they contain of errors. */
export interface EntryTaker {
  readonly onEntry: (entry: TranscriptEntry) => void
  readonly describe: (error: unknown) => Thrown
}

/** Emits the entries of one attempt: its start, its emits and lines in order, its end. */
export function giveCommit(committed: Committed, ending: Ending, { onEntry, describe }: EntryTaker): void {
  const { processor, message, failure, rare } = committed
  const { at, outcome, retryAt } = ending
  onEntry(startOf(committed, at))
  giveEmitsAndLines(committed, at, onEntry)
  onEntry({
    kind: 'end',
    at,
    processor,
    message: idOf(message),
    outcome,
    ...(retryAt !== undefined && { retryAt }),
    ...(rare?.tookMs !== undefined && { tookMs: rare.tookMs }),
    ...(message.edge?.invoked && { invoked: true }),
    ...(failure !== undefined && { error: describe(failure.error) }),
    ...(failure === undefined && rare?.invoked?.result !== undefined && { result: rare.invoked.result }),
  })
}

function startOf({ processor, message }: Committed, at: number): StartEntry {
  const parent = parentIdOf(message)
  return {
    kind: 'start',
    at,
    processor,
    message: idOf(message),
    root: rootIdOf(message.root),
    ...(parent !== undefined && { parent }),
    ...(message.edge?.from !== undefined && { from: message.edge.from }),
    ...(message.topic !== undefined && { topic: message.topic }),
    ...(message.key !== undefined && { key: message.key }),
    hop: message.hop,
    attempt: message.attempt,
    ...(message.edge?.invoked && { invoked: true }),
    ...(message.data !== undefined && { event: message.data }),
  }
}

function giveEmitsAndLines(committed: Committed, at: number, onEntry: (entry: TranscriptEntry) => void): void {
  const { processor, emits } = committed
  const message = idOf(committed.message)
  const logs = committed.rare?.logs ?? []
  let given = 0
  const giveLines = (until: number) => {
    for (; given < logs.length && logs[given]!.emits <= until; given++) {
      const { level, text } = logs[given]!
      onEntry({ kind: 'log', at, processor, message, level, text })
    }
  }
  for (const [index, emit] of emits.entries()) {
    giveLines(index)
    onEntry({ kind: 'emit', at, processor, message, ...emitOf(emit) })
  }
  giveLines(emits.length)
}

function emitOf(message: Message): Pick<EmitEntry, 'id' | 'topic' | 'key' | 'data' | 'to'> {
  return {
    id: idOf(message),
    topic: message.topic ?? '',
    ...(message.key !== undefined && { key: message.key }),
    ...(message.data !== undefined && { data: message.data }),
    to: receiverNames((message as SimulatedMessage).receivers),
  }
}
