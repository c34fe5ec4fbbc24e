import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { folderOf } from '../folder.ts'

const COMMENT_LINE = /^ *(?:\/?\*|\/\/).*$/gm
const STATIC_CALL =
  /(?<![\w.`'])(Object|Array|Math|Number|String|Reflect|JSON|Promise|Buffer|Date|Atomics|BigInt|URL|AbortSignal)\.([a-z]\w*)(?=[(`])/g
const BIN = resolve('bin/attak.js')

/** What a project changes; `fail` throws. */
const CHANGES: Readonly<Record<string, string>> = {
  'a field of Object.prototype': 'Object.prototype.extra = 1',
  'a field of Array.prototype': 'Array.prototype.last = function () {}',
  timers: 'globalThis.setImmediate = globalThis.setTimeout = globalThis.setInterval = fail',
  'what clears timers': 'globalThis.clearImmediate = globalThis.clearTimeout = globalThis.clearInterval = fail',
  // Node itself calls `process.nextTick`, so nothing works without it.
  microtasks: 'globalThis.queueMicrotask = fail',
  JSON: "JSON.parse = fail; JSON.stringify = () => '{}'",
  dates: 'Date.now = () => 0; globalThis.Date = class { constructor() { fail() } }',
  clocks: 'performance.now = () => 0',
  'functions of process': 'process.cwd = process.hrtime = process.exit = process.on = process.off = fail',
  console: 'for (const name of Object.keys(console)) console[name] = fail',
  'timers and clocks, as fake timers do': `const queue = []
    globalThis.setTimeout = globalThis.setImmediate = (call) => queue.push(call)
    process.hrtime = Object.assign(() => [0, 0], { bigint: () => 0n })
    globalThis.performance = { now: () => 0 }`,
  'methods of every prototype': `for (const { prototype } of [Array, String, Number, Function, RegExp, Date, Map])
      for (const name of ['each', 'first', 'compact', 'red', 'strip']) prototype[name] = function () { return fail() }`,
  'functions of Reflect, String and Atomics':
    'Reflect.apply = Reflect.get = Reflect.set = Promise.allSettled = Math.trunc = Math.imul = String.raw = Atomics.add = fail',
  'what polyfills replace':
    'for (const name of ["Map", "Set", "WeakMap", "Reflect", "Proxy", "Function", "Boolean", "Int32Array"]) globalThis[name] = undefined',
  'how errors are made':
    'globalThis.Error = class extends Error {}; Error.captureStackTrace = fail; Error.stackTraceLimit = 0',
  'stacks, as source-map-support does':
    'Error.prepareStackTrace = (error, sites) => [error, ...sites].join("\\n    at ")',
  'the constructors of promises and buffers': 'Buffer.from = Buffer.byteLength = fail; globalThis.Promise = class {}',
  'functions of Object, Array, Math and Promise':
    'Object.keys = Object.entries = Object.assign = Array.isArray = Array.from = Math.max = Math.min = Promise.all = fail',
}

type Place = 'load' | 'handler'

const topologyOf = (change: string, place: Place) => `import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const fail = () => { throw new Error('changed') }
const change = () => { ${change} }
${place === 'load' ? 'change()' : ''}
export default {
  name: 'built-ins',
  timeout: 2,
  processors: {
    a(n, context) {
      ${place === 'handler' ? 'if (n === 1) change()' : ''}
      context.emit('t', { n }, { key: 'k' })
    },
    b(event, context) {
      if (context.attempt === 1) throw new Error('not yet')
      context.log.info('line')
      context.emit('out', event)
    },
    async c(event, context) { await context.emit('out', event) },
    d(event, context, callback) { callback() },
  },
  streams: [{ from: 'a', to: 'b', retries: 1 }, ['a', 'c'], ['a', 'd']],
  input: [1, 2, 3].map((event) => ({ to: 'a', event })),
}
`

function transcriptOf(change: string, place: Place) {
  const folder = folderOf({ 'topology.mjs': topologyOf(change, place) })
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'simulate', '--json'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  // Lines of the topology's own stacks are elsewhere each time.
  return { code: status, out: stdout.replace(/"stack":"(?:[^"\\]|\\.)*"/g, '"stack"'), err: stderr }
}

