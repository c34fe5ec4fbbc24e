import { isUtf8 } from 'node:buffer'
import {
  bakeEntry,
  buildGraph,
  createEntry,
  createPack,
  encodeMessage,
  kinesisReceiver,
  parseTopology,
  processHost,
} from '../dist/attak.js'

const BATCH = 2500
const WARM_UP = 12
const ROUNDS = 30

/**
 * `{ wrapper: 'attak', pack: 25, log: 'WARN' }` gives `{ value: 2140 }`: nanoseconds of CPU for each message of a function
 * that gets Kinesis records of 100 B events and emits one event for each, up to the transport, which accepts at once.
 */
export async function measure({ wrapper, pack, log }) {
  const payload = payloadOf(pack)
  const run = wrapper === 'bare' ? createBare() : createOurs({ pack, log })
  for (let round = 0; round < WARM_UP; round++) await run.handle(payload)
  const before = run.seen()
  const start = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) await run.handle(payload)
  const { user, system } = process.cpuUsage(start)
  const value = ((user + system) * 1000) / (ROUNDS * BATCH)
  const seen = { count: run.seen().count - before.count, sum: run.seen().sum - before.sum }
  const sum = (ROUNDS * BATCH * (BATCH + 1)) / 2
  if (seen.count !== ROUNDS * BATCH || seen.sum !== sum) throw new Error(`${wrapper} sent ${JSON.stringify(seen)}`)
  return { value, events: ROUNDS * BATCH }
}

function payloadOf(pack) {
  const origin = { topology: 'bench', stage: 'dev' }
  const root = { seed: '', position: 0, pending: 0, id: 'c0ffee00c0ffee00c0ffee00c0ffee00' }
  const messages = Array.from({ length: BATCH }, (_, ordinal) => ({
    data: { id: ordinal, value: ordinal, kind: 'order', paid: true, user: { name: 'Ada Lovelace', city: 'London' } },
    ...{ topic: 'order', key: undefined, edge: { from: 'a', to: 'b' }, parent: root.id, root, ordinal },
    ...{ hop: 2, attempt: 1, id: undefined },
  }))
  const time = new Date(0).toISOString()
  const bodies = []
  for (let from = 0; from < BATCH; from += pack) {
    if (pack === 1) bodies.push(encodeMessage(messages[from], { ...origin, time }))
    else {
      const packed = createPack(origin, undefined)
      for (const message of messages.slice(from, from + pack)) packed.add(message, JSON.stringify(message.data), 1e9)
      bodies.push(packed.encode(time))
    }
  }
  const Records = bodies.map((body, index) => ({
    eventSource: 'aws:kinesis',
    eventID: `shardId-000000000000:${index}`,
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/bench--dev--b',
    kinesis: { sequenceNumber: `${index}`, partitionKey: 'p', data: Buffer.from(body).toString('base64') },
  }))
  return { Records }
}

/** What the handlers of both do. */
function eventFor({ id, value, user }) {
  return { id, value: value + 1, from: user.city }
}

/** What any function that reads and writes JSON does, and nothing else. */
function createBare() {
  const seen = { count: 0, sum: 0 }
  const rest = { specversion: '1.0', source: '/bench/dev/b', type: 'paid', time: new Date(0).toISOString() }
  const emit = (event, root, ordinal) => {
    const emitted = eventFor(event)
    seen.count++
    seen.sum += emitted.value
    return JSON.stringify({ ...rest, id: ordinal, attakroot: root, attakparent: root, attakhop: 3, data: emitted })
      .length
  }
  let bytes = 0
  return {
    seen: () => ({ ...seen }),
    async handle({ Records }) {
      for (const { kinesis } of Records) {
        const text = Buffer.from(kinesis.data, 'base64').toString('utf8')
        if (text.includes('\uFFFD') && !isUtf8(Buffer.from(text))) throw new Error('not text')
        const record = JSON.parse(text)
        if (record.attakpack === undefined) bytes += emit(record.data, record.attakroot, 0)
        else for (const [index, event] of record.data.entries()) bytes += emit(event, record.attakroot, index)
      }
      return { batchItemFailures: [], bytes }
    },
  }
}

function createOurs({ pack, log }) {
  const seen = { count: 0, sum: 0 }
  const processors = { b: (event, context) => void context.emit('paid', eventFor(event)), c: () => {}, a: () => {} }
  const streams = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ]
  const { topology } = parseTopology({ name: 'bench', processors, streams, pack }, { file: 'b', modulesIn: () => {} })
  const baked = JSON.parse(JSON.stringify(bakeEntry(buildGraph(topology, { stage: 'dev' }), ['b'])))
  const send = async (records) => {
    for (const { messages, body } of records) {
      if (body.length < 10) throw new Error('a record without a body')
      for (const { data } of messages) {
        seen.count++
        seen.sum += data.value
      }
    }
    return []
  }
  const kinesis = { receiver: kinesisReceiver, openSender: () => ({ send, close: async () => {} }) }
  const store = { limits: { recordBytes: 1e6, batchRecords: 10, batchBytes: 1e6 } }
  const env = log === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: log }
  const host = { ...processHost(), env, write: () => {} }
  const load = () => ({ name: 'b', handler: processors.b })
  const entry = createEntry({ ...baked, load }, { carriers: { kinesis }, openStore: () => store }, { host, client: {} })
  const context = {
    awsRequestId: 'r',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:bench--dev--b',
    getRemainingTimeInMillis: () => 60_000,
  }
  return { seen: () => ({ ...seen }), handle: (payload) => entry(payload, context) }
}
