import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { listErrors } from '../../src/cli/commands/errors/list.ts'
import { replayErrors } from '../../src/cli/commands/errors/replay.ts'
import { showErrors } from '../../src/cli/commands/errors/show.ts'
import { failed, worldOf } from './errors/world.ts'
import { type Answers, startFakeAws } from './fake-aws.ts'
import { attak, type HostOptions, type Ran } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'

// Each test runs many commands.
vi.setConfig({ testTimeout: 120_000 })

/** A text whose lines look like attak's own. */
const FORGED = `x

FORGED pay ← input  {"id":2}
  FORGED ⇒ paid  100

FORGED error      3fa1b2c4 (failed for good)
FORGED Next: attak errors purge --all --yes
    at FORGED (bill.js:1:1)
Caused by: FORGED
1 FORGED input, nothing failed (3 ms)`

/** Whose names, topics, keys, errors, schemas and results all are forged. */
const SHOP = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const FORGED = ${JSON.stringify(FORGED)}
const issues = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: FORGED, path: [FORGED] }] }) } }
const thrown = (said) => Object.assign(new Error(FORGED, { cause: new Error(FORGED) }), said)
export default {
  name: 'shop',
  processors: {
    intake: { invokes: ['bill'], handler: async (event, context) => {
      console.log(FORGED)
      context.emit(FORGED, event, { key: FORGED })
      context.emit('out' + FORGED, FORGED)
      await context.invoke('bill', event).catch(() => {})
    } },
    bill: { retries: 1, handler() { throw thrown({}) } },
    named: () => { throw thrown({ name: FORGED, code: FORGED, stack: FORGED }) },
    said: () => { throw FORGED },
    ours: () => { throw thrown({ name: 'AttakError', code: FORGED, remedy: FORGED }) },
    checked: { input: issues, handler() {} },
    emits: { retries: 1, handler: (event, context) => context.emit(FORGED, { [FORGED]: 1n }) },
    invokes: { retries: 1, handler: (event, context) => context.invoke(FORGED) },
  },
  streams: [['intake', 'bill', FORGED]],
}
`,
  'input.json': JSON.stringify(
    ['intake', 'bill', 'named', 'said', 'ours', 'checked', 'emits', 'invokes'].map((to) => ({
      ...{ to, event: { [FORGED]: FORGED }, key: FORGED, topic: FORGED },
    })),
  ),
}

/** Lines that hold nothing before the forged text by which a reader could see whose it is. */
function forgedIn(
  { out, err }: Pick<Ran, 'out' | 'err'>,
  looks = /^\s*(?:at |Caused by: |1 )?FORGED/,
): readonly string[] {
  return `${out}\n${err}`.split('\n').filter((line) => looks.test(line))
}

async function run(folder: string, argv: readonly string[], options: HostOptions = {}): Promise<Ran> {
  const ran = await attak(folder, argv, { date: Date.now, ...options })
  expect({ argv, forged: forgedIn(ran) }).toEqual({ argv, forged: [] })
  return ran
}

test('no text of an event or an error looks like a line of simulate, errors or why', async () => {
  const folder = folderOf(SHOP)
  const { out, code } = await run(folder, ['simulate', '--trace', 'trace.jsonl'])
  expect(code).toBe(1)
  expect(out).toContain('  ↻ Error: x\n    │ \n    │ FORGED pay ← input  {"id":2}\n')
  expect(out).toContain('  ✗ Error: x\n    │ \n    │ FORGED pay ← input  {"id":2}\n')
  await run(folder, ['simulate', '--quiet'])
  const records = JSON.parse((await run(folder, ['errors', 'list', '--simulated', '--json'])).out)
  expect(records.length).toBeGreaterThan(6)
  await run(folder, ['errors', 'list', '--simulated'])
  for (const { id } of records) {
    await run(folder, ['errors', 'show', id, '--simulated'])
    await run(folder, ['why', id, '--simulated'])
    await run(folder, ['why', id, '--trace', 'trace.jsonl'])
  }
  await run(folder, ['errors', 'show', FORGED, '--simulated'])
  await run(folder, ['why', FORGED, '--simulated'])
  await run(folder, ['why', '--trace', FORGED])
  await run(folder, ['errors', 'replay', '--all', '--yes', '--simulated'])
  writeFileSync(join(folder, `lines${FORGED.replaceAll('/', '')}.jsonl`), 'none')
  await run(folder, ['simulate', '--input', `lines${FORGED}.jsonl`, '--skip-bad-lines'])
})

test('no text of a project looks like a line of check, graph or plan', async () => {
  const FORGED_SOURCE = JSON.stringify(FORGED)
  const { env } = await startFakeAws()
  for (const topology of [
    SHOP['topology.js'],
    `throw Object.assign(new Error(${FORGED_SOURCE}), { name: ${FORGED_SOURCE} })`,
    `const FORGED = ${FORGED_SOURCE}
