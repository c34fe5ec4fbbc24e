import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildGraph, parseTopology } from '../../../src/project/parse.ts'
import type { ErrorRecord } from '../../../src/runtime/error-record.ts'
import type { LoadedProcessor } from '../../../src/runtime/invocation.ts'
import { recordErrors } from '../../../src/simulator/error-records.ts'
import { recordEntries, recordToAll } from '../../../src/simulator/recorder.ts'
import type { TranscriptEntry } from '../../../src/simulator/transcript.ts'
import { createMemoryHandled } from '../../../src/stores/memory/handled.ts'
import {
  channelOf,
  createWatch,
  definitionOf,
  type RandomStream,
  type RandomTopology,
  randomTopology,
  type Waits,
  type Watch,
} from '../../simulator/random-topology.ts'
import { runTopology } from '../../simulator/run-topology.ts'
import { openCloud, triggerOf } from './cloud.ts'

/** How a random topology is deployed: nothing of it may show. */
interface Deployment {
  readonly pack: number
  readonly batch: number
  /** Streams that share a channel, by their place. */
  readonly shared: readonly boolean[]
  /** Of each so many requests, one is throttled. */
  readonly throttled: number
  /** What all streams go over. */
  readonly over: { readonly via: 'kinesis' | 'sqs'; readonly fifo?: true }
  /** Waits that fit into an invocation, and such that do not. */
  readonly waits: Waits
  /** How long one takes at most. */
  readonly forMs: number
  /** How much of a delay queues hold messages back for. */
  readonly holds: number
}

const deployment: fc.Arbitrary<Deployment> = fc.record({
  pack: fc.constantFrom(1, 2, 25),
  batch: fc.constantFrom(1, 3, 100),
  shared: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  throttled: fc.constantFrom(0, 2, 3),
  over: fc.constantFrom({ via: 'kinesis' }, { via: 'sqs', fifo: true }, { via: 'sqs' }),
  waits: fc.record({
    firstMs: fc.constantFrom(100, 5000, 50_000, 2_000_000),
    askedMs: fc.constantFrom(50, 5000, 50_000, 2_000_000),
  }),
  forMs: fc.constantFrom(32_000, 900_000),
  holds: fc.constantFrom(1, 0.6),
})

const noPace = () => 0
const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort()

/**
 * The result of a run, simulated or deployed: each attempt with its outcome and what it failed with, each output, and each error
 * record. Here there is no telling from a `retry` an attempt whose next one waits for its record to come again.
 */
interface Observed {
  readonly ends: readonly string[]
  readonly outputs: readonly string[]
  readonly errors: readonly object[]
}

/** What of an error record is the same here and there. */
function common({ time, position, artifact, ancestors, error, message, ...record }: ErrorRecord): object {
  const { time: sent, ...event } = message!
  return { ...record, message: event, error: { ...error, stack: undefined } }
}

/** What is emitted again by another attempt has the same id, and may fail again: that is one record. */
function commonOf(records: readonly ErrorRecord[]): readonly object[] {
  const byId = new Map(records.map((record) => [record.id, common(record)]))
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
}

function entriesOf<K extends TranscriptEntry['kind']>(entries: readonly TranscriptEntry[], kind: K) {
  return entries.filter((entry): entry is Extract<TranscriptEntry, { kind: K }> => entry.kind === kind)
}

type End = Readonly<Record<'processor' | 'message' | 'attempt' | 'outcome' | 'error', unknown>>

/**
 * The calls of handlers with events that have a key, by what has an order: one message of a sender, receiver, channel and
 * key. Events that different messages caused are apart, since the order of their handlers is not defined there. For the
 * same reason a call counts once: an attempt that failed emits again, and without a key both copies are handled at once.
 */
function ordersOf(calls: readonly string[], random: RandomTopology, streams: readonly RandomStream[]): object {
  const orders: Record<string, string[]> = {}
  for (const call of calls) {
    const [to = '', event = ''] = call.split(' ')
    const [, cause, from, index] = /^(.+)\.(\w)(\d)$/.exec(event) ?? []
    const emit = random.processors.find(({ name }) => name === from)?.emits[Number(index)]
    if (from === undefined || emit?.key === undefined) continue
    const lane = `${cause} ${from} ${channelOf(streams, { from, to, topic: emit.topic })} ${emit.key}`
    orders[lane] = [...new Set([...(orders[lane] ?? []), call])]
  }
  return orders
}

function endOf({ processor, message, outcome, error }: Partial<End>) {
  const { code, name } = (error ?? {}) as { readonly code?: string; readonly name?: string }
  return [processor, message, outcome === 'postponed' ? 'retry' : outcome, code ?? name]
}

