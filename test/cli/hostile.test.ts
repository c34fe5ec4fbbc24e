import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { listErrors } from '../../src/cli/commands/errors/list.ts'
import { purgeErrors } from '../../src/cli/commands/errors/purge.ts'
import { replayErrors } from '../../src/cli/commands/errors/replay.ts'
import { showErrors } from '../../src/cli/commands/errors/show.ts'
import { failed, worldOf } from './errors/world.ts'
import { type Answers, startFakeAws } from './fake-aws.ts'
import { attak, type HostOptions, type Ran } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'

// Each test runs dozens of commands.
vi.setConfig({ testTimeout: 120_000 })

/** A text that clears a terminal, colors it, sets its title and clipboard, links, and turns its direction. */
const EVIL =
  '\x1b[2J\x1b[35m\x1b]0;t\x07\x1b]52;c;eA==\x07\x1b]8;;http://x\x1b\\\x9b2J\x85\x7f\0\r\u202eabc\u2066\u200f\u061c\u2028'
/** The same for what is put into the source of a module. */
const IN_SOURCE = JSON.stringify(EVIL).replaceAll('\u2028', '\\u2028')
const ESC = '\x1b'
const OWN = new RegExp(`${ESC}\\[(?:0|1|2|22|31|32|33|36|39)m`, 'g')
const COMMANDS = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** What a command printed, without the colors that are attak's own, or those that a handler's log may bring. */
function commandsOf({ out, err }: Pick<Ran, 'out' | 'err'>): readonly string[] {
  const lines = `${out}${err}`.split('\n').map((line) => (line.includes('│') ? line.replaceAll('\x1b[35m', '') : line))
  return lines.join('\n').replace(OWN, '').match(COMMANDS) ?? []
}

const PLAIN: HostOptions = { date: Date.now }
const COLORED: HostOptions = { ...PLAIN, color: true }

/** Runs a command line with and without colors; gives the latter. */
async function both(folder: string, argv: readonly string[], options: HostOptions = {}): Promise<Ran> {
  for (const host of [COLORED, PLAIN]) {
    const ran = await attak(folder, argv, { ...host, ...options })
    expect({ argv, commands: commandsOf(ran) }).toEqual({ argv, commands: [] })
    if (host === PLAIN) return ran
  }
  throw new Error('never')
}

/** Whose topics, keys, events, errors and lines all are hostile. */
const SHOP = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const EVIL = ${IN_SOURCE}
export default {
  name: 'shop',
  processors: {
    intake(event, context) {
      console.log('log ' + EVIL + '\\n' + EVIL)
      console.warn('warn %s', EVIL)
      context.emit(EVIL, event, EVIL)
      context.emit('out' + EVIL, { [EVIL]: EVIL })
    },
    bill: {
      retries: 1,
      handler() { throw Object.assign(new Error(EVIL, { cause: new Error(EVIL) }), { name: 'E' + EVIL, code: EVIL, stack: EVIL }) },
    },
    late(event, context) { setTimeout(() => context.emit(EVIL)); return new Promise(() => {}) },
  },
  streams: [['intake', 'bill', EVIL]],
}
`,
  'input.json': JSON.stringify([{ to: 'intake', event: { [EVIL]: EVIL }, key: EVIL, topic: EVIL }]),
}

test('simulate, errors and why of a simulation print no control characters', async () => {
  const folder = folderOf(SHOP)
  const { out, code } = await both(folder, ['simulate'])
  expect(code).toBe(1)
  expect(out).toContain('│ log \\x1b[2J\\x1b]0;t\\x07')
  expect((await attak(folder, ['simulate'], COLORED)).out).toContain('log \\x1b[2J\x1b[35m\\x1b]0;t')
  await both(folder, ['simulate', '--quiet'])
  await both(folder, ['simulate', '--only', EVIL])
  await both(folder, ['simulate', '--input', `${EVIL.replaceAll('\0', '')}.json`])
  const { out: lines } = await both(folder, ['simulate', '--json', '--trace', 'trace.jsonl'])
  expect(lines).toBe(readFileSync(join(folder, 'trace.jsonl'), 'utf8'))
  const entries = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries.find(({ kind }) => kind === 'start')).toMatchObject({
    key: EVIL,
    topic: EVIL,
    event: { [EVIL]: EVIL },
  })
  const json = await both(folder, ['errors', 'list', '--simulated', '--json'])
  const [{ id }] = JSON.parse(json.out)
  for (const command of [
    'list',
    `show ${id}`,
    `show ${id} --json`,
    'list --text',
    `replay ${id}`,
    `replay ${id} --json`,
    `purge ${id}`,
  ]) {
    await both(folder, ['errors', ...command.split(' '), ...(command.endsWith('--text') ? [EVIL] : []), '--simulated'])
  }
  for (const more of [
    ['--simulated'],
    ['--simulated', '--full'],
    ['--simulated', '--json'],
    ['--trace', 'trace.jsonl'],
  ]) {
    await both(folder, ['why', ...more])
  }
  await both(folder, ['errors', 'show', EVIL, '--simulated'])
  await both(folder, ['why', EVIL, '--simulated'])
  await both(folder, ['errors', 'purge', '--all', '--yes', '--simulated'])
})

test('check, graph, plan and policy of a topology with hostile names print no control characters', async () => {
  const folder = folderOf(SHOP)
  const { env } = await startFakeAws()
  for (const format of ['text', 'mermaid', 'dot', 'json']) await both(folder, ['graph', '--format', format])
  expect(JSON.parse((await both(folder, ['graph', '--json'])).out).streams[0].topics).toEqual([EVIL])
  for (const argv of [
    ['check'],
    ['check', '--json'],
    ['plan'],
    ['plan', '--json'],
    ['policy'],
    ['policy', '--processor', EVIL],
  ]) {
    await both(folder, argv, { env })
  }
  const wrong = folderOf({
    ...SHOP,
    'topology.js': `const EVIL = ${IN_SOURCE}
