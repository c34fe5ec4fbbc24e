import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { folderOf, HELLO } from './folder.ts'
import { attak, BIN, start } from './spawned.ts'

test('each command runs in its own process', () => {
  const folder = folderOf(HELLO)
  expect(attak(folder, '--version').out).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(attak(folder, 'check')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('hello is fine') })
  expect(attak(folder, 'graph')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('spout\n↓ text\nreverse'),
  })
  expect(attak(folder, 'completion', 'bash')).toMatchObject({ code: 0, err: '' })
  expect(attak(folder, 'simulate')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('"olleh"') })
  expect(attak(folder, 'simulat')).toMatchObject({ code: 2, out: '' })
})

test('a processor that fails to load is shown with the user’s stack', () => {
  const folder = folderOf({
    'topology.json': { name: 't', processors: { a: './a' } },
    'a.mjs': "import { port } from './settings.mjs'\nexport const handler = () => port\n",
    'settings.mjs':
      "export const port = read('PORT')\n\nfunction read(name) {\n  throw new Error(name + ' is not set')\n}\n",
  })
  const { code, err } = attak(folder, 'simulate')
  expect(code).toBe(1)
  expect(`\n${err}`).toMatchInlineSnapshot(`
    "
    [PROCESSOR_LOAD_FAILED] processors.a: a.mjs failed while it was loaded: PORT is not set. Fix the code that threw.
        Error: PORT is not set
            at read (settings.mjs:4:9)
            at settings.mjs:1:21
    "
  `)
})

test('a forgotten promise of the last handler is a failure too, and so is an emit in the next turn', () => {
  const source = `export default { name: 't', processors: {
  a: () => void Promise.reject(new Error('forgotten')),
  b: (event, context) => void setImmediate(() => context.emit('late')),
} }`
  const run = (event: object) => {
    const { code, out } = attak(folderOf({ 'topology.mjs': source, 'input.json': event }), 'simulate')
    return { code, out: out.replaceAll('\n', ' ') }
  }
  const summary = /1 handled, 0 outputs, 1 failed .* of the failures came after a handler had settled/
  expect(run({ a: 1 })).toMatchObject({ code: 1, out: expect.stringMatching(/Error: forgotten/) })
  expect(run({ a: 1 }).out).toMatch(summary)
  expect(run({ b: 1 }).out).toMatch(summary)
})

test('stdout is for results: other output of a project goes to stderr', () => {
  const source = `console.log('loading')
export default { name: 't', processors: { a: () => void process.stdout.write('raw\\n') }, input: { a: 1 } }`
  const folder = folderOf({ 'topology.mjs': source })
  const checked = attak(folder, 'check', '--json')
  expect(JSON.parse(checked.out)).toMatchObject({ ok: true })
  expect(checked.err).toBe('loading\n')
  const ran = attak(folder, 'simulate', '--json')
  expect(ran.out.split('\n').map((line) => line.slice(0, 8))).toEqual([...Array(4).fill('{"kind":'), ''])
  expect(ran.err).toBe('loading\nraw\n')
})

test('a project whose loading never ends, or ends the process, is reported', () => {
  const never = folderOf({ 'topology.mjs': 'await new Promise(() => {})\nexport default {}' })
  expect(attak(never, 'check')).toEqual({
    code: 1,
    out: '',
    err: '[TOPOLOGY_LOAD_FAILED] topology.mjs: a module of the project awaits a promise that never settles. Correct that await.\n',
  })
  const leaves = folderOf({ 'topology.mjs': 'process.exit(0)' })
  for (const command of ['check', 'graph', 'simulate']) {
    const told =
      '[TOPOLOGY_LOAD_FAILED] topology.mjs: a module of the project ended the process, with exit code 0. Throw an error instead.\n        at topology.mjs:1:9\n'
    expect(attak(leaves, command)).toEqual({ code: 1, out: '', err: told })
  }
})

test('a project of ES modules with "type": "commonjs" runs without advice from Node', () => {
  const folder = folderOf({
    'package.json': { type: 'commonjs' },
    'topology.js': "export default { name: 't', processors: { a() {} }, input: { a: 1 } }",
  })
  expect(attak(folder, 'simulate')).toMatchObject({ code: 0, err: '' })
})

test('.env sets settings, and variables of handlers', () => {
  const source = `export default { name: 't', environment: ['SHADE'], processors: { a: (event, { stage, emit }) => emit('is', [stage, process.env.SHADE]) }, input: { a: 1 } }`
  const folder = folderOf({ 'topology.mjs': source, '.env': '# ours\nATTAK_STAGE=prod\nSHADE="dark blue"\n' })
  expect(attak(folder, 'simulate')).toMatchObject({
    ...{ code: 0, err: '', out: expect.stringContaining('⇒ is  ["prod","dark blue"]') },
  })
})

