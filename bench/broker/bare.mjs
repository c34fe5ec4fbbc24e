// The three hops by a loop over ioredis: streams with a consumer group, records of 25 events. Nothing is owned, ordered or retried.
import { Redis } from 'ioredis'
import { eventOf, measured, next } from './work.mjs'

const EVENTS = Number(process.env.EVENTS)
const PACK = Number(process.env.PACK)
const url = process.argv[2]
const writer = new Redis(url)
const GROUP = 'bench'
for (const name of ['one', 'two', 'three']) await writer.xgroup('CREATE', name, GROUP, '0', 'MKSTREAM')

const measure = measured(EVENTS, () => process.exit())
void hop('one', (events) => ['two', events.map(next)])
void hop('two', (events) => ['three', events.map(next)])
void hop('three', (events) => {
  for (const event of events) measure.take(event)
  return []
})
for (let from = 0; from < EVENTS; from += 1000) {
  const pipeline = writer.pipeline()
  add(
    pipeline,
    'one',
    Array.from({ length: 1000 }, (_, n) => eventOf(from + n)),
  )
  await pipeline.exec()
}

async function hop(name, handle) {
  const reader = new Redis(url)
  for (;;) {
    const [[, entries]] = await reader.xreadgroup('GROUP', GROUP, 'me', 'COUNT', 256, 'BLOCK', 0, 'STREAMS', name, '>')
    const [to, events = []] = handle(entries.flatMap(([, [, body]]) => JSON.parse(body)))
    // What is emitted is there before its cause is gone.
    const pipeline = writer.multi()
    if (to !== undefined) add(pipeline, to, events)
    const ids = entries.map(([id]) => id)
    await pipeline
      .xack(name, GROUP, ...ids)
      .xdel(name, ...ids)
      .exec()
  }
}

function add(pipeline, to, events) {
  for (let from = 0; from < events.length; from += PACK) {
    pipeline.xadd(to, '*', 'b', JSON.stringify(events.slice(from, from + PACK)))
  }
}