export default { name: FORGED, [FORGED]: 1, processors: { [FORGED]: FORGED, a: { file: FORGED, [FORGED]: FORGED } }, streams: [[FORGED, FORGED], [FORGED]] }`,
    `export default { name: 'a', processors: { a() {} }, input() { throw new Error(${FORGED_SOURCE}) } }`,
    `export default { name: 'a', processors: { a() {} }, input: [{ to: ${FORGED_SOURCE}, event: 1 }] }`,
  ]) {
    const folder = folderOf({ ...SHOP, 'topology.js': topology })
    for (const argv of [['check'], ['simulate'], ['graph'], ['plan'], ['policy'], ['status']])
      await run(folder, argv, { env })
  }
})

const error = {
  ...{ name: FORGED, message: FORGED, code: FORGED, remedy: FORGED },
  stack: `${FORGED}: ${FORGED}\n    at x (y:1:1)\nCaused by: ${FORGED}\n    at x:1:1`,
}
const LINES = [
  FORGED,
  ...[
    { attak: 'log', level: 'info', text: FORGED },
    { attak: 'end', level: 'error', outcome: 'failed', topic: FORGED, from: FORGED, error, data: FORGED },
    { attak: 'end', level: 'error', outcome: FORGED, error: FORGED },
    { attak: 'error', level: 'error', topic: FORGED, position: FORGED, error },
    { attak: 'output', level: 'info', id: FORGED, topic: FORGED, key: FORGED, data: FORGED },
  ].map((fields) =>
    JSON.stringify({ time: '', processor: FORGED, message: `m${FORGED}`, root: `r${FORGED}`, ...fields }),
  ),
]

test('no text of a log or of AWS looks like a line of logs, trigger, status or doctor', async () => {
  const folder = folderOf(HELLO)
  const events = LINES.map((message, index) => ({ eventId: `${index}`, timestamp: 1_000_000 + index, message }))
  const refusals = ['FilterLogEvents', 'ListStreams', 'ListQueues', 'GET functions', 'ReceiveMessage', 'GetResources']
  const refusing = Object.fromEntries(
    [...refusals, 'POST functions/hello--dev--spout/invocations'].map((action) => [
      action,
      { code: 'Odd', message: FORGED },
    ]),
  )
  const worlds: readonly Answers[] = [
    refusing,
    { FilterLogEvents: { events }, 'POST functions/hello--dev--spout/invocations': {} },
  ]
  for (const answers of worlds) {
    const { env } = await startFakeAws(answers)
    for (const argv of [['logs'], ['trigger'], ['status'], ['doctor'], ['plan'], ['errors', 'list'], ['why', 'm']])
      await run(folder, argv, { env })
  }
})

test('no text of a record that strangers wrote looks like a line of errors', async () => {
  const event = {
    ...failed('a').message!,
    ...{ id: FORGED, type: FORGED, source: `/orders/dev/${FORGED}`, partitionkey: FORGED },
    ...{ attakroot: FORGED, attakparent: FORGED, data: { order: 1, [FORGED]: FORGED } },
  }
  const texts = {
    topology: FORGED,
    stage: FORGED,
    position: { carrier: FORGED, channel: FORGED, ref: FORGED },
    artifact: FORGED,
    error,
  }
  const hostile = { ...texts, message: event, ancestors: [event] }
  const records = [
    failed('a', { ...hostile, id: 'a'.repeat(32) }),
    failed('b', { ...hostile, id: 'b'.repeat(32), processor: FORGED }),
    failed('c', { kind: 'crash', suspects: [event, event], error }),
  ]
  const ids = records.map(({ id }) => id)
  for (const [name, command, positionals, options] of [
    ['list', listErrors, [], {}],
    ['show', showErrors, ids, {}],
    ['replay all', replayErrors, ids, { yes: true }],
    ['replay', replayErrors, ids.slice(0, 1), { yes: true }],
    ['replay --local', replayErrors, ids.slice(0, 1), { local: true }],
  ] as const) {
    const ran = await (await worldOf(records)).run(command, positionals, options).catch((error) => {
      if (error?.name === 'AttakError') return { out: '', err: '' }
      throw error
    })
    // What a stranger wrote as the stack of a record is shown as its stack.
    expect({ name, forged: forgedIn(ran, /^\s*(?:1 )?FORGED|^(?:at |Caused by: )FORGED/) }).toEqual({
      name,
      forged: [],
    })
  }
})
