import { kinesisReceiver, senderToStream } from '../dist/wire.js'
import { emitOfOne, eventOf, outboxOver } from '../emits.mjs'

const EVENTS = 500
const WARM_ROUNDS = 300
const ROUNDS = 1000

/** Microseconds of reading a payload of 500 events of 100 B: `{ reader: 'attak' }` from packs, or one a record. */
export async function measure({ reader }) {
  const { bodies, read } = await READERS[reader]()
  const payload = {
    Records: bodies.map((body, index) => ({
      eventID: `shardId-000000000000:${index}`,
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--prod--billing',
      kinesis: { sequenceNumber: `${index}`, partitionKey: 'k', data: Buffer.from(body).toString('base64') },
    })),
  }
  const expected = (EVENTS * (EVENTS - 1)) / 2
  const readOnce = () => {
    const sum = read(payload)
    if (sum !== expected) throw new Error(`read ${sum}, not ${expected}`)
  }
  for (let round = 0; round < WARM_ROUNDS; round++) readOnce()
  const start = process.hrtime.bigint()
  for (let round = 0; round < ROUNDS; round++) readOnce()
  return { value: Number(process.hrtime.bigint() - start) / 1000 / ROUNDS, events: EVENTS }
}

const ids = Array.from({ length: EVENTS }, (_, id) => id)

const READERS = {
  async attak() {
    const bodies = []
    const call = async ({ body }) => {
      const { Records } = JSON.parse(body)
      bodies.push(...Records.map(({ Data }) => Buffer.from(Data, 'base64')))
      return { ok: true, value: { Records: Records.map(() => ({ SequenceNumber: '1' })) } }
    }
    const outbox = outboxOver(senderToStream({ call }, ''))
    for (const id of ids) outbox.add('billing', emitOfOne('100B', id))
    await outbox.close()
    const read = (payload) => {
      let sum = 0
      for (const { messages } of kinesisReceiver.decode(payload, 'billing'))
        for (const { data } of messages) sum += data.id
      return sum
    }
    return { bodies, read }
  },
  async 'one-a-record'() {
    const read = (payload) => {
      let sum = 0
      for (const { kinesis } of payload.Records) sum += JSON.parse(Buffer.from(kinesis.data, 'base64').toString()).id
      return sum
    }
    return { bodies: ids.map((id) => JSON.stringify(eventOf('100B', id))), read }
  },
}