test('a handler that ends the process is reported with its line, and earlier output is not lost', () => {
  const source = `export default {
  name: 't',
  processors: {
    fine: (event, context) => context.emit('next', event),
    async leave() {
      await null
      process.exit(0)
    },
  },
  streams: [['fine', 'leave', 'next']],
  input: { fine: 1 },
}`
  const { code, out, err } = attak(folderOf({ 'topology.mjs': source }), 'simulate')
  expect(code).toBe(1)
  expect(out).toContain('fine ← input  1\n  → next to leave  1\n')
  expect(out).toContain('1 failed')
  expect(out).toContain('The run was ended: a handler ended the process.\n')
  expect(err).toContain('[PROCESS_EXIT] processor "leave" (message ')
  expect(err).toContain(') ended the process, with exit code 0, and')
  expect(err).toContain('at leave (topology.mjs:7:15)')
})

test('the end of the process is an error of the simulation: listed, shown with its line and path, and replayed', () => {
  const source = (body: string) => `export default {
  name: 't',
  processors: { fine: (event, context) => context.emit('next', event), leave() { ${body} } },
  streams: [['fine', 'leave', 'next']],
  input: { fine: 'tea' },
}`
  const folder = folderOf({ 'topology.mjs': source('process.exit(0)') })
  const { out: told } = attak(folder, 'simulate')
  const [record, ...more] = recordsIn(folder)
  expect(more).toEqual([])
  expect(record).toMatchObject({
    ...{ kind: 'failed', topology: 't', processor: 'leave', attempt: 1 },
    error: { name: 'AttakError', code: 'PROCESS_EXIT', stack: expect.stringContaining('at leave (topology.mjs:3:') },
    message: { type: 'next', data: 'tea', attakhop: 2 },
    ancestors: [{ data: 'tea', attakhop: 1 }],
  })
  expect(told).toContain(`attak errors show ${record!.id} --simulated`)
  expect(attak(folder, 'errors', 'show', record!.id, '--simulated').out).toContain('[PROCESS_EXIT] processor "leave"')
  expect(attak(folder, 'why', '--simulated').out).toMatch(/^leave ← fine · next\n {2}"tea"\n {2}✗ \[PROCESS_EXIT]/m)
  const again = ['errors', 'replay', record!.id, '--simulated']
  expect(attak(folder, ...again)).toMatchObject({ code: 1, err: expect.stringContaining('[PROCESS_EXIT]') })
  expect(recordsIn(folder).map(({ id }) => id)).toEqual([record!.id])
  writeFileSync(join(folder, 'topology.mjs'), source(''))
  expect(attak(folder, ...again)).toMatchObject({ code: 0, out: expect.stringContaining('1 handled') })
  expect(recordsIn(folder)).toEqual([])
})

test('a process that a leftover of a message ends is a late error of that message', () => {
  const source = `export default {
  name: 't',
  processors: { leave() { setTimeout(() => process.exit(0), 1) }, stay: () => new Promise((resolve) => setTimeout(resolve, 1000)) },
  input: { leave: 1, stay: 2 },
}`
  const folder = folderOf({ 'topology.mjs': source })
  attak(folder, 'simulate')
  expect(recordsIn(folder)).toMatchObject([{ kind: 'late', processor: 'leave', message: { data: 1 } }])
})

function recordsIn(folder: string): readonly ErrorRecord[] {
  return JSON.parse(attak(folder, 'errors', 'list', '--simulated', '--json').out)
}

/** A topology whose second handler never yields, `before` or after something. */
const endless = (before: string) => `export default {
  name: 't',
  timeout: 0.5,
  processors: {
    fine: (event, context) => context.emit('next', event),
    async loop() {
      ${before}
      for (;;);
    },
  },
  streams: [['fine', 'loop', 'next']],
  input: { fine: 1 },
}
`

