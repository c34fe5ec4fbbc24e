import type { Invocation, LogLevel } from '../runtime/invocation.ts'
import { idOf, type Message, parentIdOf, rootIdOf } from '../runtime/message.ts'
import type {
  EmitEntry,
  EndEntry,
  RunEntry,
  StartEntry,
  SummaryEntry,
  TranscriptEntry,
  TranscriptError,
} from './transcript.ts'

/** Hears what a run commits, in order. */
export interface Recorder {
  begin(run: RunEntry): void
  /** One attempt has ended. `retryAtMs` (virtual) when its message will be tried again. */
  commit(invocation: Invocation, atMs: number, outcome: EndEntry['outcome'], retryAtMs: number | undefined): void
  /** An invocation that was committed wrote a line. */
  line(invocation: Invocation, atMs: number, level: LogLevel, text: string): void
  end(summary: SummaryEntry): void
}

/** Makes a recorder that gives transcript entries; `describe` says what is kept of an error. */
export function recordEntries(
  onEntry: (entry: TranscriptEntry) => void,
  describe: (error: unknown) => TranscriptError = describeError,
): Recorder {
  return {
    begin: onEntry,
    commit(invocation, at, outcome, retryAt) {
      onEntry(startOf(invocation, at))
      giveEmitsAndLines(invocation, at, onEntry)
      onEntry({
        kind: 'end',
        at,
        processor: invocation.processor,
        message: invocation.id,
        outcome,
        ...(retryAt !== undefined && { retryAt }),
        ...(invocation.rare?.tookMs !== undefined && { tookMs: invocation.rare.tookMs }),
        ...(invocation.failure !== undefined && { error: describe(invocation.failure.error) }),
      })
    },
    line(invocation, at, level, text) {
      onEntry({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    },
    end: onEntry,
  }
}

/** An error as its name, message, code and stack; anything else that was thrown as its text. */
export function describeError(error: unknown): TranscriptError {
  if (!(error instanceof Error)) return { name: 'Error', message: `${typeof error} thrown: ${sayThrown(error)}` }
  const { name, message, stack } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { name, message, ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) }
}

function sayThrown(error: unknown): string {
  try {
    return typeof error === 'object' ? JSON.stringify(error) : String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}

function startOf(invocation: Invocation, at: number): StartEntry {
  const { message } = invocation
  const parent = parentIdOf(message)
  return {
    kind: 'start',
    at,
    processor: invocation.processor,
    message: idOf(message),
    root: rootIdOf(message.root),
    ...(parent !== undefined && { parent }),
    ...(message.edge?.from !== undefined && { from: message.edge.from }),
    ...(message.topic !== undefined && { topic: message.topic }),
    ...(message.key !== undefined && { key: message.key }),
    hop: message.hop,
    attempt: message.attempt,
    ...(message.data !== undefined && { event: message.data }),
  }
}

function giveEmitsAndLines(invocation: Invocation, at: number, onEntry: (entry: TranscriptEntry) => void): void {
  const { emits } = invocation
  const logs = invocation.rare?.logs ?? []
  let given = 0
  const giveLines = (until: number) => {
    for (; given < logs.length && logs[given]!.emits <= until; given++) {
      const { level, text } = logs[given]!
      onEntry({ kind: 'log', at, processor: invocation.processor, message: invocation.id, level, text })
    }
  }
  for (let index = 0; index < emits.length; ) {
    giveLines(index)
    const count = receiversFrom(emits, index)
    onEntry(emitOf(invocation, at, emits.slice(index, index + count)))
    index += count
  }
  giveLines(emits.length)
}

/** How many messages from `index` on belong to one emit: those of one topic, key and ordinal. */
export function receiversFrom(emits: readonly Message[], index: number): number {
  const { topic, key, ordinal } = emits[index]!
  let end = index + 1
  while (end < emits.length) {
    const next = emits[end]!
    if (next.ordinal !== ordinal || next.topic !== topic || next.key !== key) break
    end++
  }
  return end - index
}

function emitOf(invocation: Invocation, at: number, receivers: readonly Message[]): EmitEntry {
  const message = receivers[0]!
  return {
    kind: 'emit',
    at,
    processor: invocation.processor,
    message: invocation.id,
    id: idOf(message),
    topic: message.topic ?? '',
    ...(message.key !== undefined && { key: message.key }),
    ...(message.data !== undefined && { data: message.data }),
    to: receivers.flatMap(({ edge }) => edge?.to ?? []),
  }
}
