import { senderToStream } from '../dist/wire.js'
import { emitOf, eventOf, outboxOver } from '../emits.mjs'

const MOST_RECORDS = 500
/** What a PUT payload unit holds, read as little as it can be. */
const UNIT_BYTES = 25_000

/**
 * Counts what sending costs: `{ sender: 'attak', size: '100B', count: 'units', events: 100000, flush: 250 }` gives the PUT
 * payload units, or requests, of a million events, in flushes of so many (none: as full as calls get). Nothing is timed.
 */
export async function measure(job) {
  const counted = { events: 0, requests: 0, units: 0 }
  const put = (records) => {
    counted.requests++
    for (const bytes of records) counted.units += Math.ceil(bytes / UNIT_BYTES)
  }
  await SENDERS[job.sender](job, put, counted)
  if (counted.events !== job.events) throw new Error(`${counted.events} events of ${job.events}`)
  return { value: (counted[job.count] / job.events) * 1_000_000, events: job.events }
}

const SENDERS = {
  async attak({ events, size, flush = Number.POSITIVE_INFINITY }, put, counted) {
    const outbox = outboxOver(senderToStream({ call: async ({ body }) => answer(JSON.parse(body), put, counted) }, ''))
    for (let id = 0; id < events; id++) {
      outbox.add('billing', emitOf(size, id))
      if ((id + 1) % flush === 0) outbox.idle()
      // What was sent has to be taken before more is made, as by a handler that awaits its emits.
      if ((id + 1) % 1000 === 0) await new Promise(setImmediate)
    }
    await outbox.close()
  },
  async 'put-records'({ events, size }, put, counted) {
    for (let from = 0; from < events; from += MOST_RECORDS) {
      const batch = Array.from({ length: Math.min(MOST_RECORDS, events - from) }, (_, index) => from + index)
      put(batch.map((id) => Buffer.byteLength(JSON.stringify(eventOf(size, id)))))
      counted.events += batch.length
    }
  },
  async 'put-record'({ events, size }, put, counted) {
    for (let id = 0; id < events; id++) put([Buffer.byteLength(JSON.stringify(eventOf(size, id)))])
    counted.events += events
  },
}

function answer({ Records }, put, counted) {
  const bodies = Records.map(({ Data }) => Buffer.from(Data, 'base64'))
  put(bodies.map((body, index) => body.length + Buffer.byteLength(Records[index].PartitionKey)))
  for (const body of bodies) {
    const value = JSON.parse(body)
    counted.events += value.attakpack === undefined ? 1 : value.data.length
  }
  return { ok: true, value: { Records: Records.map((_, index) => ({ SequenceNumber: `${index}` })) } }
}
