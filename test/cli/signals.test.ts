import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folderOf } from './folder.ts'
import { start } from './spawned.ts'

const ECHO = { 'topology.mjs': `export default { name: 't', processors: { a() {} } }` }
const CODES = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

describe('the first signal ends a simulation that waits for input', () => {
  test.each(CODES)('%s, on an open stdin', async (signal, code) => {
    const { child, printed, until, ended } = start(folderOf(ECHO), 'simulate', '-i', '-', '--to', 'a')
    child.stdin?.write('"first"\n')
    await until('out', 'first')
    child.kill(signal)
    expect(await ended).toBe(code)
    expect(printed.out).toContain('The run was interrupted')
  })

  test.each(CODES)('%s, on a pipe whose writer has ended', async (signal, code) => {
    const folder = folderOf(ECHO)
    const pipe = join(folder, 'pipe.jsonl')
    spawnSync('mkfifo', [pipe])
    const { child, printed, until, ended } = start(folder, 'simulate', '-i', 'pipe.jsonl', '--to', 'a')
    const descriptor = openSync(pipe, 'r+')
    onTestFinished(() => closeSync(descriptor))
    writeSync(descriptor, '"first"\n')
    await until('out', 'first')
    child.kill(signal)
    expect(await ended).toBe(code)
    expect(printed.out).toContain('The run was interrupted')
  })

  test.each(CODES)('%s, on an iterable of the topology', async (signal, code) => {
    const source = `async function* input() { yield { to: 'a', event: 'first' }; await new Promise(() => setInterval(() => {}, 1000)) }
export default { name: 't', processors: { a() {} }, input }`
    const { child, printed, until, ended } = start(
      folderOf({ 'topology.mjs': source.replace('yield', `console.error('asked'); yield`) }),
      'simulate',
    )
    await until('err', 'asked')
    child.kill(signal)
    expect(await ended).toBe(code)
    expect(printed.out).toContain('The run was interrupted')
  })
})

test('a second signal of another kind ends the process at once', async () => {
  const source = `async function* input() {
  try { for (;;) { console.error('asked'); yield { to: 'a', event: 1 } } }
  finally { console.error('closing'); await new Promise(() => setInterval(() => {}, 1000)) }
}
export default { name: 't', processors: { a() {} }, input }`
  const { child, until, ended } = start(folderOf({ 'topology.mjs': source }), 'simulate', '--quiet')
  await until('err', 'asked')
  child.kill('SIGINT')
  await until('err', 'closing')
  child.kill('SIGTERM')
  await ended
  expect(child.signalCode).toBe('SIGTERM')
})

describe('the first signal ends a command that loads a project', () => {
  const LOOP = { 'topology.mjs': `console.error('loading'); while (true);` }
  const SLOW = {
    'topology.mjs': `console.error('loading'); await new Promise((resolve) => setTimeout(resolve, 60_000))`,
  }
  const INPUT = {
    'topology.mjs': `export default { name: 't', processors: { a() {} }, input() { console.error('loading'); while (true); } }`,
  }

  test.each([
    ['SIGINT', 'simulate', LOOP],
    ['SIGTERM', 'simulate', LOOP],
    ['SIGINT', 'simulate --watch', LOOP],
    ['SIGINT', 'simulate', SLOW],
    ['SIGINT', 'simulate', INPUT],
    ['SIGINT', 'check', LOOP],
    ['SIGINT', 'graph', LOOP],
  ] as const)('%s, attak %s', async (signal, line, files) => {
    const { child, until, ended } = start(folderOf(files), ...line.split(' '))
    await until('err', 'loading')
    child.kill(signal)
    await ended
    expect(child.signalCode).toBe(signal)
  })

  test('also while a watched project is loaded again', async () => {
    const folder = folderOf({ ...ECHO, 'input.json': { a: 1 } })
    const { child, until, ended } = start(folder, 'simulate', '--watch')
    await until('err', 'Waiting for changes')
    writeFileSync(join(folder, 'topology.mjs'), LOOP['topology.mjs'])
    await until('err', 'loading')
    child.kill('SIGINT')
    await ended
    expect(child.signalCode).toBe('SIGINT')
  })
})

// Node 24 has nothing by which a second thread receives signals: there the second signal ends the process, without a word.
const CAN_NAME = Number(process.versions.node.split('.')[0]) < 24

test.skipIf(!CAN_NAME).each(CODES)(
  '%s prints a handler that never yields, and ends it long before its timeout',
  async (signal, code) => {
    const source = `import { writeSync } from 'node:fs'
export default {
  name: 't',
  timeout: 600,
  processors: {
    a() { writeSync(2, 'looping'); for (;;); },
  },
  input: { a: 1 },
}`
    const folder = folderOf({ 'topology.mjs': source })
    const { child, printed, until, ended } = start(folder, 'simulate')
    await until('err', 'looping')
    child.kill(signal)
    // The thread that sees the signal may not have started.
    const again = setInterval(() => child.kill(signal), 10_000)
    expect(await ended).toBe(code)
    clearInterval(again)
    expect(printed.out).toContain('The run was ended: it was interrupted.')
    expect(printed.err).toMatch(/processor "a" \(message [0-9a-f]{32}\) has not yielded for \d/)
    expect(printed.err).toContain('at a (topology.mjs:6:')
    // The user has interrupted it: it has not failed.
    const listed = start(folder, 'errors', 'list', '--simulated', '--json')
    expect(await listed.ended).toBe(0)
    expect(listed.printed.out).toBe('[]\n')
  },
)
