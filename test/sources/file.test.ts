import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { after } from '../../src/hosts/after.ts'
import type { OpenSources } from '../../src/runtime/source.ts'
import { file } from '../../src/sources/file/source.ts'
import type { TopologySource } from '../../src/topology/source.ts'
import { type Answering, fakeWorld } from './world.ts'

let dir: string
let path: string
let open: OpenSources | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'attak-followed-'))
  path = join(dir, 'orders.log')
})
afterEach(async () => {
  await open?.stop()
  open = undefined
  rmSync(dir, { recursive: true, force: true })
})

async function follow(settings: TopologySource['settings'] = {}, answering: Answering = {}) {
  const world = { ...fakeWorld({ dir, ...answering }), after }
  open = await file.open(
    [{ name: 'log', type: 'file', to: 'parse', settings: { path: 'orders.log', ...settings } }],
    world,
  )
  const data = () => world.events.map(({ event }) => event)
  return { world, data, has: (events: unknown[]) => vi.waitFor(() => expect(data()).toEqual(events), 20_000) }
}

const add = (text: string) => appendFileSync(path, text)

it('lines that are there and lines that are added are events; a line without its end waits', async () => {
  writeFileSync(path, '{"n":1}\nplain\n\n{"n":')
  const { has } = await follow()
  await has([{ n: 1 }, 'plain'])
  add('2}\r\n')
  await has([{ n: 1 }, 'plain', { n: 2 }])
})

it('a file that comes later is followed', async () => {
  const { world, has } = await follow()
  await vi.waitFor(
    () => expect(world.said).toEqual([`warn source "log": waits for ${path}, which is not there.`]),
    20_000,
  )
  add('1\n')
  await has([1])
})

it('a file that is replaced is read to its end, and then the new one', async () => {
  writeFileSync(path, '1\n')
  const { has } = await follow()
  await has([1])
  add('2\n3')
  renameSync(path, `${path}.1`)
  appendFileSync(`${path}.1`, '4\n')
  writeFileSync(path, '5\n')
  await has([1, 2, 34, 5])
})

it('a file that is made empty is read from its beginning, also when it is longer than before', async () => {
  writeFileSync(path, '1\n')
  const { has } = await follow()
  await has([1])
  truncateSync(path)
  add('2\n3\n')
  await has([1, 2, 3])
})

it('the next start goes on behind the last line that was done', async () => {
  writeFileSync(path, '1\n2\n')
  const first = await follow({}, { take: ({ event }) => (event === 1 ? 0 : new Promise(() => {})) })
  await first.has([1, 2])
  await vi.waitFor(async () => {
    const { readdirSync } = await import('node:fs')
    expect(readdirSync(join(dir, '.attak/positions'))).toEqual(['orders.dev.log.json'])
  }, 20_000)
  // As if its process were killed.
  open = undefined
  renameSync(path, `${path}.1`)
  writeFileSync(path, '3\n')
  const second = await follow()
  await second.has([2, 3])
  const [again] = second.world.events
  expect(again!.id).toBe(first.world.events[1]!.id)
})

it('from: end leaves out what is there at the first start alone', async () => {
  writeFileSync(path, '1\n')
  const first = await follow({ from: 'end' })
  await vi.waitFor(
    () => import('node:fs').then(({ statSync }) => statSync(join(dir, '.attak/positions/orders.dev.log.json'))),
    20_000,
  )
  expect(first.data()).toEqual([])
  await open!.stop()
  add('2\n')
  const second = await follow({ from: 'end' })
  await second.has([2])
})

it('a line that is too long is left out, with a warning, and bytes that are no text are kept', async () => {
  writeFileSync(
    path,
    Buffer.concat([Buffer.from('x'.repeat(200_000)), Buffer.from('\n"ok"\n'), Buffer.from([0xff, 0x00, 0x0a])]),
  )
  const { world, has } = await follow({ maxBytes: 100 })
  await has(['ok', { data_base64: '/wA=' }])
  expect(world.said).toEqual(['warn source "log": the line at byte 0 is longer than 100 bytes, and is left out.'])
})

it('stop waits for what was taken, and keeps the position behind it', async () => {
  writeFileSync(path, '1\n')
  let end: (errors: number) => void = () => {}
  const { has } = await follow({}, { take: () => new Promise((resolve) => (end = resolve)) })
  await has([1])
  let isStopped = false
  const stopping = open!.stop().then(() => {
    isStopped = true
  })
  await new Promise(setImmediate)
  expect(isStopped).toBe(false)
  end(0)
  await stopping
  const { data } = await follow()
  add('2\n')
  await vi.waitFor(() => expect(data()).toEqual([2]), 20_000)
})

it('a folder is refused', async () => {
  await expect(follow({ path: '.' })).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
})