it('a handler that changes built-ins does not break attak', () => {
  const usual = transcriptOf('', 'handler')
  expect(usual).toMatchObject({ code: 0, err: '' })
  for (const [what, change] of Object.entries(CHANGES))
    expect({ what, ...transcriptOf(change, 'handler') }).toEqual({ what, ...usual })
})

it('a project that changes all built-ins while it loads does not break attak', () => {
  const usual = transcriptOf('', 'load')
  expect(usual).toMatchObject({ code: 0, err: '' })
  const changes = Object.values(CHANGES).map((change) => `{ ${change} }`)
  expect(transcriptOf(changes.join('\n'), 'load')).toEqual(usual)
})

it.each([
  // Called while a handler runs, after it, in what catches errors, and by Node.
  ['Array.prototype.push', 'load'],
  ['Array.prototype.push', 'handler'],
  ['Array.prototype.map', 'handler'],
  ['Map.prototype.get', 'handler'],
  ['RegExp.prototype.exec', 'handler'],
  ['Array.prototype[Symbol.iterator]', 'handler'],
] as const)('a project that breaks %s is reported (%s)', (name, place) => {
  const { code, err } = transcriptOf(`${name} = fail`, place)
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining('[BUILT_IN_CHANGED] project: its code changed'),
  })
  expect(err).toContain(`changed ${name}, so attak cannot continue`)
})

it.each(['Readable.prototype.on', 'Duplex.prototype.on'])(
  'a project that breaks stream.%s is told that it did',
  (name) => {
    const { code, err } = transcriptOf(`process.getBuiltinModule('stream').${name} = fail`, 'load')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('[BUILT_IN_CHANGED] project: Node called its '),
    })
    expect(err).toMatch(/topology\.mjs:3:/)
    expect(err).not.toContain('bug of attak')
  },
)

const PLACES: readonly Place[] = ['load', 'handler']

// Nothing throws here: without a check, some of it is wrong or lost in silence.
it.each([
  ['Array.prototype.find', 'function () {}', 'load'],
  ['Array.prototype.every', 'function () {}', 'handler'],
  ['Map.prototype.get', 'function () {}', 'handler'],
  ['Map.prototype.set', 'function () { return this }', 'handler'],
  ['Map.prototype.has', 'function () { return this }', 'load'],
  ['Map.prototype.delete', '() => false', 'handler'],
  ['Set.prototype.add', 'function () { return this }', 'load'],
  ['String.prototype.slice', "() => ''", 'handler'],
  ['RegExp.prototype.test', '() => false', 'load'],
  ['Function.prototype.call', 'function () {}', 'load'],
  ['Function.prototype.apply', 'function () {}', 'load'],
  ['Object.prototype.toString', "() => '[object Array]'", 'load'],
] as const)('a run in which %s does something else fails with a message (%s, %s)', (name, value, place) => {
  const { code, err } = transcriptOf(`${name} = ${value}`, place)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('[BUILT_IN_CHANGED] project: its code') })
  expect(err).toContain(name)
  expect(err).not.toContain('bug of attak')
})

it.each([
  [
    'Array.prototype.map',
    'function (call) { return this.reduce((all, each, at) => [...all, call(each, at, this)], []) }',
  ],
  [
    'Promise.prototype.then',
    'function (well, badly) { return was.call(this, well && ((value) => well(value)), badly) }',
  ],
] as const)('a run continues with a %s that does the same, with a warning', (name, value) => {
  for (const place of PLACES) {
    const usual = transcriptOf('', place)
    const { err, ...run } = transcriptOf(`const was = ${name}; ${name} = ${value}`, place)
    expect(run).toEqual({ code: usual.code, out: usual.out })
    expect(err).toContain(`warning [BUILT_IN_CHANGED] project: its code replaced ${name}`)
  }
})

