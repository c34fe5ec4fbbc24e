import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { AwsClient, AwsResult } from '../../../src/aws/client.ts'
import { bakeEntry } from '../../../src/bundle/bake.ts'
import type { Via } from '../../../src/carriers/table.ts'
import type { Graph, GraphChannel } from '../../../src/graph/graph.ts'
import { retryPart } from '../../../src/graph/names.ts'
import { createEntry, type Entry, type EntryParts } from '../../../src/hosts/lambda/entry.ts'
import type { LambdaHost } from '../../../src/hosts/lambda/host.ts'
import { invokeBy } from '../../../src/hosts/lambda/invoker.ts'
import type { WireRecord } from '../../../src/runtime/carrier.ts'
import { decodeText } from '../../../src/runtime/codec.ts'
import { openLeases } from '../../../src/runtime/deliver/leases.ts'
import type { Round } from '../../../src/runtime/deliver/round.ts'
import type { ErrorRecord } from '../../../src/runtime/error-record.ts'
import { encodeMessage } from '../../../src/runtime/event.ts'
import type { HandledStore } from '../../../src/runtime/handled.ts'
import type { LoadedProcessor, Spans } from '../../../src/runtime/invocation.ts'
import { describeThrown } from '../../../src/runtime/thrown.ts'
import { createFakeStore, type FakeStore, recordsIn } from '../../contract/fake-store.ts'
import { messageOf, rootOf } from '../../contract/message.ts'
import { at } from '../../contract/position.ts'

/** One line that a function wrote. */
export type LogLine = Readonly<Record<string, unknown>>

/** A cloud in this process: a function for each processor, and channels between them. */
export interface FakeCloud {
  /** Invokes a function. */
  invoke(processor: string, payload: unknown): Promise<unknown>
  /** Hands over what is in the channels, and what that leads to, until all are empty. */
  drain(): Promise<void>
  readonly lines: readonly LogLine[]
  /** What failed, once by its id. */
  records(): readonly ErrorRecord[]
  /** What handlers write to. */
  readonly console: Console
}

/** Records as a channel holds them, and payloads have them. */
interface FakeRecord {
  readonly eventSource: string
  readonly position: string
  readonly key: string | undefined
  readonly body: string
  /** Not handed over before. */
  readonly visibleMs: number
}

/** The longest that a queue holds a message back. */
const MOST_DELAY_MS = 900_000
/** How long a message takes that was to be held back. */
const LEAST_DELAY_MS = 1000

/** What makes a cloud of a graph. */
export interface CloudParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly batch?: number
  /** Refuses a batch that is sent, or some of it, by its number. */
  readonly refuses?: (call: number) => boolean
  readonly forMs?: number
  readonly env?: LambdaHost['env']
  /** Answers calls of functions in their stead. */
  readonly call?: () => AwsResult
  /** Where error records are kept. */
  readonly store?: FakeStore
  readonly spans?: Spans
  /** Where those that are idempotent remember what they have handled. */
  readonly handled?: HandledStore
  /** Called before a processor is loaded. */
  readonly load?: () => void
  /** Queues hold messages back for that much of a delay; all of it by default. */
  readonly holds?: number
}