test.each([
  { when: 'at once', before: '' },
  { when: 'behind a promise', before: 'await null' },
  { when: 'later', before: 'await new Promise(setImmediate)' },
])(
  'a handler that never yields, $when, is reported after its timeout, and earlier output is not lost',
  ({ before }) => {
    const folder = folderOf({ 'topology.mjs': endless(before) })
    const { code, out, err } = attak(folder, 'simulate', '--json', '--trace', 'trace.jsonl')
    expect(code).toBe(1)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['run', 'start', 'emit', 'end'])
    expect(readFileSync(join(folder, 'trace.jsonl'), 'utf8')).toBe(out)
    expect(err).toMatch(/✗ \[TIMEOUT] processor "loop" \(message [0-9a-f]{32}\) has not yielded for \d[\d.]* s/)
    expect(err).toMatch(/^ +> +8 \| /m)
    expect(err).toMatch(/at loop \(topology.mjs:8:\d+\)/)
    expect(err).not.toContain('debugger')
    const stack = expect.stringContaining('at loop (topology.mjs:8:')
    expect(recordsIn(folder)).toMatchObject([
      { kind: 'failed', processor: 'loop', error: { code: 'TIMEOUT', stack }, message: { type: 'next', data: 1 } },
    ])
  },
)

test('timers that a project leaves open do not keep the process alive', () => {
  const source = `setInterval(() => {}, 1000)
export default { name: 't', processors: { a() { throw new Error('no') } }, input: { a: 1 } }`
  const { code, out } = attak(folderOf({ 'topology.mjs': source }), 'simulate')
  expect(code).toBe(1)
  expect(out).toContain('1 input, 0 handled, 0 outputs, 1 failed')
})

test('a slow reader gets everything, to the last line', async () => {
  const source = `setInterval(() => {}, 1000)
export default { name: 't', processors: { a: (event, context) => context.emit('big', 'x'.repeat(1e6)) }, input: { a: 1 } }`
  const { child, printed, ended } = start(
    folderOf({ 'topology.mjs': source }),
    'simulate',
    '--json',
    '--trace',
    'trace',
  )
  child.stdout?.pause()
  await once(child, 'spawn')
  setTimeout(() => child.stdout?.resume(), 200)
  expect(await ended).toBe(0)
  const kinds = printed.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind)
  expect(kinds).toEqual(['run', 'start', 'emit', 'end', 'summary'])
})

test('an error in TypeScript is shown in its own file and line, in story and transcript', () => {
  const folder = folderOf({
    'topology.ts': `interface Order { readonly id: number }

export default { name: 't', processors: { bill: './bill' }, input: { bill: { id: 7 } satisfies Order } }
`,
    'bill.ts': `import { priceOf } from './price.ts'

type Order = {
  readonly id: number
}

export const handler = (order: Order): number => priceOf(order.id)
`,
    'price.ts': `// Types and comments, which no build keeps.
interface Price { readonly cents: number }

export function priceOf(id: number): number {
  const price: Price | undefined = undefined
  throw new Error(\`no price for \${id}\`)
}
`,
  })
  const { code, out } = attak(folder, 'simulate', '--trace', 'trace.jsonl')
  expect(code).toBe(1)
  expect(out.slice(out.indexOf('  ✗'), out.indexOf('\n\n'))).toMatchInlineSnapshot(`
    "  ✗ Error: no price for 7
          4 | export function priceOf(id: number): number {
          5 |   const price: Price | undefined = undefined
        > 6 |   throw new Error(\`no price for \${id}\`)
            |         ^
          7 | }
        at priceOf (price.ts:6:9)
        at handler (bill.ts:7:50)"
  `)
  const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').trimEnd().split('\n')
  const end = lines.map((line) => JSON.parse(line)).find(({ kind }) => kind === 'end')
  expect(end.error.stack).toMatchInlineSnapshot(`
    "Error: no price for 7
        at priceOf (price.ts:6:9)
        at handler (bill.ts:7:50)"
  `)
})

test('SIGINT ends a run with its summary and 130', async () => {
  const waiting = `export default { name: 't', processors: { a: (event, context) => new Promise(() => {}), b() { console.log('b ran') } },
    input: [{ to: 'b', event: 1 }, { to: 'a', event: 1 }] }`
  const { child, printed, until, ended } = start(folderOf({ 'topology.mjs': waiting }), 'simulate')
  await until('out', 'b ran')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
  expect(printed.out).toContain('The run was interrupted; these are the results so far.')
})

test('--watch runs again on each change, survives a broken project, and ends with SIGINT', async () => {
  const folder = folderOf(HELLO)
  const { child, printed, until, ended } = start(folder, 'simulate', '--watch')
  await until('err', 'Waiting for changes')
  expect(printed.out).toContain('"olleh"')
  writeFileSync(join(folder, 'input.json'), '{ "spout": "again" }')
  await until('out', '"niaga"')
  expect(printed.err).toContain('run 2 · input.json changed')
  writeFileSync(join(folder, 'reverse.js'), 'export const handler = (')
  await until('err', 'PROCESSOR_LOAD_FAILED')
  writeFileSync(
    join(folder, 'reverse.js'),
    "export const handler = (event, context) => context.emit('mended', event)\n",
  )
  await until('out', 'mended')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
})

