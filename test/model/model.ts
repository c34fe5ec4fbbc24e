import { type EmitStep, makeValue, mutate, type Script, type Seen, scriptOf } from './behavior.ts'
import type { Case, CaseBackoff, CaseRetries, CaseStream } from './case.ts'

/**
 * What docs/reference/handler.md, docs/reference/simulation.md and docs/reference/errors.md promise of a case, computed without any code of attak.
 * A message is named by what its id is derived from: the name of its parent, processor, topic, key and ordinal.
 */
export interface Expected {
  readonly attempts: readonly ExpectedAttempt[]
  readonly failed: number
}

/** One message in flight to one receiver; `event` is its JSON text. */
export interface ModelMessage {
  readonly name: string
  readonly to: string
  readonly from?: string
  readonly topic?: string
  readonly key?: string
  readonly hop: number
  readonly event: string | undefined
  readonly stream?: CaseStream
}

/** An accepted emit. */
export interface ExpectedEmit {
  readonly name: string
  readonly topic: string
  readonly key?: string
  readonly data: string | undefined
  readonly to: readonly string[]
}

/** One attempt, and how it has to end. */
export interface ExpectedAttempt {
  readonly message: ModelMessage
  readonly attempt: number
  readonly outcome: 'ok' | 'retry' | 'failed'
  /** Texts of which the error has one, in its message or as its code. */
  readonly errors?: readonly string[]
  /** The least and the most virtual milliseconds until the next attempt. */
  readonly waitMs?: readonly [number, number]
  readonly emits: readonly ExpectedEmit[]
  readonly logs: readonly string[]
  /** Whether the handler does something after it has settled: surely, or perhaps not before the run is over. */
  readonly late: 'no' | 'maybe' | 'yes'
}

/**
 * Predicts a case; undefined where it would be more than `most` attempts, or where a wait is about as long as it may be,
 * which the docs leave open.
 */
export function predict(subject: Case, most: number): Expected | undefined {
  const attempts: ExpectedAttempt[] = []
  const queue: ModelMessage[] = subject.inputs.map((input, index) => ({
    name: `input ${index}`,
    to: input.to,
    hop: 1,
    event: textOf(makeValue(input.data, undefined, NOBODY)),
    ...(input.key !== undefined && { key: input.key }),
    ...(input.topic !== undefined && { topic: input.topic }),
  }))
  for (let message = queue.shift(); message !== undefined; message = queue.shift()) {
    for (const attempt of attemptsOf(subject, message)) {
      if (attempt === 'unknown') return undefined
      attempts.push(attempt)
      if (attempts.length > most) return undefined
      queue.push(...attempt.emits.flatMap((emit) => deliveries(subject, message, emit)))
    }
  }
  return { attempts, failed: attempts.filter(({ outcome }) => outcome === 'failed').length }
}

const NOBODY: Seen = { processor: '', topic: undefined, from: undefined, key: undefined, attempt: 0, hop: 0 }

/** The streams that carry what a processor emits on a topic. */
export function streamsOf({ streams }: Case, from: string, topic: string): readonly CaseStream[] {
  return streams.filter((stream) => stream.from === from && (stream.topics?.includes(topic) ?? true))
}

/** The name of what carries a stream: its own, or one that it shares with streams to its receiver that have the same settings. */
export function channelOf(subject: Case, stream: CaseStream): string {
  const { via, fifo } = carriedBy(subject, stream)
  return stream.stream ?? JSON.stringify([stream.to, via, fifo, stream.batch ?? subject.batch ?? 100])
}

function carriedBy(subject: Case, stream: CaseStream) {
  const via = stream.via ?? subject.via ?? 'kinesis'
  return { via, fifo: via === 'sqs' && (stream.fifo ?? subject.fifo ?? false) }
}

function deliveries(subject: Case, parent: ModelMessage, emit: ExpectedEmit): ModelMessage[] {
  return streamsOf(subject, parent.to, emit.topic).map((stream) => ({
    name: emit.name,
    to: stream.to,
    from: parent.to,
    topic: emit.topic,
    hop: parent.hop + 1,
    event: emit.data,
    stream,
    ...(emit.key !== undefined && { key: emit.key }),
  }))
}

/** All attempts of a message: tried again as often as `retries` says, `Retry` aside. */
function* attemptsOf(subject: Case, message: ModelMessage): Generator<ExpectedAttempt | 'unknown'> {
  const { retries, backoff } = retriesOf(subject, message)
  let failures = 0
  let asked = 0
  for (let attempt = 1; ; attempt++) {
    const ran = runOf(subject, message, attempt)
    if (ran.outcome === 'ok') {
      yield { ...ran, outcome: 'ok' }
      return
    }
    const asks = ran.retryAfterMs !== undefined && asked < 100
    if (asks) asked++
    else failures++
    const mostMs = asks ? ran.retryAfterMs : Math.min(backoff.maxMs, backoff.firstMs * backoff.factor ** (failures - 1))
    const waitMs = [backoff.jitter && !asks ? mostMs / 2 : mostMs, mostMs] as const
    const given = asks || failures <= retries
    const longestMs = longestWaitMs(subject, message)
    if (given && mostMs >= longestMs && waitMs[0] <= longestMs) {
      yield 'unknown'
      return
    }
    if (!given || mostMs > longestMs) {
      yield { ...ran, outcome: 'failed', ...(given && { errors: ['RETRY_TOO_LONG'] }) }
      return
    }
    yield { ...ran, outcome: 'retry', waitMs }
  }
}

