import { Console } from 'node:console'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AwsCarrier } from '../../../src/aws/carrier.ts'
import { CARRIERS } from '../../../src/carriers/table.ts'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import { recordIdOf } from '../../../src/runtime/error-record.ts'
import { idOf, type Message, rootIdOf } from '../../../src/runtime/message.ts'
import { createPack } from '../../../src/runtime/pack.ts'
import { describeThrown } from '../../../src/runtime/thrown.ts'
import type { Context, Handler } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { createFakeStore, recordsIn, refuseRecords } from '../../contract/fake-store.ts'
import { bakedOf } from '../../contract/graph.ts'
import { turn } from '../../contract/host.ts'
import { messageOf, rootOf } from '../../contract/message.ts'
import { at } from '../../contract/position.ts'

/** What becomes of a message, each with the error that it fails with. */
const WAYS = {
  ok: undefined,
  late: undefined,
  throw: /thrown/,
  reject: /rejected/,
  callback: /given back/,
  odd: /undefined thrown/,
  mutate: /changed/,
  refused: /input schema of "b" refuses the event: no/,
  never: /did not settle within 1 s/,
  bigint: /emit of "t": data.n is a BigInt/,
  cycle: /emit of "t": data.self refers back/,
  hop: /has passed through 3 processors/,
} as const

type Way = keyof typeof WAYS
const HOP_LIMIT = 3
const INVOCATION_MS = 60_000
const ORIGIN = { topology: 'test', stage: 'dev' }

interface Said {
  readonly way: Way
  readonly n: number
}

