import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { folderOf } from '../cli/folder.ts'
import { attak, attakJson, type Fields } from './attak.ts'

/** As many as make each way to fail happen to one in a hundred. */
const EVENTS = 300
const WAYS = ['throw', 'reject', 'callback', 'bad input', 'timeout', 'no JSON'] as const
const wayOf = (n: number) => WAYS.find((_, index) => n % 100 === 7 * index + 3)
const FAILING = Array.from({ length: EVENTS }, (_, n) => n).filter((n) => wayOf(n) !== undefined)

/** A worker that fails in every way there is, and one that is fixed. */
const WORKER = (isMended: boolean) => `
const WAYS = ${JSON.stringify(WAYS)}
const wayOf = (n) => ${isMended} ? undefined : WAYS.find((_, index) => n % 100 === 7 * index + 3)
export const input = { '~standard': { version: 1, vendor: 'test', validate: (value) =>
  wayOf(value.n) === 'bad input' ? { issues: [{ message: 'is bad', path: ['n'] }] } : { value } } }
export function handler(event, context, callback) {
  const way = wayOf(event.n)
  if (way === 'throw') throw new TypeError('thrown ' + event.n)
  if (way === 'reject') return Promise.reject(new RangeError('rejected ' + event.n))
  if (way === 'callback') return callback(new Error('called back ' + event.n))
  if (way === 'timeout') return
  if (way === 'no JSON') return context.emit('done', { n: 1n })
  callback()
}
`

const FILES = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `import { input } from './worker.js'

export default {
  name: 'failing',
  processors: {
    spout: async (event, context) => {
      for (let n = 0; n < event.events; n++) context.emit('work', { n })
    },
    worker: { path: './worker', timeout: 2, input },
  },
  streams: [{ from: 'spout', to: 'worker', topic: 'work' }],
}
`,
  'worker.js': WORKER(false),
  'input.json': { spout: { events: EVENTS } },
}

/** What a record says of a failure, wherever it happened; ids come from the seed of the run. */
const saidOf = ({ kind, processor, attempt, error, message }: Fields) => ({
  ...{
    kind,
    processor,
    attempt,
    error: `${error.name}: ${error.message}`.replaceAll(/[0-9a-f]{32}|[\d.]+(?= s )/g, '…'),
  },
  ...{ event: message.data, type: message.type, source: message.source.split('/').at(-1), hop: message.attakhop },
})
const byEvent = (a: Fields, b: Fields) => a.message.data.n - b.message.data.n

test('each kind of failure has one record with its event and path, and replay handles all after a fix', async () => {
  const folder = folderOf(FILES)
  const stage = ['--stage', 'errors']
  onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
  await attakJson(folder, ['deploy', '--yes', ...stage])
  const followed = await attak(folder, ['trigger', '--follow', '--quiet-after', '15', '--json', ...stage])
  expect(followed.code).toBe(1)
  const lines = followed.out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Fields]))
  const root = lines[0]!.root
  const handled = lines.filter(
    ({ kind, processor, outcome }) => kind === 'end' && processor === 'worker' && outcome === 'ok',
  )
  expect(new Set(handled.map(({ message }) => message)).size).toBe(EVENTS - FAILING.length)

  const list = async (...argv: string[]) =>
    (await attakJson(folder, ['errors', 'list', ...argv, ...stage]))[0] as never as Fields[]
  const records = (await list()).toSorted(byEvent)
  expect(records.map(({ message }) => message.data.n)).toEqual(FAILING)
  expect(new Set(records.map(({ id }) => id)).size).toBe(FAILING.length)
  for (const { topology, message, processor, position } of records) {
    expect([topology, processor, message.attakroot, message.attakparent]).toEqual(['failing', 'worker', root, root])
    const ref = expect.stringMatching(/^shardId-\d+\/\d+$/)
    expect(position).toEqual({ carrier: 'kinesis', channel: 'failing--errors--worker', ref })
  }
  const thrown = records.filter(({ error }) => error.name === 'TypeError')
  expect(thrown.map(({ message }) => wayOf(message.data.n))).toEqual(['throw', 'throw', 'throw'])
  expect(thrown[0]!.error.stack).toMatch(/^TypeError: [^\n]+\n {4}at \w+ \(worker\.js:8:\d+\)$/)

  const some = await list('--text', 'rejected 10')
  expect(some).toHaveLength(1)
  const again = await attak(folder, ['errors', 'replay', some[0]!.id, '--yes', '--quiet-after', '10', ...stage])
  expect(again).toMatchObject({ code: 1, out: expect.stringContaining('1 failed again') })
  expect(await list()).toHaveLength(FAILING.length)

  await attak(folder, ['simulate', '--quiet', ...stage])
  const simulated = (await list('--simulated')).toSorted(byEvent)
  expect(simulated.map(saidOf)).toEqual(records.map(saidOf))
  const stacksOf = (all: readonly Fields[]) =>
    all.map(({ error }) => error.stack.split('\n').filter((line: string) => / at /.test(line)))
  expect(stacksOf(simulated)).toEqual(stacksOf(records))

  writeFileSync(join(folder, 'worker.js'), WORKER(true))
  await attakJson(folder, ['deploy', '--yes', ...stage])
  const replay = await attak(folder, ['errors', 'replay', '--all', '--yes', '--quiet-after', '15', '--json', ...stage])
  expect(replay.err).toBe('')
  expect(JSON.parse(replay.out.trimEnd().split('\n').at(-1)!)).toEqual({
    ...{ kind: 'replayed', handled: FAILING.length, failed: 0, unheard: 0, further: 0 },
  })
  expect(replay.code).toBe(0)
  expect(await list()).toEqual([])
  const twice = await attak(folder, ['errors', 'replay', records[0]!.id, '--yes', ...stage])
  expect(twice).toMatchObject({ code: 1, err: expect.stringContaining('REPLAYED_ALREADY') })

  const here = await attak(folder, ['errors', 'replay', '--all', '--simulated', ...stage])
  expect(here).toMatchObject({ code: 0, out: expect.stringContaining(`${FAILING.length} handled`) })
  expect(await list('--simulated')).toEqual([])
})
