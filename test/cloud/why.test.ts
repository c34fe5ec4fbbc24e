import { expect, onTestFinished, test } from 'vitest'
import { folderOf } from '../cli/folder.ts'
import { attak, attakJson, type Fields } from './attak.ts'

const TOPOLOGY = `export default {
  name: 'shop',
  processors: {
    intake: (order, { emit }) => { for (const line of order.lines) emit('line', line) },
    price: ({ article, price }, { emit }) => emit('priced', { article, cents: 100 * price }),
    queue: (line, { emit }) => emit('queued', line.cents),
    logged: { handler: (cents, { emit }) => emit('logged', cents), logEvents: true },
    bill: () => { throw new TypeError('no account') },
  },
  streams: [
    { from: 'intake', to: 'price' },
    { from: 'price', to: 'queue', via: 'sqs' },
    { from: 'queue', to: 'logged', via: 'sqs' },
    { from: 'logged', to: 'bill' },
  ],
}
`

test('the path to a live error has the events that streams, records and logs still have', async () => {
  const folder = folderOf({
    'package.json': { type: 'module', main: 'topology.js' },
    'topology.js': TOPOLOGY,
    'input.json': { intake: { lines: [{ article: 'pen', price: 2 }] } },
  })
  const stage = ['--stage', 'why']
  onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
  await attakJson(folder, ['deploy', '--yes', ...stage])
  const { out } = await attak(folder, ['trigger', '--follow', '--quiet-after', '5', '--json', ...stage])
  const followed = out
    .trimEnd()
    .split('\n')
    .map((line): Fields => JSON.parse(line))
  const failed = followed.find(({ kind, outcome }) => kind === 'end' && outcome === 'failed')!

  const [byMessage] = await attakJson(folder, ['why', failed.message.slice(0, 12), ...stage])
  const told = (byMessage!.steps as Fields[]).map(({ processor, from, event, missing }) => ({
    ...{ processor, from },
    event: event ?? missing,
  }))
  expect(told).toEqual([
    { processor: 'intake', from: undefined, event: 'it was sent to the function directly, so no stream has it' },
    { processor: 'price', from: 'intake', event: { article: 'pen', price: 2 } },
    { processor: 'queue', from: 'price', event: 'it arrived over a queue, which deletes handled messages' },
    { processor: 'logged', from: 'queue', event: 200 },
    { processor: 'bill', from: 'logged', event: 200 },
  ])
  const last = byMessage!.steps.at(-1)
  expect(last).toMatchObject({ outcome: 'failed', error: { name: 'TypeError', message: 'no account' } })
  expect(last.error.stack).toContain('topology.js')

  const [newest] = await attakJson(folder, ['why', ...stage])
  expect(newest!.steps.map(({ message }: Fields) => message)).toEqual(
    byMessage!.steps.map(({ message }: Fields) => message),
  )
  expect(newest!.record).toMatch(/^[\da-f]{32}$/)
  const unknown = await attak(folder, ['why', 'ffffffffffff', ...stage])
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('[MESSAGE_NOT_FOUND]')])
})