test.each([
  ['a package.json that is half saved', 'package.json', '{ "type": "module",'],
  ['a "main" that names a missing file', 'package.json', '{ "type": "module", "main": "lib/main.js" }'],
  ['a misspelt setting', 'package.json', '{ "type": "module", "main": "topology.js", "attak": { "stag": 1 } }'],
  ['a wrong setting in .env', '.env', 'ATTAK_CONCURRENCY=many'],
  ['an .env that is not a text', '.env', Buffer.from([0x41, 0x3d, 0xff])],
])('--watch waits until %s is fixed', async (_, name, content) => {
  const files: Readonly<Record<string, unknown>> = { ...HELLO, 'index.js': '', '.env': '' }
  const folder = folderOf(files)
  const fault = () => writeFileSync(join(folder, name), content)
  const mend = () => {
    const whole = files[name]
    writeFileSync(join(folder, name), typeof whole === 'string' ? whole : JSON.stringify(whole))
  }
  fault()
  const { child, printed, until, ended } = start(folder, 'simulate', '--watch')
  await until('err', 'Waiting for changes')
  expect(printed.err).toMatch(/^\[(USAGE|TOPOLOGY_NOT_FOUND)\]/)
  mend()
  await until('out', '"olleh"')
  await until('err', `${name} changed`)
  child.kill('SIGINT')
  expect(await ended).toBe(130)
})

test.each([
  ['the topology, given by its path', 'in/proj/topology.js', 'in/proj/topology.js'],
  ['the folder of a topology, given by its path', 'in/proj/topology.js', 'in/proj'],
  ['the folder that was given', 'in/proj', 'in/proj'],
  ['the folder above the folder that was given', 'in/proj', 'in'],
  ['the folder of the file that "main" names', 'main', 'main/lib'],
  ['the folder of a processor', 'in/proj', 'in/proj/steps'],
  ['the folder of the input', 'in/proj', 'events'],
])('--watch waits until %s comes back', async (_, path, removed) => {
  const topology = `export default { name: 't', processors: { a: './steps/a.js' }, input: '../../events/input.json' }`
  const files = {
    'in/proj/package.json': { type: 'module' },
    'in/proj/topology.js': topology,
    'in/proj/steps/a.js': `export const handler = (event, context) => context.emit(event, 1)`,
    'main/package.json': { type: 'module', main: 'lib/main.js' },
    'main/lib/main.js': topology,
    'main/lib/steps/a.js': `export const handler = (event, context) => context.emit(event, 1)`,
    'events/input.json': { a: 'first' },
  }
  const folder = folderOf(files)
  const write = () => {
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === 'string' ? content : JSON.stringify(content)
      const file = join(folder, name)
      if (existsSync(file)) continue
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text.replace('first', 'again'))
    }
  }
  const { child, printed, until, ended } = start(folder, 'simulate', path, '--watch')
  await until('err', 'Waiting for changes')
  rmSync(join(folder, removed), { recursive: true })
  await until('err', 'run 2')
  // What was printed before may have come at once with what follows.
  printed.err = printed.err.slice(printed.err.indexOf('run 2'))
  await until('err', 'Waiting for changes')
  printed.out = ''
  write()
  await until('out', '1 handled')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
})

test('a real terminal receives no control characters of errors and logs', () => {
  const run = (more: string) => {
    const folder = folderOf({
      'package.json': { type: 'module', main: 'topology.js' },
      'topology.js': `export default { name: 'odd', processors: {
  a(event) { console.log(event); throw new Error(event) },
}, input: { a: '\\x1b[2J\\x9b2J\\u202e\\x1b[35m' } }
${more}`,
    })
    const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: '' }
    return spawnSync(process.execPath, [BIN, 'simulate'], { cwd: folder, encoding: 'utf8', env })
  }
  const { stdout } = run('')
  expect(stdout).toContain('\x1b[31m✗ Error: \\x1b[2J\\x9b2J\\u202e\\x1b[35m\x1b[39m')
  expect(stdout).toContain('│\x1b[22m \\x1b[2J\\x9b2J\\u202e\x1b[35m\x1b[0m\n')
  const { stderr } = run(`setImmediate(() => { throw new Error('\\x1b]52;c;eA==\\x07') })`)
  expect(stderr).toContain('Error: \\x1b]52;c;eA==\\x07')
  for (const command of ['\x1b[2J', '\x9b', '\u202e', '\x1b]', '\x07']) expect(stdout + stderr).not.toContain(command)
})
