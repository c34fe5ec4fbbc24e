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
  'functions of Object, Array, Math and Promise':
    'Object.keys = Object.entries = Object.assign = Array.isArray = Array.from = Math.max = Math.min = Promise.all = fail',
  'the constructors of promises and buffers': 'Buffer.from = Buffer.byteLength = fail; globalThis.Promise = class {}',
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

it.each(['load', 'handler'] as const)(
  'a project that changes what is built in breaks nothing of attak (%s)',
  (place) => {
    const usual = transcriptOf('', place)
    expect(usual).toMatchObject({ code: 0, err: '' })
    for (const [what, change] of Object.entries(CHANGES))
      expect({ what, ...transcriptOf(change, place) }).toEqual({ what, ...usual })
  },
)
