import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { folderOf } from '../folder.ts'

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
  console: 'for (const name of Object.keys(console)) console[name] = fail',
  'timers and clocks, as fake timers do': `const queue = []
    globalThis.setTimeout = globalThis.setImmediate = (call) => queue.push(call)
    process.hrtime = Object.assign(() => [0, 0], { bigint: () => 0n })
    globalThis.performance = { now: () => 0 }`,
  'then, as zones do': `const { then } = Promise.prototype
    Promise.prototype.then = function (well, badly) { return then.call(this, well && ((value) => well(value)), badly) }`,
  'methods of every prototype': `for (const { prototype } of [Array, String, Number, Function, RegExp, Date, Map])
      for (const name of ['each', 'first', 'compact', 'red', 'strip']) prototype[name] = function () { return fail() }`,
  'methods of Array, as old libraries do': `Array.prototype.map = function (call) { return this.reduce((all, each, index) => [...all, call(each, index, this)], []) }`,
  'what polyfills replace':
    'for (const name of ["Map", "Set", "WeakMap", "Reflect", "Proxy"]) globalThis[name] = undefined',
  'how errors are made':
    'globalThis.Error = class extends Error {}; Error.captureStackTrace = fail; Error.stackTraceLimit = 0',
  'stacks, as source-map-support does':
    'Error.prepareStackTrace = (error, sites) => [error, ...sites].join("\\n    at ")',
  'the constructors of promises and buffers': 'Buffer.from = Buffer.byteLength = fail; globalThis.Promise = class {}',
  'functions of Object, Array, Math and Promise':
    'Object.keys = Object.entries = Object.assign = Array.isArray = Array.from = Math.max = Math.min = Promise.all = fail',
}

const topologyOf = (change: string, place: 'load' | 'handler') => `const fail = () => { throw new Error('changed') }
const change = () => { ${change} }
${place === 'load' ? 'change()' : ''}
export default {
  name: 'built-ins',
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

function transcriptOf(change: string, place: 'load' | 'handler') {
  const folder = folderOf({ 'topology.mjs': topologyOf(change, place) })
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'simulate', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  })
  // Lines of the topology's own stacks are elsewhere each time.
  return { code: status, out: stdout.replace(/"stack":"(?:[^"\\]|\\.)*"/g, '"stack"'), err: stderr }
}

it('a handler that changes what is built in breaks nothing of attak', () => {
  const usual = transcriptOf('', 'handler')
  expect(usual).toMatchObject({ code: 0, err: '' })
  for (const [what, change] of Object.entries(CHANGES))
    expect({ what, ...transcriptOf(change, 'handler') }).toEqual({ what, ...usual })
})

it('a project that changes all of it while it is loaded breaks nothing of attak', () => {
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
] as const)('a project that breaks %s is told that it did (%s)', (name, place) => {
  const { code, err } = transcriptOf(`${name} = fail`, place)
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining('[BUILT_IN_CHANGED] project: its code changed'),
  })
  expect(err).toContain(`changed ${name}, and`)
})

it('the summary is drawn with what was built in at first', () => {
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
