import { spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderOf } from '../folder.ts'

const BIN = resolve('bin/attak.js')

function simulate(cwd: string, ...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'simulate', ...argv], { cwd, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

const entriesOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('errors that handlers leave behind', () => {
  const WAYS = `import { EventEmitter } from 'node:events'
const fail = (what) => { throw new Error('late ' + what) }
export const ways = {
  setTimeout: (what) => void setTimeout(fail, 2, what),
  setImmediate: (what) => void setImmediate(fail, what),
  nextTick: (what) => process.nextTick(fail, what),
  queueMicrotask: (what) => queueMicrotask(() => fail(what)),
  promise: (what) => void Promise.resolve(what).then(fail),
  rejection: (what) => void Promise.reject(new Error('late ' + what)),
  emitter: (what) => {
    const emitter = new EventEmitter()
    setTimeout(() => emitter.emit('error', new Error('late ' + what)), 1)
  },
}
`
  const TOPOLOGY = `import { ways } from './ways.js'
const leave = ({ n, way }) => n === 100 && ways[way](way)
export default {
  name: 'late',
  processors: {
    returns: (event) => void leave(event),
    async resolves(event) { leave(event) },
    callsBack(event, context, callback) { leave(event); callback() },
    emits(event, context, callback) { context.emit('t', 1, callback); leave(event) },
    wait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  },
  input: () => [
    ...['returns', 'resolves', 'callsBack', 'emits'].flatMap((to) =>
      Object.keys(ways).flatMap((way) => Array.from({ length: 101 }, (_, n) => ({ to, event: { n, way } })))),
    { to: 'wait' },
  ],
}
`
  const folder = () => folderOf({ 'package.json': { type: 'module' }, 'topology.js': TOPOLOGY, 'ways.js': WAYS })

  it('are failures of their messages, however many were handled before', () => {
    const { code, out, err } = simulate(folder(), '--json')
    expect([code, err]).toEqual([1, ''])
    const entries = entriesOf(out)
    expect(entries.at(-1)).toMatchObject({ kind: 'summary', failed: 28 })
    const starts = new Map(entries.flatMap((one) => (one.kind === 'start' ? [[one.message, one.event]] : [])))
    const faults = entries.filter(({ kind, level }) => kind === 'log' && level === 'error')
    for (const { processor, message, text } of faults) {
      const { n, way } = starts.get(message)
      expect({ processor, n, text }).toMatchObject({ n: 100, text: expect.stringContaining(`late ${way}\n    at `) })
    }
    // A handler that has not called back yet fails of its error.
    const failed = entries.filter(({ kind, outcome }) => kind === 'end' && outcome === 'failed')
    expect(failed.length + faults.length).toBe(28)
  })

  it('are reported the same each time, also on a busy machine', () => {
    const quiet = simulate(folder(), '--json').out
    const busy = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
    onTestFinished(() => {
      for (const child of busy) child.kill('SIGKILL')
    })
    expect(simulate(folder(), '--json').out).toBe(quiet)
  })
})

describe('timers that are pending at the end of a run', () => {
  const FILES = {
    'package.json': { type: 'module' },
    'topology.js': `import { setTimeout as sleep } from 'node:timers/promises'
import { later } from 'pkg'
import { debounced } from './lib/debounce.js'
export default {
  name: 'left',
  processors: {
    timer(event, { emit }) { setTimeout(() => emit('late'), 10_000); setTimeout(() => emit('late'), 10_000) },
    debounce(event, { emit }) { debounced(() => emit('late')) },
    async promise(event, { emit }) { sleep(10_000).then(() => emit('late')) },
    chain() { const next = () => setImmediate(next); next() },
    pkg(event, { emit }) { later(() => emit('late')) },
    unreferenced(event, { emit }) { setTimeout(() => emit('late'), 10_000).unref() },
    cleared(event, { emit }) { clearTimeout(setTimeout(() => emit('late'), 10_000)) },
    async waits() { await sleep(1) },
  },
  input: () => ['timer', 'debounce', 'promise', 'chain', 'pkg', 'unreferenced', 'cleared', 'waits'].map((to) => ({ to })),
}
setInterval(() => {}, 10_000)
`,
    'lib/debounce.js': `let timer
export function debounced(call) {
  clearTimeout(timer)
  timer = setTimeout(call, 10_000)
}
`,
    'node_modules/pkg/package.json': { name: 'pkg', version: '1.0.0', type: 'module', exports: './index.js' },
    'node_modules/pkg/index.js': 'export const later = (call) => setTimeout(call, 10_000)\n',
  }

  it('are reported with the processors whose own code started them, and change nothing else', () => {
    const { code, out, err } = simulate(folderOf(FILES), '--json')
    expect(code).toBe(0)
    expect(entriesOf(out).at(-1)).toMatchObject({ failed: 0 })
    const remedy = 'later emits are lost. Settle the handler when its timers are done, or clear them.'
    const end = `pending at the end of the run`
    expect(err.trimEnd().split('\n')).toEqual([
      `warning [TIMER_PENDING] processor "timer": left 2 timers ${end} (topology.js:7:30, topology.js:7:70): ${remedy}`,
      `warning [TIMER_PENDING] processor "debounce": left a timer ${end} (lib/debounce.js:4:11): ${remedy}`,
      `warning [TIMER_PENDING] processor "promise": left a timer ${end} (topology.js:9:38): ${remedy}`,
      `warning [TIMER_PENDING] processor "chain": left a timer ${end} (topology.js:10:34): ${remedy}`,
    ])
  })

  it('are reported with their TypeScript lines, also when something has failed', () => {
    const { code, err } = simulate(
      folderOf({
        'topology.ts': `type Event = { n: number }
interface Padding { readonly of: string }
export default {
  name: 'left',
  processors: {
    timer(event: Event) {
      setTimeout(() => {}, 10_000)
      throw new Error('no')
    },
  },
  input: { timer: { n: 1 } },
}
`,
      }),
      '--quiet',
    )
    expect(code).toBe(1)
    expect(err).toContain('left a timer pending at the end of the run (topology.ts:7:7)')
  })
})

it('--quiet prints failures that come after a handler has settled', () => {
  const folder = folderOf({
    'topology.mjs': `export default { name: 't', input: { a: 1, b: 1, c: 1 }, processors: {
  a(event, context) { setImmediate(() => context.emit('late', 1)) },
  b() { setImmediate(() => { throw new Error('left behind') }) },
  c: () => new Promise((resolve) => setTimeout(resolve, 200)) } }`,
  })
  const quiet = spawnSync(process.execPath, [BIN, 'simulate', '--quiet'], { cwd: folder, encoding: 'utf8' })
  expect(quiet.status).toBe(1)
  expect(quiet.stdout).toContain('✗ Error: left behind')
  expect(quiet.stdout).toContain('topology.mjs:3:')
  expect(quiet.stdout).toContain('✗ [EMIT_AFTER_END] "a" emitted "late" after it had settled')
  expect(quiet.stdout).toContain('2 of the failures came after a handler had settled')
  const json = spawnSync(process.execPath, [BIN, 'simulate', '--quiet', '--json'], { cwd: folder, encoding: 'utf8' })
  for (const line of json.stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
})

it('an uncaught error is reported even if the project has a callback that captures errors', () => {
  for (const where of ['load', 'handler']) {
    const hide =
      'process.setUncaughtExceptionCaptureCallback(null); process.setUncaughtExceptionCaptureCallback(() => {})'
    const folder = folderOf({
      'topology.mjs': `${where === 'load' ? hide : ''}
export default { name: 't', processors: { a() {
  ${where === 'handler' ? hide : ''}
  setTimeout(() => { throw new Error('late') }, 1)
  return new Promise((done) => setTimeout(done, 50))
} }, input: { a: 1 } }`,
    })
    const { code, out, err } = simulate(folder)
    expect({ where, code, text: out + err }).toEqual({ where, code: 1, text: expect.stringContaining('Error: late') })
  }
})

describe('an event that JSON changes', () => {
  const FILES = {
    'topology.mjs': `class Basket { items = []; add() {} }
const emitAll = (event, context) => {
  context.emit('x', { when: { set: new Map() }, baskets: [new Basket()] })
}
export default { name: 'lossy', processors: { a: emitAll, b: () => {} }, streams: [['a', 'b']], input: [{ to: 'a' }, { to: 'a' }] }
`,
  }

  it.each(['--json', '--quiet', '--outputs'])('is reported on stderr with %s, and does not fail the run', (way) => {
    const { code, err } = simulate(folderOf(FILES), way)
    expect(code).toBe(0)
    expect(err).toContain(
      `warning [EVENT_CHANGED] emit of "x" of "a": data.when.set is a Map and arrives as {}. Emit Object.fromEntries(map) or [...map].
warning [EVENT_CHANGED] emit of "x" of "a": data.baskets[0] is a Basket and arrives as plain data: its methods, hidden and private fields are left out. Emit the fields that receivers need, or give the class a toJSON method.
`,
    )
  })
})
