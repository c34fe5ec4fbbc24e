import { expect, test } from 'vitest'
import { folderOf } from './folder.ts'
import { attak } from './spawned.ts'

test.each([
  ['sub/topology.js', `import './lib/x.js'\nexport default {}`],
  ['sub/topology.ts', `import './lib/x.js'\nexport default {}`],
  ['sub/topology.mjs', `export default { name: 't', processors: { a: './lib/x.js' } }`],
])('a stack from loading has paths relative to the current folder: %s', (file, source) => {
  const folder = folderOf({
    'sub/package.json': { type: 'module' },
    'sub/lib/x.js': `const fail = () => { throw new Error('no') }\nfail()\nexport default () => {}`,
    [file]: source,
  })
  const { code, out } = attak(folder, 'check', 'sub')
  expect([code, out]).toEqual([1, expect.stringContaining('at fail (sub/lib/x.js:1:')])
  expect(out).toContain('at sub/lib/x.js:2:1')
})

test('so have pending timers, and errors that a handler leaves in a timer', () => {
  const folder = folderOf({
    'sub/topology.mjs': `export default { name: 't', input: { a: 1, b: 1 }, processors: {
  a() { setTimeout(() => {}, 60_000) },
  b(event, context) { setImmediate(() => { throw new Error('late') }) } } }`,
  })
  const { out, err } = attak(folder, 'simulate', 'sub')
  expect(err).toContain('(sub/topology.mjs:2:9)')
  expect(out).toMatch(/at .*sub\/topology\.mjs:3:/)
})

test('code that throws null is reported', () => {
  const { out } = attak(folderOf({ 'topology.mjs': 'throw null' }), 'check')
  expect(out).toContain('it threw null')
})

test.each([
  ['topology.mjs', 'topology.mjs'],
  ['topology.ts', 'topology.ts'],
  ['topology.mjs', 'lib/pay.mjs'],
  ['topology.ts', 'lib/pay.ts'],
])(
  'an import of a name that a package lacks is reported with its line, and Node’s advice is kept: %s, %s',
  (file, importing) => {
    const lines = ["import fs from 'node:fs'", "import { b } from 'common'", 'export const pay = () => [fs, b]']
    const own = `export default { name: 't', processors: { pay }, input: { pay: 1 } }`
    const folder = folderOf({
      'node_modules/common/package.json': { name: 'common', version: '1.0.0' },
      'node_modules/common/index.js': 'module.exports = Object.assign({}, { b: 1 })',
      [importing]: lines.join('\n'),
      [file]: file === importing ? [...lines, own].join('\n') : `import { pay } from './${importing}'\n${own}`,
    })
    const { code, out } = attak(folder, 'check')
    expect(code).toBe(1)
    expect(out).toContain(
      `[TOPOLOGY_LOAD_FAILED] ${importing}:2:10: "common" has no export named "b".\n    Correct the name. If it is a CommonJS module,`,
    )
    expect(out).toContain("import pkg from 'common'; const { b } = pkg.")
  },
)