export default { name: EVIL, [EVIL]: 1, processors: { [EVIL]: EVIL, a: { file: EVIL, [EVIL]: EVIL } }, streams: [[EVIL, EVIL], [EVIL]] }`,
  })
  const throwing = folderOf({ ...SHOP, 'topology.js': `throw new Error(${IN_SOURCE})` })
  for (const dir of [wrong, throwing]) {
    for (const argv of [['check'], ['check', '--json'], ['simulate'], ['graph'], ['plan'], ['status']])
      await both(dir, argv, { env })
  }
  const named = folderOf({})
  const odd = `a\x1b[35m\u202e\x9b`
  mkdirSync(join(named, odd))
  for (const [name, text] of Object.entries(HELLO)) {
    writeFileSync(join(named, odd, name), typeof text === 'string' ? text : JSON.stringify(text))
  }
  for (const argv of [
    ['check', odd],
    ['simulate', odd],
    ['graph', `${odd}x`],
    ['init', `${odd}/new`],
    ['init', odd],
  ])
    await both(named, argv)
})

test('an invalid command line is reported without control characters', async () => {
  const folder = folderOf(SHOP)
  for (const argv of [
    [EVIL],
    [`--${EVIL}`],
    ['simulate', `--${EVIL}`],
    ['graph', '--format', EVIL],
    ['completion', EVIL],
    ['errors', EVIL],
  ]) {
    expect((await both(folder, argv)).code).toBe(2)
  }
  await both(folder, ['simulate', '--seed', EVIL, '--concurrency', EVIL])
  await both(folder, ['simulate'], { env: { ATTAK_CONCURRENCY: EVIL } })
  await both(folder, ['trigger', '--region', EVIL, '--profile', EVIL])
  await both(folder, ['why', '--trace', EVIL.replaceAll('\0', '')])
  writeFileSync(join(folder, 'bad.json'), `{"a": ${EVIL}}`)
  writeFileSync(join(folder, 'bad.jsonl'), `"${EVIL}\n${EVIL}`)
  for (const file of ['bad.json', 'bad.jsonl']) await both(folder, ['simulate', '--input', file, '--to', 'intake'])
})

const LINES = [
  EVIL,
  ...[
    { attak: 'log', level: 'info', text: `│${EVIL}` },
    {
      attak: 'end',
      level: 'error',
      outcome: EVIL,
      topic: EVIL,
      from: EVIL,
      error: { name: EVIL, message: EVIL, stack: EVIL },
      data: EVIL,
    },
    {
      attak: 'error',
      level: 'error',
      topic: EVIL,
      position: EVIL,
      error: { name: EVIL, message: EVIL, stack: `${EVIL}: ${EVIL}\n    at ${EVIL} (${EVIL}:1:1)` },
    },
    { attak: 'output', level: 'info', id: EVIL, topic: EVIL, key: EVIL, data: { [EVIL]: EVIL } },
    { [EVIL]: EVIL },
  ].map((fields) => JSON.stringify({ time: '', processor: EVIL, message: `m${EVIL}`, root: `r${EVIL}`, ...fields })),
]

