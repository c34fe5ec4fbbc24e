// The three hops by BullMQ: a queue and a worker for each.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { eventOf, measured, next } from './work.mjs'

const EVENTS = Number(process.env.EVENTS)
const url = process.argv[2]
const connect = () => new Redis(url, { maxRetriesPerRequest: null })
const keep = { removeOnComplete: true }
const queues = Object.fromEntries(
  ['one', 'two', 'three'].map((name) => [name, new Queue(name, { connection: connect() })]),
)

const measure = measured(EVENTS, () => process.exit())
hop('one', ({ data }) => queues.two.add('event', next(data), keep))
hop('two', ({ data }) => queues.three.add('event', next(data), keep))
hop('three', async ({ data }) => measure.take(data))
for (let from = 0; from < EVENTS; from += 1000) {
  const jobs = Array.from({ length: 1000 }, (_, n) => ({ name: 'event', data: eventOf(from + n), opts: keep }))
  await queues.one.addBulk(jobs)
}

function hop(name, handle) {
  return new Worker(name, handle, { connection: connect(), concurrency: 256 })
}