/** A stream's settings override its receiver's, and those the topology's; each field of `backoff` by itself. */
function retriesOf(subject: Case, { to, stream }: ModelMessage) {
  const given: readonly CaseRetries[] = [subject, subject.processors[to]!, stream ?? {}]
  const backoff = { firstMs: 1000, factor: 2, maxMs: 60_000, jitter: true } satisfies CaseBackoff
  return {
    retries: given.reduce((last, { retries }) => retries ?? last, 0),
    backoff: Object.assign(backoff, ...given.map((one) => one.backoff ?? {})) as Required<CaseBackoff>,
  }
}

/** A message waits in a retry queue for as long as it has to; where it keeps its place, or there is no queue, not so. */
function longestWaitMs(subject: Case, { to, key, stream }: ModelMessage): number {
  const processor = subject.processors[to]!
  const heard: readonly CaseRetries[] = [{}, ...subject.streams.filter((one) => one.to === to)]
  const retries = heard.map((one) => one.retries ?? processor.retries ?? subject.retries ?? 0)
  const queue = processor.retryQueue ?? retries.some((count) => count > 0)
  const ordered = key !== undefined && stream !== undefined
  if (!ordered && queue) return Number.POSITIVE_INFINITY
  if (stream !== undefined && carriedBy(subject, stream).via === 'kinesis') return 3_600_000
  return (processor.timeout ?? 30) * 1000
}

interface Ran extends Omit<ExpectedAttempt, 'outcome' | 'waitMs'> {
  readonly outcome: 'ok' | 'not ok'
  readonly retryAfterMs?: number
}

/** Follows the script of one attempt. */
function runOf(subject: Case, message: ModelMessage, attempt: number): Ran {
  const { behavior } = subject.processors[message.to]!
  const script = scriptOf(behavior, message.topic, attempt)
  const event: unknown = message.event === undefined ? undefined : JSON.parse(message.event)
  const seen: Seen = {
    processor: message.to,
    topic: message.topic,
    from: message.from,
    key: message.key,
    attempt,
    hop: message.hop,
  }
  const emits: ExpectedEmit[] = []
  const logs: string[] = []
  let refused: readonly string[] | undefined
  for (const step of script.steps) {
    if (step.do === 'log') logs.push(step.text)
    if (step.do === 'mutate') mutate(event)
    if (step.do !== 'emit') continue
    const value = makeValue(step.data, event, seen)
    const refusals = refusalsOf(subject, message, step)
    if (refusals.length === 0) emits.push(emitOf(subject, message, emits, step, textOf(value)))
    if (step.thenMutate) mutate(value)
    if (refusals.length === 0 || step.take === 'catch' || step.take === 'callback') continue
    // Of several refusals that nobody took, any one may fail the message.
    refused = [...(refused ?? []), ...refusals]
    if (step.take === 'await') return { message, attempt, outcome: 'not ok', errors: refused, emits, logs, late: 'no' }
  }
  const late = lateOf(script)
  const ended = { message, attempt, emits, logs, late }
  const { end } = script
  if (end.end === 'throw') return { ...ended, outcome: 'not ok', errors: [end.text] }
  if (end.end === 'retry') return { ...ended, outcome: 'not ok', retryAfterMs: end.afterMs }
  if (end.end === 'never') return { ...ended, outcome: 'not ok', errors: ['TIMEOUT'], late: 'no' }
  if (end.end === 'loose') return { ...ended, outcome: 'not ok', errors: ['loose'], late: 'no' }
  if (refused !== undefined) return { ...ended, outcome: 'not ok', errors: refused }
  return { ...ended, outcome: 'ok' }
}

function lateOf({ late }: Script): 'no' | 'maybe' | 'yes' {
  if (late.some((one) => one.when === 'tick' || (one.when === 'sync' && one.do !== 'throw'))) return 'yes'
  return late.length > 0 ? 'maybe' : 'no'
}

/** All that keeps an emit from being accepted; which of them the error names is nobody's promise. */
function refusalsOf(subject: Case, message: ModelMessage, { topic, key, data }: EmitStep): readonly string[] {
  const streams = streamsOf(subject, message.to, topic)
  const unfit = data.kind === 'odd' && (data.name === 'bigint' || data.name === 'cycle')
  const unordered = streams.some((stream) => {
    const { via, fifo } = carriedBy(subject, stream)
    return via === 'sqs' && !fifo
  })
  return [
    ...(unfit || (key !== undefined && unordered) ? ['EMIT_REFUSED'] : []),
    ...(streams.length > 0 && message.hop >= subject.hopLimit ? ['HOP_LIMIT'] : []),
  ]
}

function emitOf(
  subject: Case,
  { name, to }: ModelMessage,
  before: readonly ExpectedEmit[],
  { topic, key }: { readonly topic: string; readonly key?: string },
  data: string | undefined,
): ExpectedEmit {
  const ordinal = before.filter((emit) => emit.topic === topic && emit.key === key).length
  return {
    name: nameOf({ parent: name, processor: to, topic, key, ordinal }),
    topic,
    data,
    to: streamsOf(subject, to, topic).map((stream) => stream.to),
    ...(key !== undefined && { key }),
  }
}

/** What the id of an emitted message is derived from, as a text. */
export function nameOf(parts: {
  readonly parent: string
  readonly processor: string
  readonly topic: string
  readonly key: string | undefined
  readonly ordinal: number
}): string {
  const key = parts.key === undefined ? '' : ` key "${parts.key}"`
  return `${parts.parent} > ${parts.processor} emits ${parts.topic}${key} #${parts.ordinal}`
}

/** Gives the JSON text of data; undefined where there is none. */
export function textOf(value: unknown): string | undefined {
  return JSON.stringify(value) as string | undefined
}
