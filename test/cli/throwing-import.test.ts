import { expect, test } from 'vitest'
import { folderOf } from './folder.ts'
import { attak, start } from './spawned.ts'

const THROWING = {
  'package.json': { type: 'module' },
  'cj.cjs': `throw new Error('cjs throws at load')`,
  'one.js': `import './cj.cjs'; export const handler = () => {}`,
  'two.js': `import './cj.cjs'; export const handler = () => {}`,
  'topology.js': `export default { name: 'u', processors: { one: './one.js', two: './two.js' }, input: { one: 1 } }`,
}

const MISSING = {
  ...THROWING,
  'node_modules/legacy/package.json': { name: 'legacy', version: '1.0.0', main: 'index.js' },
  'node_modules/legacy/index.js': `const a = require('ajvv'); exports.x = a`,
  'one.js': `import { x } from 'legacy'; export const handler = () => x`,
  'two.js': `export const handler = () => {}`,
}

/** Fails a test that saw the second report of an error which was caught. */
function expectOneReport(printed: string): void {
  expect(printed).not.toMatch(/Uncaught|ended the process|PromiseRejectionHandledWarning|Node\.js v/)
}

test.each([['simulate'], ['simulate', '--json'], ['simulate', '--built'], ['check'], ['graph'], ['plan']])(
  'attak %s %s names the processor whose import throws in CommonJS',
  (...argv) => {
    const { code, out, err } = attak(folderOf(THROWING), ...argv)
    expect(out + err).toContain('cjs throws at load')
    expect(out + err).toContain('processors.one')
    expect(out + err).toContain('processors.two')
    expectOneReport(out + err)
    expect(code).toBe(1)
  },
)

test.each([
  ['a number', '7'],
  ['undefined', 'undefined'],
  ['a frozen object', 'Object.freeze({ message: 1 })'],
])('a module that throws %s as it loads is named', (_, thrown) => {
  const { code, out, err } = attak(folderOf({ ...THROWING, 'cj.cjs': `throw ${thrown}` }), 'check')
  expect(out + err).toContain('processors.one')
  expectOneReport(out + err)
  expect(code).toBe(1)
})

test.each(['one.js', 'topology.js'])('a package without its dependency is reported with a remedy: %s', (file) => {
  const import_ = `import { x } from 'legacy';`
  const files = file === 'one.js' ? MISSING : { ...MISSING, 'one.js': MISSING['two.js'] }
  const folder = folderOf({ ...files, [file]: file === 'one.js' ? files[file] : `${import_} ${files[file as never]}` })
  const { code, out, err } = attak(folder, 'simulate')
  expect(out + err).toContain('npm install ajvv')
  expectOneReport(out + err)
  expect(code).toBe(1)
})

test('an uncaught rejection of a module still ends the process', () => {
  const cj = `Promise.reject(new Error('a lost rejection')); throw new Error('cjs throws at load')`
  const { code, out, err } = attak(folderOf({ ...THROWING, 'cj.cjs': cj }), 'check')
  expect(out + err).toContain('a lost rejection')
  expect(code).toBe(1)
})

test('--watch waits for a change of the module that throws', async () => {
  const { child, printed, until } = start(folderOf(THROWING), 'simulate', '--watch')
  await until('err', 'cjs throws at load')
  await until('err', 'Waiting')
  expectOneReport(printed.err)
  expect(child.exitCode).toBe(null)
  child.kill('SIGTERM')
})
