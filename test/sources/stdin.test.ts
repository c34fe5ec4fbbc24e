import { PassThrough } from 'node:stream'
import { expect, it, vi } from 'vitest'
import { stdin } from '../../src/sources/stdin/source.ts'
import type { TopologySource } from '../../src/topology/source.ts'
import { type Answering, fakeWorld } from './world.ts'

async function read(settings: TopologySource['settings'] = {}, answering: Answering = {}) {
  const input = new PassThrough()
  const world = fakeWorld({ stdin: input, ...answering })
  const open = await stdin.open([{ name: 'lines', type: 'stdin', to: 'parse', settings }], world)
  return { input, world, open, data: () => world.events.map(({ event }) => event) }
}

it('each line is an event: JSON, or a text; the end of the input ends the source', async () => {
  const { input, open, data } = await read()
  input.end('{"n":1}\n\nplain\r\n[2')
  await open.ended
  expect([open.lines, data()]).toEqual([['stdin → parse'], [{ n: 1 }, 'plain', '[2']])
})

it('format: text takes JSON as text', async () => {
  const { input, open, data } = await read({ format: 'text' })
  input.end('1\n"a"\n')
  await open.ended
  expect(data()).toEqual(['1', '"a"'])
})

it('a line that is too long is left out, with a warning', async () => {
  const { input, open, world, data } = await read({ maxBytes: 10 })
  input.end(`1\n${'x'.repeat(100_000)}\n2`)
  await open.ended
  expect(data()).toEqual([1, 2])
  expect(world.said).toEqual(['warn source "lines": line 2 is longer than 10 bytes, and is left out.'])
})

it('lines wait while there is no room', async () => {
  let free: (() => void) | undefined
  const room = () => (free === undefined ? undefined : new Promise<void>((resolve) => (free = resolve)))
  const take = () => {
    free ??= () => {}
    return 0
  }
  const { input, open, data } = await read({}, { room, take })
  input.end('1\n2\n')
  await vi.waitFor(() => expect(data()).toEqual([1]))
  await new Promise(setImmediate)
  expect(data()).toEqual([1])
  const wake = free!
  free = undefined
  wake()
  await open.ended
  expect(data()).toEqual([1, 2])
})

it('stop reads nothing more, also while no line comes', async () => {
  const { input, open, data } = await read()
  input.write('1\n')
  await vi.waitFor(() => expect(data()).toEqual([1]))
  await open.stop()
  expect(input.destroyed).toBe(true)
})

it('two sources cannot read it', async () => {
  const source = { type: 'stdin', to: 'parse', settings: {} } as const
  expect(
    await stdin.check([
      { ...source, name: 'a' },
      { ...source, name: 'b' },
    ]),
  ).toMatchObject([{ source: 'b' }])
})

it('lines that were read before a stop are taken', async () => {
  let free = () => {}
  let isFull = true
  const gate = new Promise<void>((resolve) => {
    free = () => {
      isFull = false
      resolve()
    }
  })
  const { input, open, data } = await read({}, { room: () => (isFull ? gate : undefined) })
  input.write('1\n2\n3\n')
  await new Promise(setImmediate)
  const stopping = open.stop()
  await new Promise(setImmediate)
  free()
  await stopping
  expect(data()).toEqual([1, 2, 3])
})
