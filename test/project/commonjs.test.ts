import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { isCommonJs, requireAsModule } from '../../src/project/commonjs.ts'
import { folderOf } from '../cli/folder.ts'

test('a file is CommonJS by its ending, or by what its package.json says', () => {
  const folder = folderOf({
    'said/package.json': { type: 'commonjs' },
    'module/package.json': { type: 'module' },
    'silent/package.json': {},
    'broken/package.json': '{',
  })
  const found = ['said/a.js', 'said/b/a.js', 'said/a.mjs', 'module/a.js', 'module/a.cjs', 'silent/a.js', 'broken/a.js']
  expect(found.filter((file) => isCommonJs(join(folder, file)))).toEqual(['said/a.js', 'said/b/a.js', 'module/a.cjs'])
})

test.each([
  ['an object', 'module.exports = { handler() {}, other: 1 }'],
  ['a function', 'module.exports = () => {}'],
  ['a function with properties', 'module.exports = () => {}\nmodule.exports.handler = () => {}'],
  ['names', 'exports.handler = () => {}\nexports.default = 2'],
  ['a compiled module', "Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = () => {}"],
  ['text', "module.exports = 'text'"],
  ['nothing', ''],
])('exports that are %s are seen as import() sees them', async (_what, source) => {
  const file = join(folderOf({ 'a.cjs': source }), 'a.cjs')
  const imported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const required = requireAsModule(file) as Record<string, unknown>
  // Which Node names although it is hidden, and which not all versions name.
  const { __esModule, 'module.exports': _same, ...names } = imported
  for (const [name, value] of Object.entries(names)) expect(required[name], name).toBe(value)
  expect(Object.prototype.toString.call(required)).toBe('[object Module]')
})

test('what a module throws is thrown as it is', () => {
  const file = join(folderOf({ 'a.cjs': "throw new TypeError('no')" }), 'a.cjs')
  expect(() => requireAsModule(file)).toThrow(new TypeError('no'))
})
