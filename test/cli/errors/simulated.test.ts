import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

/** A topology whose `bill` refuses what is negative, until somebody fixes it. */
const FAILING = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: 'orders',
  processors: {
    intake: (event, context) => context.emit('order', event),
    bill: (event, context) => {
      if (event.order < 0 && !(globalThis.mended ?? []).includes(event.order)) throw new RangeError('negative: ' + event.order, { cause: new Error('no such order') })
      return context.emit('billed', event)
    },
  },
  streams: [['intake', 'bill', 'order']],
}
`,
  'input.json': [1, -2, -3].map((order) => ({ to: 'intake', event: { order } })),
}

function mend(orders: readonly number[]) {
  Object.assign(globalThis, { mended: orders })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'mended'))
}

const listed = async (folder: string) => {
  const { code, out, err } = await attak(folder, ['errors', 'list', '--simulated', '--json'])
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out) as {
    id: string
    message: { data: { order: number }; attakparent: string }
    ancestors: unknown[]
  }[]
}

test('failures of a simulation are listed and shown with their path, and removed when a replay handles them', async () => {
  const folder = folderOf(FAILING)
  expect((await attak(folder, ['simulate', '--quiet'], { date: Date.now })).code).toBe(1)
  const records = await listed(folder)
  expect(records.map(({ message }) => message.data.order)).toEqual([-2, -3])
  expect(records.map(({ ancestors }) => ancestors.length)).toEqual([1, 1])
  const { out: shown } = await attak(folder, ['errors', 'show', records[0]!.id, '--simulated'])
  expect(shown).toMatch(
    /✗ RangeError: negative: -2\n[\s\S]*The path to it:\n {2}1\. the input {2}\{"order":-2\}\n {2}2\. intake → order/,
  )

  expect(shown).toMatch(/^✗ RangeError: negative: -2\n {4}4 \| .*\n {4}5 \| .*\n {2}> 6 \| .*throw new RangeError/m)
  const cause =
    / {2}at bill \(topology\.js:6:\d+\)\n {2}Caused by: Error: no such order\n {2}at bill \(topology\.js:6:\d+\)\n\nerror {6}[0-9a-f]{32}/
  expect(shown).toMatch(cause)
  expect(shown).not.toContain('node_modules')

  mend([-2])
  const replayed = await attak(folder, ['errors', 'replay', '--all', '--simulated'])
  expect(replayed).toMatchObject({ code: 1, out: expect.stringContaining('1 handled') })
  expect(replayed.out).not.toContain('The input has no events')
  expect((await listed(folder)).map(({ id }) => id)).toEqual([records[1]!.id])

  mend([-2, -3])
  const rest = await attak(folder, ['errors', 'replay', records[1]!.id.slice(0, 10), '--simulated', '--json'])
  const starts = rest.out
    .split('\n')
    .map((line) => JSON.parse(line || '{}'))
    .filter(({ kind }) => kind === 'start')
  expect(starts).toMatchObject([{ processor: 'bill', from: 'intake', parent: records[1]!.message.attakparent, hop: 2 }])
  expect(rest.code).toBe(0)
  expect(await listed(folder)).toEqual([])
})

test.each(['simulated', 'run'])(
  'a replay that fails again names a command that shows the error, with --%s',
  async (flag) => {
    const folder = folderOf(FAILING)
    const ran = flag === 'run' ? ['run', '--input', 'input.json', '--quiet'] : ['simulate']
    await attak(folder, ran, { date: Date.now })
    const { out: listed } = await attak(folder, ['errors', 'list', `--${flag}`, '--json'])
    const [record] = JSON.parse(listed)
    const { code, out } = await attak(folder, ['errors', 'replay', record.id, `--${flag}`])
    const [, command = ''] = /Details: attak (.*)/.exec(out) ?? []
    expect([code, command]).toEqual([1, `errors show ${record.id} --${flag}`])
    expect(await attak(folder, command.split(' '))).toMatchObject({ code: 0, out: expect.stringContaining(record.id) })
  },
)

/** Three in a row, each of which fails while its name is among `broken`. */
const IN_A_ROW = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const failing = (name) => {
  if ((globalThis.broken ?? []).includes(name)) throw new Error(name + ' is broken')
}
export default {
  name: 'orders',
  processors: {
    intake: (event, context) => context.emit('order', { ...event, taken: true }),
    bill(event, context) {
      failing('bill')
      context.emit('bill', { ...event, billed: true })
    },
    send: () => failing('send'),
  },
  streams: [['intake', 'bill', 'order'], ['bill', 'send', 'bill']],
  input: { intake: { order: 7 } },
}
`,
}