it.each(
  [
    'process.env = null',
    'process.nextTick = fail',
    'process.nextTick = null',
    'globalThis.process = undefined',
    'delete globalThis.process',
    'fs.statSync = fs.writeSync = fail; syncBuiltinESMExports()',
    'Promise.prototype.then = function () { return this }',
    'AbortSignal.any = fail',
  ].flatMap((change) => PLACES.map((place) => [change, place] as const)),
)('attak does not need %s, or ends with a message (%s)', (change, place) => {
  const { code, err } = transcriptOf(change, place)
  if (code === 0) expect(err).toBe('')
  else expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('[BUILT_IN_CHANGED]') })
})

it.each([
  'Object.getPrototypeOf(function* () {}.prototype).next = fail',
  'Object.getPrototypeOf(async function* () {}.prototype).next = fail',
  "Object.getPrototypeOf(''[Symbol.iterator]()).next = fail",
  "Object.getPrototypeOf(''.matchAll(/a/g)).next = fail",
  'Symbol.for = fail',
  ...['Error', 'console', 'globalThis', 'process'].map((name) => `Object.freeze(${name})`),
])('a project that does this while it loads gets no bug report: %s', (change) => {
  const { code, err } = transcriptOf(change, 'load')
  if (code !== 0) expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('[BUILT_IN_CHANGED]') })
  expect(err).not.toContain('bug of attak')
})

it.each(['get', 'value', 'writable'])('a handler may add a field of descriptors to Object.prototype: %s', (field) => {
  const change = `Object.defineProperty(Object.prototype, '${field}', { get() { return () => 5 }, configurable: true })`
  expect(transcriptOf(change, 'handler')).toEqual(transcriptOf('', 'handler'))
  expect(transcriptOf(change, 'load').err).not.toContain('bug of attak')
})

it.each(PLACES)('an Object.prototype.then, which blocks every await, is named (%s)', (place) => {
  const { code, err } = transcriptOf('Object.prototype.then = function () {}', place)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('Object.prototype.then') })
})

it('a built-in that keeps attak itself in a loop is named when the timeout is over', () => {
  const folder = folderOf({
    'topology.mjs': `export default { name: 't', timeout: 1, processors: {
      a(event, context) { Array.prototype.pop = function () {}; context.emit('x', 1) }, b() {} },
      streams: [['a', 'b']], input: { a: 1 } }`,
  })
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'simulate'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('Array.prototype.pop') })
})

it.each(['check', 'graph'])('attak %s reports what the project replaced while it loaded', (command) => {
  const folder = folderOf({ 'topology.mjs': topologyOf('String.prototype.startsWith = () => false', 'load') })
  const { status, stderr } = spawnSync(process.execPath, [BIN, command], { cwd: folder, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('String.prototype.startsWith') })
})

/** Node makes `AbortSignal` when it is first used, which takes time that most commands need not spend. */
const NOT_TAKEN = ['AbortSignal.any', 'AbortSignal.timeout']

it('attak takes each static function that it calls at its start', () => {
  const taken = new Set(readFileSync('.ci/own-globals.mjs', 'utf8').match(/(?<=own_)\w+/g))
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(?!hosts).*\.ts$/.test(path),
  )
  const called = files.flatMap((path) => {
    const code = readFileSync(join('src', path), 'utf8').replace(COMMENT_LINE, '')
    return [...code.matchAll(STATIC_CALL)].map(([call]) => call)
  })
  expect(called.length).toBeGreaterThan(500)
  expect([...new Set(called)].filter((call) => !taken.has(call.replace('.', '_')))).toEqual(NOT_TAKEN)
})

it('the summary is drawn with the original built-ins', () => {
  const folder = folderOf({
    'topology.mjs': `export default { name: 't', processors: { a(event, context) {
      context.emit('x', 1)
      String.prototype.replace = () => 'zz'
    } }, input: { a: 1 } }`,
  })
  const { stdout } = spawnSync(process.execPath, [BIN, 'simulate', '--quiet'], { cwd: folder, encoding: 'utf8' })
  expect(stdout).toContain('Outputs (1)')
  expect(stdout).toContain('1 input, 1 handled, 1 output')
})
