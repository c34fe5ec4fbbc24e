import { expect, it } from 'vitest'
import { folderOf } from './folder.ts'
import { attak, shell } from './spawned.ts'

/** Changes to a folder and removes it. */
const REMOVE = `import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
const remove = () => {
  const folder = mkdtempSync(join(tmpdir(), 'attak-removed-'))
  process.chdir(folder)
  rmdirSync(folder)
}
`
/** How long a run took: `4.6 ms`, `12 ms`. */
const TOOK = /[\d.]+ m?s/
const topologyOf = (load: string, handler: string) => `${REMOVE}${load}
export default { name: 't', input: { a: 1 }, processors: {
  a(event, context) { context.emit('x', 1); ${handler} } } }`

it.each(['simulate', 'graph'])('attak %s ends as usual if the project removes the current folder', (command) => {
  const folder = folderOf({ 'topology.mjs': topologyOf('', '') })
  const usual = attak(folder, command)
  expect(usual.code).toBe(0)
  for (const [load, handler] of [
    ['remove()', ''],
    ['', 'remove()'],
  ] as const) {
    const { code, out } = attak(folderOf({ 'topology.mjs': topologyOf(load, handler) }), command)
    expect({ load, code, out: out.replace(TOOK, '') }).toEqual({
      load,
      code: 0,
      out: usual.out.replace(TOOK, ''),
    })
  }
})

it.each([
  ["setTimeout(() => { throw new Error('late') }); await new Promise((done) => setTimeout(done, 20))", ''],
  ['Array.prototype.push = () => { throw new Error("changed") }', ''],
  ['', 'Array.prototype.map = () => { throw new Error("changed") }'],
  ['', 'throw new Error("no")'],
  ['', 'process.exit(3)'],
] as const)('a failure in a removed folder is reported: %s%s', (load, handler) => {
  const folder = folderOf({
    'topology.mjs': topologyOf(`${load && 'remove();'}${load}`, `${handler && 'remove();'}${handler}`).replace(
      "'t'",
      "'t', timeout: 1",
    ),
  })
  const { code, err, out } = attak(folder, 'simulate')
  expect({ code, text: out + err }).toEqual({ code: 1, text: expect.not.stringMatching(/uv_cwd|bug of attak/) })
  expect(out + err).not.toBe('')
})

it.each(['simulate', 'check', 'graph', 'init x --yes', 'errors list', 'doctor'])(
  'attak %s ends with a message, or as usual, if the folder is removed at any time',
  (line) => {
    for (const seconds of ['0.02', '0.05', '0.1']) {
      const folder = folderOf({})
      const { code, err } = shell(folder, `mkdir d; cd d; (sleep ${seconds}; rm -rf ../d) & attak ${line}`)
      expect({ code, err }).toEqual({
        code: expect.toSatisfy((code) => code === 0 || code === 1),
        err: expect.not.stringMatching(/^ *at |bug of attak/m),
      })
    }
  },
)