/** Each answer of AWS that a command asks for is a refusal with a hostile text, or such lines. */
const REFUSING: Answers = Object.fromEntries(
  [
    'ListStreams',
    'DescribeStreamSummary',
    'DescribeLimits',
    'ListQueues',
    'ListTables',
    'GetQueueUrl',
    'DescribeLogGroups',
    'GetResources',
    'GET functions',
    'GET event-source-mappings',
    'GET account-settings',
    'FilterLogEvents',
    'ReceiveMessage',
    'POST functions/hello--dev--spout/invocations',
  ].map((action) => [action, { code: 'Odd', message: EVIL }]),
)

test('no command prints control characters from answers of AWS', async () => {
  const folder = folderOf(HELLO)
  const events = LINES.map((message, index) => ({ eventId: `${EVIL}${index}`, timestamp: 1_000_000 + index, message }))
  const invoked = { 'POST functions/hello--dev--spout/invocations': {} }
  const worlds: readonly Answers[] = [REFUSING, { FilterLogEvents: { events }, ...invoked }]
  for (const answers of worlds) {
    const { env } = await startFakeAws(answers)
    for (const argv of [
      ...[
        ['status'],
        ['status', '--json'],
        ['logs'],
        ['logs', '--json'],
        ['doctor'],
        ['doctor', '--json'],
        ['plan'],
        ['plan', '--json'],
      ],
      ...[
        ['deploy', '--yes'],
        ['destroy', '--yes'],
        ['trigger'],
        ['trigger', '--json'],
        ['policy'],
        ['errors', 'list'],
        ['why'],
        ['why', 'm'],
      ],
    ]) {
      const { out } = await both(folder, argv, { env })
      if (argv.includes('--json') && out !== '') for (const line of out.trimEnd().split('\n')) JSON.parse(line)
    }
  }
})

test('records of strangers are listed, shown, replayed and purged without control characters', async () => {
  const event = {
    ...failed('a').message!,
    id: EVIL,
    type: EVIL,
    source: `/orders/dev/${EVIL}`,
    partitionkey: EVIL,
    attakroot: EVIL,
    attakparent: EVIL,
    data: { order: 1, [EVIL]: EVIL },
  }
  const error = {
    name: EVIL,
    message: EVIL,
    code: EVIL,
    remedy: EVIL,
    stack: `${EVIL}: ${EVIL}\n    at ${EVIL} (${EVIL}:1:1)\nCaused by: ${EVIL}\n    at ${EVIL}:1:1`,
  }
  const hostile = {
    id: 'a'.repeat(32),
    topology: EVIL,
    stage: EVIL,
    position: { carrier: EVIL, channel: EVIL, ref: EVIL },
    artifact: EVIL,
    message: event,
    ancestors: [event],
    error,
  }
  const records = [
    failed('a', hostile),
    failed('b', { ...hostile, id: 'b'.repeat(32), processor: EVIL }),
    failed('c', { kind: 'crash', suspects: [event, event] }),
  ]
  const ids = records.map(({ id }) => id)
  const commands = [
    ['list', listErrors, [], {}],
    ['show', showErrors, ids, {}],
    ['replay', replayErrors, ids.slice(0, 1), { yes: true }],
    ['replay --dry-run', replayErrors, ids.slice(0, 1), { dryRun: true }],
    ['purge', purgeErrors, ids, { yes: true }],
  ] as const
  for (const host of [COLORED, PLAIN]) {
    for (const json of [false, true]) {
      for (const [name, run, positionals, options] of commands) {
        const { run: runIn } = await worldOf(records, { host })
        const ran = await runIn(run, positionals, { ...options, ...(json && { json }) })
        expect({ name, commands: commandsOf(ran) }).toEqual({ name, commands: [] })
      }
    }
  }
})

test('completions and help print no control characters', async () => {
  for (const argv of [
    ['completion', 'bash'],
    ['completion', 'zsh'],
    ['completion', 'fish'],
    ['--help'],
    ['errors', '--help'],
  ]) {
    await both('.', argv)
  }
})
