import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { AwsClient, AwsResult } from '../../../src/aws/client.ts'
import { bakeEntry } from '../../../src/bundle/entry/bake.ts'
import type { Carrier } from '../../../src/bundle/entry/carrier.ts'
import type { Entry } from '../../../src/bundle/entry/definition.ts'
import { createEntry } from '../../../src/bundle/entry/entry.ts'
import type { EntryHost } from '../../../src/bundle/entry/host.ts'
import { invokeBy } from '../../../src/bundle/entry/invoker.ts'
import type { Graph } from '../../../src/graph/graph.ts'
import { decodeText } from '../../../src/runtime/codec.ts'
import type { ErrorRecord } from '../../../src/runtime/error-record.ts'
import { encodeMessage } from '../../../src/runtime/event.ts'
import type { LoadedProcessor } from '../../../src/runtime/processor.ts'
import type { WireRecord } from '../../../src/runtime/transport.ts'
import { createFakeStore, type FakeStore, recordsIn } from '../../contract/fake-store.ts'
import { messageOf, rootOf } from '../../contract/message.ts'

/** One line that a function wrote. */
export type LogLine = Readonly<Record<string, unknown>>

/** A cloud in this process: a function for each processor, and channels between them. */
export interface FakeCloud {
  /** Invokes a function. */
  invoke(processor: string, payload: unknown): Promise<unknown>
  /** Hands over what is in the channels, and what that leads to, until nothing is left. */
  drain(): Promise<void>
  readonly lines: readonly LogLine[]
  /** What failed, once by its id. */
  records(): readonly ErrorRecord[]
  /** What handlers write to. */
  readonly console: Console
}

/** Records as a channel holds them, and payloads have them. */
interface FakeRecord {
  readonly eventSource: 'fake'
  readonly position: string
  readonly key: string | undefined
  readonly body: string
}

/** So many milliseconds of the cloud pass in one of ours. */
const PACE = 40

/** What makes a cloud of a graph. */
export interface CloudParts {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly batch?: number
  /** Refuses a batch that is sent, or some of it, by its number. */
  readonly refuses?: (call: number) => boolean
  readonly forMs?: number
  readonly env?: EntryHost['env']
  /** Answers calls of functions in their stead. */
  readonly call?: () => AwsResult
  /** Where error records are kept. */
  readonly store?: FakeStore
  /** Called before a processor is loaded. */
  readonly load?: () => void
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
  const channels = new Map(graph.channels.map(({ name }) => [name, [] as FakeRecord[]]))
  const lines: LogLine[] = []
  let calls = 0
  let sequence = 0
  const take = (channel: string, records: readonly WireRecord[]) => {
    if (refuses(calls++)) return records.map((_, index) => ({ index, passing: true, why: 'Throttled: slow down' }))
    for (const { body, key } of records) {
      channels.get(channel)!.push({ eventSource: 'fake', position: `${channel}/0/${sequence++}`, key, body })
    }
    return []
  }
  const carrier: Carrier = {
    via: 'kinesis',
    eventSource: 'fake',
    receiver: {
      decode: (payload, to) =>
        (payload as { Records: FakeRecord[] }).Records.map(({ position, key, body }) => {
          return { record: position, position, messages: decodeText(body, { position, key, to }) }
        }),
      settle: (failed) => [...failed],
    },
    transport: () => ({
      name: 'fake',
      limits: { messageBytes: 1_000_000, orderedByKey: true, batchRecords: 500, batchBytes: 5_000_000 },
      open: (address) => ({ send: async (records) => take(address, records), close: async () => {} }),
    }),
    nameOf: (_, channel) => channel,
    addressOf: (_, name) => name,
  }
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
  const parts = { carriers: [() => carrier], invokeBy, openStore: () => store }
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
  const drainChannel = async (name: string, to: readonly string[]) => {
    const records = channels.get(name)!.splice(0, batch)
    const failed = await Promise.all(to.map((processor) => invoke(processor, { Records: records })))
    const first = records.findIndex(({ position }) => failed.some((ids) => (ids as string[]).includes(position)))
    if (first >= 0) channels.get(name)!.unshift(...records.slice(first))
  }
  return {
    invoke,
    lines,
    records: () => recordsIn(store),
    console: host.console,
    async drain() {
      for (;;) {
        const full = graph.channels.filter(({ name }) => channels.get(name)!.length > 0)
        if (full.length === 0) return
        await Promise.all(full.map(({ name, to }) => drainChannel(name, to)))
      }
    },
  }
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

/** A process that lives faster than this one. */
export function fastHost(take: (line: LogLine) => void, env: EntryHost['env'] = {}): EntryHost {
  const startedMs = performance.now()
  return {
    env,
    console: new Console(new Writable({ write: (_chunk, _encoding, done) => done() })),
    write(text) {
      for (const line of text.trimEnd().split('\n')) take(JSON.parse(line))
    },
    now: () => 1_800_000_000_000 + Math.floor((performance.now() - startedMs) * PACE),
    after(ms, call) {
      if (ms <= 0) {
        setImmediate(call)
        return () => {}
      }
      const timer = setTimeout(call, ms / PACE)
      return () => clearTimeout(timer)
    },
    random: () => 0.5,
  }
}