interface Scenario {
  readonly via: 'kinesis' | 'sqs'
  /** Ways of messages, by record; keys on Kinesis alone. */
  readonly records: readonly { readonly key: string | undefined; readonly ways: readonly Way[] }[]
  readonly retries: number
  /** How the store takes each call in turn; at last it takes all. */
  readonly answers: readonly ('takes' | 'for now' | 'for good' | 'some')[]
  /** For each invocation, whether the function of the previous one receives it. */
  readonly warm: readonly boolean[]
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  via: fc.constantFrom('kinesis', 'sqs'),
  records: fc.array(
    fc.record({
      key: fc.constantFrom(undefined, 'k', 'l'),
      ways: fc.array(fc.constantFrom(...(Object.keys(WAYS) as Way[])), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  retries: fc.nat({ max: 1 }),
  answers: fc.array(fc.constantFrom('takes', 'for now', 'for good', 'some'), { maxLength: 8 }),
  warm: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
})

/** What the handler of `b` does, and which events it has done with. */
function handlerOf(handled: Set<number>): Handler {
  const done = ({ n }: Said) => void handled.add(n)
  const ways: Readonly<Record<Way, (event: Said, context: Context) => unknown>> = {
    ok: done,
    late(event, context) {
      setImmediate(() => void context.emit('late').catch(() => {}))
      done(event)
    },
    throw() {
      throw new Error('thrown')
    },
    reject: async () => {
      throw new Error('rejected')
    },
    callback: (_, context) => void context.done(new Error('given back')),
    odd() {
      throw undefined
    },
    mutate(event) {
      Object.assign(event, { n: -1, more: 'x' })
      throw new Error('changed')
    },
    refused: done,
    never: () => new Promise(() => {}),
    bigint: (_, context) => void context.emit('t', { n: 1n }),
    cycle(_, context) {
      const data: { self?: object } = {}
      data.self = data
      context.emit('t', data)
    },
    hop: (_, context) => void context.emit('t', 1),
  }
  return (event, context) => ways[(event as Said).way](event as Said, context)
}

/** Refuses what is to be refused. */
const input = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ((value as Said).way === 'refused' ? { issues: [{ message: 'no' }] } : { value }),
  },
} as const

/** A function for each instance that the platform starts, and all that they share. */
function openFunctions({ via, retries, answers }: Scenario) {
  const handled = new Set<number>()
  const lines: Record<string, unknown>[] = []
  const clock = createFakeClock(Date.UTC(2026, 10, 21))
  const store = createFakeStore((batch, call) => {
    const how = answers[call] ?? 'takes'
    if (how === 'takes') return []
    const refusals = refuseRecords(batch, how !== 'for good')
    return how === 'some' ? refusals.filter(({ index }) => index % 2 === 0) : refusals
  })
  const definition = {
    name: 'test',
    processors: { a: () => {}, b: { handler: handlerOf(handled), input, timeout: 1 }, c: () => {} },
    streams: [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c', topics: ['t'] },
    ],
    ...{ via, retries, hopLimit: HOP_LIMIT, backoff: { firstMs: 1, jitter: false }, retryQueue: false },
  }
  const baked = bakedOf(definition, 'b')
  const load = () => ({ name: 'b', handler: handlerOf(handled), input })
  const host = {
    env: { ATTAK_ARTIFACT: 'f00d' },
    console: new Console(new Writable({ write: (_chunk, _encoding, done) => done() })),
    write: (text: string) =>
      void lines.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
    ...{ now: clock.now, after: clock.after, random: () => 0.5, describe: describeThrown, onUncaught: () => {} },
  }
  const client = { endpoint: () => '', close: () => {}, call: () => Promise.reject(new Error('nobody is there')) }
  const parts = { carriers: { [via]: takingAll(CARRIERS[via]) }, openStore: () => store }
  const start = () => {
    const entry = createEntry({ ...baked, load }, parts, { host, client })
    const context = {
      awsRequestId: '00000000-0000-0000-0000-000000000000',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:test--dev--b',
      getRemainingTimeInMillis: () => INVOCATION_MS,
    }
    return (payload: unknown) => clock.until(entry(payload, context))
  }
  return { start, store, handled, lines }
}

/** A carrier that accepts all that is emitted. */
function takingAll(carrier: AwsCarrier): AwsCarrier {
  return { ...carrier, openSender: () => ({ send: async () => [], close: async () => {} }) }
}

/** A record as the platform hands it over, by the name that it is answered by. */
interface Handed {
  readonly name: string
  readonly payload: unknown
  readonly messages: readonly Message[]
}

function handedOver({ via, records }: Scenario): readonly Handed[] {
  let n = 0
  return records.map(({ key: wished, ways }, index) => {
    const key = via === 'kinesis' ? wished : undefined
    const messages = ways.map((way) =>
      messageOf({ data: { way, n }, key, root: rootOf(n), ordinal: n++, hop: way === 'hop' ? HOP_LIMIT : 2 }),
    )
    const pack = createPack(ORIGIN, key)
    for (const message of messages) pack.add(message, JSON.stringify(message.data), Number.POSITIVE_INFINITY)
    const name = `${100 + index}`
    return { name, messages, payload: recordOf(via, name, pack.encode('2026-11-21T00:00:00.000Z')) }
  })
}

function recordOf(via: Scenario['via'], name: string, body: string): unknown {
  if (via === 'sqs') {
    const eventSourceARN = 'arn:aws:sqs:eu-west-1:123456789012:test--dev--b'
    return { eventSource: 'aws:sqs', eventSourceARN, messageId: name, body, attributes: {} }
  }
  const kinesis = { sequenceNumber: name, partitionKey: 'p', data: Buffer.from(body).toString('base64') }
  const eventSourceARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/test--dev--b'
  return { eventSource: 'aws:kinesis', eventSourceARN, eventID: `shardId-000000000000:${name}`, kinesis }
}

/** What comes again: of a shard all from the first failed record on, of a queue the failed ones. */
function left(via: Scenario['via'], handed: readonly Handed[], answer: unknown): readonly Handed[] {
  const { batchItemFailures } = answer as { batchItemFailures: readonly { itemIdentifier: string }[] }
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  if (via === 'sqs') return handed.filter(({ name }) => failed.has(name))
  const first = handed.findIndex(({ name }) => failed.has(name))
  return first < 0 ? [] : handed.slice(first)
}

const saidIn = ({ data }: Message) => data as Said

it('nothing is acknowledged unless it was handled or recorded, and each failure is one record with its own event', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (random) => {
      const { start, store, handled, lines } = openFunctions(random)
      const isDone = (message: Message) => {
        const { way, n } = saidIn(message)
        const id = recordIdOf(message, 'b', 'failed')
        return WAYS[way] === undefined ? handled.has(n) : store.kept.some((kept) => kept.id === id)
      }
      const all = handedOver(random)
      let invoke = start()
      const instances = new Set([invoke])
      let handed = all
      for (let round = 0; handed.length > 0; round++) {
        expect(round).toBeLessThan(30)
        if (random.warm[round % random.warm.length] !== true) invoke = start()
        instances.add(invoke)
        const again = left(random.via, handed, await invoke({ Records: handed.map(({ payload }) => payload) }))
        for (const { messages } of handed.filter((one) => !again.includes(one))) {
          expect(messages.filter((message) => !isDone(message))).toEqual([])
        }
        handed = again
      }
      await turn()
      // What came too late, each sends when it is invoked again.
      for (const again of instances) await again({ Records: [recordOf(random.via, '999', '{"way":"ok","n":-1}')] })

      const records = recordsIn(store)
      for (const { name, messages } of all) {
        for (const message of messages) {
          const { way, n } = saidIn(message)
          const found = records.filter(({ kind, message: event }) => kind === 'failed' && event?.id === idOf(message))
          const lateness = records.filter(({ kind, message: event }) => kind === 'late' && event?.id === idOf(message))
          expect(found).toHaveLength(WAYS[way] === undefined ? 0 : 1)
          for (const { error, attempt, artifact, position, message: event, time } of found) {
            const tried = way === 'refused' ? 1 : random.retries + 1
            expect(event).toMatchObject({ data: { way, n }, attakroot: rootIdOf(message.root), attakhop: message.hop })
            expect(error.message).toMatch(WAYS[way]!)
            expect([attempt, artifact, time.slice(0, 10)]).toEqual([tried, 'f00d', '2026-11-21'])
            const shard = random.via === 'sqs' ? '' : 'shardId-000000000000/'
            expect(position).toEqual(at(`test--dev--b/${shard}${name}`, random.via))
          }
          if (way === 'late' && lateness.length === 0) {
            const codes = lines.filter(({ message: id }) => id === idOf(message)).map(({ code }) => code)
            expect(codes).toEqual(expect.arrayContaining(['EMIT_AFTER_END', 'STORE_FAILED']))
          } else expect(lateness.map(({ error }) => error.code)).toEqual(way === 'late' ? ['EMIT_AFTER_END'] : [])
        }
      }
      const failures = all.flatMap(({ messages }) => messages).filter((message) => saidIn(message).way !== 'ok')
      expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
      expect(records.length).toBeLessThanOrEqual(failures.length)
    }),
    { numRuns: 150 },
  )
})
