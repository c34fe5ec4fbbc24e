import { expect, it } from 'vitest'
import { drawPlan, planJson } from '../../src/deploy/draw-plan.ts'
import { plan } from '../../src/deploy/plan.ts'
import { KINDS, liveOf, MARKER, resourceOf, topologyOf } from '../contract/resources.ts'

const options = { kinds: KINDS, marker: MARKER, allowDataLoss: false }
const costs = [
  { text: '2 on-demand streams', usdPerMonth: 57.6 },
  { text: '2 log groups', usdPerMonth: 0.06 },
]
const live = topologyOf(['reverse', 'gone'], { memory: 128 }).map((one) => liveOf(one))

it('draws changes by processor, what is kept, and what it costs', () => {
  const wanted = topologyOf(['reverse', 'count'])
  const text = drawPlan(plan(wanted, live, options), { title: 'hello (dev) on aws', wanted, costs })
  expect(text).toMatchInlineSnapshot(`
    "hello (dev) on aws: 4 to make, 1 to change, 3 to remove, 4 unchanged

    count
      + stream    t--dev--count
      + role      t--dev--count
      + function  t--dev--count
      + mapping   t--dev--count

    reverse
      ~ function  t--dev--reverse: memory

    for all processors
      - mapping   t--dev--gone: is no longer needed
      - function  t--dev--gone: is no longer needed
      - role      t--dev--gone: is no longer needed

    no longer needed, but kept:
      ! stream t--dev--gone: holds data
      --allow-data-loss removes them, and the data in them is lost

    2 functions, 2 mappings, 1 queue, 2 roles, 2 streams
    left running without messages: about $57.66 a month
      $57.60  2 on-demand streams
       $0.06  2 log groups"
  `)
})

it('draws that there is nothing to do', () => {
  const wanted = topologyOf(['reverse'])
  const current = wanted.map((one) => liveOf(one))
  expect(
    drawPlan(plan(wanted, current, options), { title: 'hello (dev) on aws', wanted, costs: [] }),
  ).toMatchInlineSnapshot(`
    "hello (dev) on aws: nothing to do, 5 unchanged

    1 function, 1 mapping, 1 queue, 1 role, 1 stream"
  `)
})

it('draws the data that destroying a stage loses', () => {
  const text = drawPlan(plan([], live.slice(0, 4), { ...options, allowDataLoss: true }), {
    title: 'hello (dev) on aws',
    wanted: [],
    costs: [],
  })
  expect(text).toMatchInlineSnapshot(`
    "hello (dev) on aws: 4 to remove

    for all processors
      - function  t--dev--reverse
      - role      t--dev--reverse
      - stream    t--dev--reverse (with its data)
      - queue     t--dev--errors (with its data)"
  `)
})

it('draws what is refused', () => {
  const queue = resourceOf('queue/a', { processor: 'a', fixed: ['fifo'], config: { fifo: true } })
  const before = liveOf({ ...queue, config: { fifo: false } })
  const text = drawPlan(plan([queue], [before], options), { title: 'hello (dev) on aws', wanted: [queue], costs: [] })
  expect(text).toMatchInlineSnapshot(`
    "hello (dev) on aws: 1 refused

    would be replaced, which is refused:
      ! queue t--dev--a: fifo cannot be changed in place; it holds data
      --allow-data-loss removes them, and the data in them is lost

    1 queue"
  `)
})

it('returns the same JSON for any order of resources, without values of settings', () => {
  const wanted = topologyOf(['reverse', 'count'], { environment: { PASSWORD: 'open sesame' } })
  const jsonOf = (resources: typeof wanted, found: typeof live) =>
    JSON.stringify(planJson(plan(resources, found, options), { title: 'hello', wanted: resources, costs }))
  const json = jsonOf(wanted, live)
  expect(jsonOf(wanted.toReversed(), live.toReversed())).toBe(json)
  expect(json).not.toContain('open sesame')
  expect(JSON.parse(json)).toMatchObject({
    title: 'hello',
    changes: expect.arrayContaining([
      {
        change: 'update',
        id: 'function/reverse',
        kind: 'function',
        name: 't--dev--reverse',
        processor: 'reverse',
        reason: 'environment, memory',
        settings: ['environment', 'memory'],
      },
    ]),
    kept: [{ id: 'stream/gone', kind: 'stream', name: 't--dev--gone', reason: 'holds data' }],
    resources: { function: 2, mapping: 2, queue: 1, role: 2, stream: 2 },
    usdPerMonth: 57.66,
  })
})