/** Deploys a graph within this process. */
export function openCloud({
  graph,
  processors,
  batch = 100,
  refuses = () => false,
  forMs = 900_000,
  ...more
}: CloudParts): FakeCloud {
  const queues = graph.processors.filter(({ retryQueue }) => retryQueue).map(({ name }) => retryQueueOf(name))
  const mappings = [...graph.channels, ...queues].flatMap(mappingsOf)
  const lines: LogLine[] = []
  let calls = 0
  let sequence = 0
  const take = (channel: string, records: readonly WireRecord[]) => {
    if (refuses(calls++)) return records.map((_, index) => ({ index, passing: true, why: 'Throttled: slow down' }))
    const heard = mappings.filter(({ name }) => name === channel)
    for (const { body, key, delayMs = 0 } of records) {
      const heldMs = (more.holds ?? 1) * Math.min(MOST_DELAY_MS, delayMs)
      const visibleMs = host.now() + (delayMs === 0 ? 0 : Math.max(LEAST_DELAY_MS, heldMs))
      const position = `${channel}/0/${sequence++}`
      for (const { via, waiting } of heard) {
        waiting.push({ eventSource: sourceOf(via), position, key, body, visibleMs })
      }
    }
    return []
  }
  const carrierOf = (via: Via): EntryParts['carriers'][string] => ({
    receiver: {
      eventSource: sourceOf(via),
      redeliversAtOnce: via === 'kinesis',
      channelOf: (_, { name }) => name,
      decode: (payload, to) =>
        (payload as { Records: FakeRecord[] }).Records.map(({ position, key, body }) => {
          const stood = at(position, via)
          return { record: position, position: stood, messages: decodeText(body, { position: stood, key, to }) }
        }),
      isKept: () => via === 'kinesis',
      settle: (failed) => [...failed],
    },
    openSender: (_, { name }) => ({ send: async (records) => take(name, records), close: async () => {} }),
  })
  const entries = new Map<string, Entry>()
  const client: AwsClient = {
    endpoint: () => '',
    close: () => {},
    async call({ path = '', body }) {
      if (more.call !== undefined) return more.call()
      const processor = /--(\w+)\/invocations$/.exec(path)?.[1] ?? ''
      const value: unknown = await invoke(processor, JSON.parse(body))
      return { ok: true, value: JSON.parse(JSON.stringify(value)), headers: {} }
    },
  }
  const host = fastHost((line) => lines.push(line), more.env)
  const store = more.store ?? createFakeStore()
  const { spans, handled } = more
  const carriers = { kinesis: carrierOf('kinesis'), sqs: carrierOf('sqs') }
  const parts = {
    ...{ carriers, invokeBy, openStore: () => store },
    ...(spans && { spans }),
    ...(handled && { rememberHandled: () => (round: Round) => openLeases(handled, round) }),
  }
  for (const { name } of graph.processors) {
    const baked = JSON.parse(JSON.stringify(bakeEntry(graph, [name])))
    const load = () => {
      more.load?.()
      return processors.get(name)!
    }
    entries.set(name, createEntry({ ...baked, load }, parts, { host, client }))
  }
  const invoke = (processor: string, payload: unknown) =>
    entries.get(processor)!(payload, {
      awsRequestId: '00000000-0000-0000-0000-000000000000',
      invokedFunctionArn: `arn:aws:lambda:eu-west-1:123456789012:function:${processor}`,
      getRemainingTimeInMillis: () => forMs,
    })
  /** Gives when there may be something to hand over again. */
  const drainMapping = async (mapping: FakeMapping) => {
    const { to, via, waiting } = mapping
    const records = waiting.filter(({ visibleMs }) => visibleMs <= host.now()).slice(0, batch)
    mapping.waiting = without(waiting, records)
    const answer = records.length === 0 ? [] : await invoke(to, { Records: records })
    const failed = records.filter(({ position }) => (answer as string[]).includes(position))
    const again = via === 'sqs' ? failed : records.slice(failed[0] ? records.indexOf(failed[0]) : records.length)
    mapping.waiting.unshift(...again)
    const [first] = mapping.waiting.sort((a, b) => a.visibleMs - b.visibleMs)
    return again.length < records.length ? host.now() : Math.max(first?.visibleMs ?? 0, host.now() + PAUSE_MS)
  }
  return {
    invoke,
    lines,
    records: () => recordsIn(store),
    console: host.console,
    async drain() {
      for (;;) {
        const full = mappings.filter(({ waiting }) => waiting.length > 0)
        if (full.length === 0) return
        const nextMs = Math.min(...(await Promise.all(full.map(drainMapping))))
        if (nextMs > host.now()) await new Promise<void>((resolve) => host.after(nextMs - host.now(), resolve))
      }
    },
  }
}

/** What a channel is as far as this cloud goes. */
type FakeChannel = Pick<GraphChannel, 'name' | 'to' | 'via'>

/** What one receiver has not been handed of a channel: each reads at its own pace, and what fails comes again to it alone. */
interface FakeMapping extends Pick<FakeChannel, 'name' | 'via'> {
  readonly to: string
  waiting: FakeRecord[]
}

function mappingsOf({ name, via, to }: FakeChannel): readonly FakeMapping[] {
  return to.map((one) => ({ name, via, to: one, waiting: [] }))
}

/** How long it is until what was not handled is handed over again. */
const PAUSE_MS = 5000

function retryQueueOf(processor: string): FakeChannel {
  return { name: retryPart(processor), to: [processor], via: 'sqs' }
}

function sourceOf(via: string): string {
  return via === 'kinesis' ? 'fake' : `fake ${via}`
}

function without<T>(all: readonly T[], some: readonly T[]): T[] {
  return all.filter((one) => !some.includes(one))
}

/** What `attak trigger` sends: an input, by its position. */
export function triggerOf(
  input: { readonly event: unknown; readonly key?: string; readonly topic?: string },
  position: number,
): unknown {
  const { event: data, key, topic } = input
  const root = rootOf(position, 'attak')
  const edge = { from: undefined, to: 'b' }
  const message = messageOf({ data, key, topic, edge, parent: undefined, root, hop: 1 })
  return JSON.parse(encodeMessage(message, { topology: 'test', stage: 'dev', time: new Date(0).toISOString() }))
}

/** So many turns of a millisecond without anything going on, and the time of a {@link fastHost} moves on. */
const QUIET_TURNS = 2

/** A process whose time stands still while anything goes on, and then moves to what is due next. */
export function fastHost(take: (line: LogLine) => void, env: LambdaHost['env'] = {}): LambdaHost {
  const due = new Set<{ readonly atMs: number; readonly call: () => void }>()
  let nowMs = 1_800_000_000_000
  let quietTurns = 0
  let isTurning = false
  const turn = () => {
    if (isTurning || due.size === 0) return
    isTurning = true
    setTimeout(goOn, 1)
  }
  const goOn = () => {
    isTurning = false
    if (due.size === 0) return
    if (quietTurns++ >= QUIET_TURNS) {
      const next = [...due].reduce((first, one) => (one.atMs < first.atMs ? one : first))
      due.delete(next)
      nowMs = next.atMs
      quietTurns = 0
      next.call()
    }
    turn()
  }
  return {
    env,
    console: new Console(new Writable({ write: (_chunk, _encoding, done) => done() })),
    write(text) {
      for (const line of text.trimEnd().split('\n')) take(JSON.parse(line))
    },
    now() {
      quietTurns = 0
      return nowMs
    },
    after(ms, call) {
      quietTurns = 0
      if (ms <= 0) {
        setImmediate(call)
        return () => {}
      }
      const entry = { atMs: nowMs + ms, call }
      due.add(entry)
      turn()
      return () => due.delete(entry)
    },
    random: () => 0.5,
    describe: describeThrown,
    onUncaught: () => {},
  }
}