async function simulated(
  definition: Record<string, unknown>,
  { input, concurrency }: RandomTopology,
): Promise<Observed> {
  const errors: ErrorRecord[] = []
  const entries: TranscriptEntry[] = []
  const place = { topology: 'test', stage: 'dev', now: () => 0 }
  const recorder = recordToAll([
    recordErrors(place, (record) => errors.push(record)),
    recordEntries((entry) => entries.push(entry)),
  ])
  await runTopology(definition, input, { concurrency, recorder })
  const run = { of: <K extends TranscriptEntry['kind']>(kind: K) => entriesOf(entries, kind) }
  return {
    errors: commonOf(errors),
    ends: sorted(run.of('end').map(endOf)),
    outputs: sorted(
      run.of('emit').flatMap(({ processor, message, id, topic, key, data, to }) => {
        return to.length === 0 ? [[processor, message, id, topic, key, data]] : []
      }),
    ),
  }
}

async function deployed(
  definition: Record<string, unknown>,
  random: RandomTopology,
  how: Deployment,
): Promise<Observed> {
  const { topology } = parseTopology({ name: 'test', ...definition }, { file: 't', modulesIn: () => undefined })
  const processors = new Map<string, LoadedProcessor>()
  for (const { name, source } of topology!.processors) {
    if (source.kind === 'inline') processors.set(name, { name, handler: source.handler })
  }
  const cloud = openCloud({
    graph: buildGraph(topology!, { stage: 'dev' }),
    processors,
    batch: how.batch,
    refuses: (call) => how.throttled > 0 && call % how.throttled === 0,
    forMs: how.forMs,
    holds: how.holds,
    handled: createMemoryHandled({ now: () => 0, ttlMs: 1 }),
  })
  await Promise.all(random.input.map((input, position) => cloud.invoke(input.to, triggerOf(input, position))))
  await cloud.drain()
  const of = (kind: string) => cloud.lines.filter(({ attak }) => attak === kind)
  return {
    errors: commonOf(cloud.records()),
    ends: sorted(of('end').map(endOf)),
    outputs: sorted(
      of('output').map(({ processor, message, id, topic, key, data }) => [processor, message, id, topic, key, data]),
    ),
  }
}

describe('a simulation equals a deploy', () => {
  it(
    'deployed functions handle, emit and fail the same for the same input, with the same ids and the same order of each key',
    () =>
      fc.assert(
        fc.asyncProperty(randomTopology, deployment, async (random, how) => {
          const [there, here] = [createWatch(), createWatch()]
          const streams = random.streams.map((stream, index) => {
            // A queue has one receiver.
            const isShared = how.over.via === 'kinesis' && how.shared[index % how.shared.length]
            // Streams that share a channel by name have the same settings.
            return { ...stream, ...how.over, ...(isShared && { stream: 'shared', batch: 9 }) }
          })
          const definitionFor = (watch: Watch) => {
            return { ...definitionOf(random, noPace, watch, how.waits), streams, pack: how.pack }
          }
          const live = await deployed(definitionFor(there), random, how)
          expect(live).toEqual(await simulated(definitionFor(here), random))
          expect(ordersOf(there.calls, random, streams)).toEqual(ordersOf(here.calls, random, streams))
        }),
        { numRuns: 80 },
      ),
    60_000,
  )

  it(
    'idempotent processors handle the same messages in both, each once, whatever is delivered again',
    () =>
      fc.assert(
        fc.asyncProperty(randomTopology, deployment, async (random, how) => {
          const definition = { ...definitionOf(random, noPace, createWatch(), how.waits), idempotent: true }
          const streams = random.streams.map((stream) => ({ ...stream, ...how.over }))
          const live = await deployed({ ...definition, streams, pack: how.pack }, random, how)
          const here = await simulated({ ...definition, streams, pack: how.pack }, random)
          const handledIn = ({ ends }: Observed) => ends.filter((end) => end.includes('"ok"'))
          expect(new Set(handledIn(live)).size).toBe(handledIn(live).length)
          expect(handledIn(live)).toEqual([...new Set(handledIn(here))])
          expect(live.errors).toEqual(here.errors)
          expect(new Set(live.outputs)).toEqual(new Set(here.outputs))
        }),
        { numRuns: 60 },
      ),
    60_000,
  )

  it(
    'messages with one key are handled one after the other when deployed, too',
    () =>
      fc.assert(
        fc.asyncProperty(randomTopology, deployment, async (random, how) => {
          const watch = createWatch()
          const input = random.input.map(({ to, event }) => ({ to, event }))
          await deployed(definitionOf(random, () => 1, watch, how.waits) as never, { ...random, input }, how)
          expect(watch.overlaps).toEqual([])
          expect(watch.running).toBe(0)
        }),
        { numRuns: 40 },
      ),
    60_000,
  )
})
