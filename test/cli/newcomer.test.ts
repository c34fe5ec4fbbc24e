import { expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf } from './folder.ts'

const topology = (rest: string) => `export default { name: 't', ${rest} }`

test('a handler that returns its data instead of emitting it is named at the end of the run', async () => {
  const run = (a: string) => {
    const text = topology(`processors: { a: ${a}, b: () => {} }, streams: [['a', 'b']], input: { a: 1 }`)
    return attak(folderOf({ 'topology.mjs': text }), ['simulate'])
  }
  const note =
    'a returned data and emitted nothing, so its streams carried nothing. Send data with context.emit(topic, data).'
  for (const a of ['() => ({ n: 1 })', 'async () => 1', '(e, c, done) => done(null, 1)']) {
    expect((await run(a)).out).toContain(`${note}\n`)
  }
  for (const a of ['() => {}', `(e, c) => c.emit('x')`, `(e, c) => { c.emit('x'); return 1 }`]) {
    expect((await run(a)).out).not.toContain('returned data')
  }
})

test('a stream to several processors is answered with one stream for each', async () => {
  for (const stream of [`['a', ['b', 'a']]`, `{ from: 'a', to: ['b', 'a'] }`]) {
    const text = topology(`processors: { a: () => {}, b: () => {} }, streams: [${stream}]`)
    const { code, out } = await attak(folderOf({ 'topology.mjs': text }), ['check'])
    expect(code).toBe(1)
    expect(out).toContain("Write one stream for each: ['a', 'b'], ['a', 'c'].")
  }
})

test('a path that is almost right is answered with the file that is there', async () => {
  const { code, err } = await attak(folderOf({ 'topology.mjs': '' }), ['simulate', 'topolgy.mjs'])
  expect(code).toBe(1)
  expect(err).toContain('topolgy.mjs: there is no such file or folder. Did you mean topology.mjs?')
})