test('a replay that fails again keeps the path to the failure, also in later processors and more than once', async () => {
  const folder = folderOf(IN_A_ROW)
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'broken'))
  const rerun = async (...broken: string[]) => {
    Object.assign(globalThis, { broken })
    const { code } = await attak(folder, ['errors', 'replay', '--all', '--simulated'])
    const [record, ...others] = await listed(folder)
    expect(others).toEqual([])
    return { code, record: record! }
  }
  const wayTo = async (id: string) => {
    const { out } = await attak(folder, ['why', id, '--simulated', '--json'])
    const { steps } = JSON.parse(out) as {
      steps: { processor: string; from?: string; topic?: string; event: unknown }[]
    }
    const { out: shown } = await attak(folder, ['errors', 'show', id, '--simulated'])
    return { steps, shown: shown.slice(shown.indexOf('The path to it:')).split('\nNext:')[0] }
  }
  Object.assign(globalThis, { broken: ['bill'] })
  await attak(folder, ['simulate', '--quiet'], { date: Date.now })
  const [first] = await listed(folder)
  const before = await wayTo(first!.id)
  expect(before.steps.map(({ processor }) => processor)).toEqual(['intake', 'bill'])

  for (const round of [1, 2]) {
    const { code, record } = await rerun('bill')
    expect([round, code, record.id, record.ancestors.length]).toEqual([round, 1, first!.id, 1])
    expect(await wayTo(record.id)).toEqual(before)
  }
  const further = await rerun('send')
  const way = await wayTo(further.record.id)
  expect(way.steps.map(({ processor, from, topic, event }) => [processor, from, topic, event])).toEqual([
    ['intake', undefined, undefined, { order: 7 }],
    ['bill', 'intake', 'order', { order: 7, taken: true }],
    ['send', 'bill', 'bill', { order: 7, taken: true, billed: true }],
  ])
  expect(way.shown).toContain('2. intake → order  {"order":7,"taken":true}\n  3. bill → bill')
  expect(await wayTo((await rerun('send')).record.id)).toEqual(way)
})

test('they can be purged, and there are none without a simulation or without failures', async () => {
  const folder = folderOf(FAILING)
  expect(await listed(folder)).toEqual([])
  await attak(folder, ['simulate', '--quiet'])
  expect(await attak(folder, ['errors', 'purge', '--text', '-2', '--simulated', '--yes'])).toMatchObject({ code: 0 })
  expect((await listed(folder)).map(({ message }) => message.data.order)).toEqual([-3])
  mend([-2, -3])
  await attak(folder, ['simulate', '--quiet'])
  expect(await listed(folder)).toEqual([])
  expect(existsSync(join(folder, '.attak', 'errors', '_simulated', 'orders.jsonl'))).toBe(false)
})

test('hints are for the last simulation, and warnings of the topology are not repeated', async () => {
  const unused = { ...FAILING, 'topology.js': FAILING['topology.js'].replace('intake:', 'unused() {},\n    intake:') }
  const folder = folderOf(unused)
  expect((await attak(folder, ['simulate', '--quiet'])).err).toContain('TOPOLOGY_UNUSED_PROCESSOR')
  const run = (...argv: string[]) => attak(folder, ['errors', ...argv, '--simulated'])
  expect((await run('show', 'abcd')).err).toBe(
    '[ERROR_NOT_FOUND] error abcd: there is no error with that id. See attak errors list --simulated. It may have been replayed, or it has expired.\n',
  )
  expect((await run('purge')).err).toContain('Give ids (see attak errors list --simulated), a filter, or --all.')
  const { out, err } = await run('list', '--text', '-2')
  expect(err).toBe('')
  expect(out).toContain('attak errors replay --simulated with the same filter runs them again.\n')
})

test('without an account, the errors of the last simulation are mentioned', async () => {
  const folder = folderOf(FAILING)
  await attak(folder, ['simulate', '--quiet'])
  const { code, err } = await attak(folder, ['errors', 'list'], { env: { AWS_EC2_METADATA_DISABLED: 'true' } })
  expect(code).toBe(1)
  expect(err).toMatch(/^The last simulation left 2 errors: add --simulated\.\n\[REGION_MISSING\]/)
})

/** A topology in which `bill`, which remembers what it has handled, fails twice of one input: in what `intake` emitted, and then in `intake`. */
const FAILING_TWICE = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const mended = () => globalThis.mended !== undefined
export default {
  name: 'orders',
  processors: {
    intake(event, context) {
      context.emit('order', event)
      if (!mended()) throw new Error('after its emit')
    },
    bill: {
      idempotent: true,
      handler() {
        if (!mended()) throw new Error('no')
      },
    },
  },
  streams: [['intake', 'bill', 'order']],
  input: { intake: 1 },
}
`,
}

test('an idempotent processor handles a message once if it is replayed with its cause; --force runs it twice', async () => {
  const folder = folderOf(FAILING_TWICE)
  const replayed = async (...flags: string[]) => {
    await attak(folder, ['simulate', '--quiet'])
    mend([])
    const { code, out } = await attak(folder, ['errors', 'replay', '--all', '--simulated', '--json', ...flags])
    Reflect.deleteProperty(globalThis, 'mended')
    expect(code).toBe(0)
    return out
      .split('\n')
      .map((line) => JSON.parse(line || '{}'))
      .filter(({ kind, processor }) => kind === 'log' && processor === 'bill')
      .map(({ text }) => text)
  }
  expect(await replayed()).toEqual(['skipped: it was handled before'])
  expect(await listed(folder)).toEqual([])
  expect(await replayed('--force')).toEqual([])
})
