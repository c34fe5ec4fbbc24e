import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Context } from '../../src/index.ts'
import { createTestDriver } from '../../src/testing.ts'
import { projectFolder } from '../project/folder.ts'

const SHARED = `let count = 0\nexport const next = (): number => ++count`
const BOTH = `import { next } from './shared.ts'
const { env } = process
export const handler = (event: string, context: any) => context.emit('out', [event, next(), env.LEVEL, process.env.SECRET])`
const FILES = {
  'topology.ts': `export default {
    name: 'built', environment: ['GREETING'],
    processors: {
      a: { path: './a.ts', environment: { LEVEL: 'one' } },
      b: { path: './b.ts', environment: { LEVEL: 'two' } },
      inline: async (event: string, context: any) => { await new Promise(setImmediate); await context.emit('out', process.env.GREETING) },
      fails: './fails.ts',
    },
    streams: [['a', 'b', 'never']],
  }`,
  'a.ts': BOTH,
  'b.ts': BOTH,
  'fails.ts': `export function handler(event: string) {\n  throw new RangeError('no ' + event)\n}`,
  'shared.ts': SHARED,
}

test('each processor has its own modules and environment, and the environment of the process is restored', async () => {
  process.env.GREETING = 'hello'
  process.env.SECRET = 'nobody declared it'
  const { env } = process
  const driver = await createTestDriver(projectFolder(FILES), { built: true })
  await driver.sendAll(['a', 'b', 'a', 'inline'].map((to) => ({ to, event: 'x' })))
  expect(driver.outputs.map(({ data }) => data)).toEqual([
    ['x', 1, 'one', null],
    ['x', 1, 'two', null],
    ['x', 2, 'one', null],
    'hello',
  ])
  expect(process.env.SECRET).toBe('nobody declared it')
  await driver.close()
  expect(process.env).toBe(env)
  expect(Object.getOwnPropertyDescriptor(process, 'env')).toMatchObject({ value: env })
})

test('a driver sets the variables that the topology declares, and restores those of the process', async () => {
  const definition = (value: string) => ({
    name: 'given',
    processors: {
      a: {
        environment: { GIVEN: value, NEW: value },
        handler: (_: unknown, context: Context) => context.emit('out', [process.env.GIVEN, process.env.NEW]),
      },
    },
  })
  process.env.GIVEN = 'before'
  const [one, two] = [await createTestDriver(definition('one')), await createTestDriver(definition('two'))]
  await two.send('a')
  await one.close()
  await two.send('a')
  expect(two.outputs.map(({ data }) => data)).toEqual([
    ['two', 'two'],
    ['two', 'two'],
  ])
  await two.close()
  expect([process.env.GIVEN, 'NEW' in process.env]).toEqual(['before', false])
  await expect(createTestDriver(definition('x'.repeat(5000)))).rejects.toMatchObject({ code: 'ENVIRONMENT_TOO_LARGE' })
  expect(process.env.GIVEN).toBe('before')
})

test('the transcript equals that of the source, and no files remain', { timeout: 60_000 }, () => {
  const folder = projectFolder({ ...FILES, 'shared.ts': 'export const next = () => 1' })
  const temporary = projectFolder({})
  const simulate = (...flags: string[]) => {
    const argv = [resolve('bin/attak.js'), 'simulate', folder, '--json', '--input', '-', ...flags]
    const input = ['fails', 'inline', 'fails'].map((to) => JSON.stringify({ to, event: 'x' })).join('\n')
    try {
      return execFileSync(process.execPath, argv, {
        input,
        encoding: 'utf8',
        env: { ...process.env, GREETING: 'hello', TMPDIR: temporary },
      })
    } catch (error) {
      return (error as { readonly stdout: string }).stdout
    }
  }
  const source = simulate()
  expect(source).toContain('fails.ts:2:9')
  expect(simulate('--built')).toBe(source)
  expect(readdirSync(temporary)).toEqual(['node_modules'])
})

test.each([
  ['a file', `require('fs').readFileSync(require('path').join(...[__dirname, '..', 'data.txt']))`],
  [
    'a file above the artifact',
    `require('fs').readFileSync(require('path').join(...[__dirname, '../../..', 'data.txt']))`,
  ],
  ['a module', `require(['..', 'lib', 'other.js'].join('/'))`],
  ['the place of a module', `require.resolve(['..', 'lib', 'other.js'].join('/'))`],
])('a package that lacks %s when its artifact loads is reported with the remedy', (_, code) => {
  const folder = projectFolder({
    'topology.json': '{ "name": "built", "processors": { "a": "./a.mjs" } }',
    'data.txt': '1',
    'a.mjs': `import 'pkg'\nexport const handler = () => {}`,
    'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "main": "lib/index.js" }',
    'node_modules/pkg/lib/index.js': code,
    'node_modules/pkg/lib/other.js': '',
    'node_modules/pkg/data.txt': '1',
  })
  const argv = [resolve('bin/attak.js'), 'simulate', '--built', '--input', '-']
  const { stderr } = spawnSync(process.execPath, argv, {
    cwd: folder,
    input: '{"to":"a","event":1}\n',
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/PROCESSOR_LOAD_FAILED.* the package that reads it in external/)
})

/** A package whose thread still reads its own files when the process ends, as the transports of pino do. */
const THREADED = {
  'node_modules/threaded/package.json': '{ "name": "threaded", "version": "1.0.0", "main": "index.js" }',
  'node_modules/threaded/index.js': `const { Worker } = require('node:worker_threads')
    const state = new Int32Array(new SharedArrayBuffer(4))
    exports.start = () => {
      new Worker(require('node:path').join(__dirname, 'worker.js'), { workerData: state }).unref()
      process.on('exit', () => {
        Atomics.store(state, 0, 1)
        Atomics.notify(state, 0)
        Atomics.wait(state, 0, 1, 30_000)
        require('node:fs').writeSync(2, ['not started', 'still loading', 'read', 'not found'][Atomics.load(state, 0)])
      })
    }`,
  'node_modules/threaded/worker.js': `const { workerData: state } = require('node:worker_threads')
    Atomics.wait(state, 0, 0)
    Atomics.store(state, 0, require('node:fs').existsSync(__filename) ? 2 : 3)
    Atomics.notify(state, 0)`,
}

const DRIVEN = `const { createTestDriver } = await import(${JSON.stringify(resolve('dist/testing.js'))})
  const driver = await createTestDriver(process.argv[1], { built: true })
  await driver.send('a')
  await driver.close()`

test.each([
  ['attak simulate', (folder: string) => [resolve('bin/attak.js'), 'simulate', folder, '--built']],
  ['a test driver', (folder: string) => ['--input-type=module', '--eval', DRIVEN, folder]],
])('the files of a package are removed when the process of %s has ended, not before', (_, argvOf) => {
  const folder = projectFolder({
    ...THREADED,
    'topology.json': `{ "name": "t", "processors": { "a": { "path": "./a.mjs", "external": ["threaded"] } }, "input": { "a": 1 } }`,
    'a.mjs': `import { start } from 'threaded'\nexport const handler = () => start()`,
  })
  const temporary = projectFolder({})
  const { status, stderr } = spawnSync(process.execPath, argvOf(folder), {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'read' })
  expect(readdirSync(temporary)).toEqual(['node_modules'])
})

test('a processor that does not load with the declared environment is named', async () => {
  const folder = projectFolder({
    'topology.json': '{ "name": "built", "processors": { "a": "./a.mjs" } }',
    'a.mjs': `if (process.env.NEEDED === undefined) throw new Error('NEEDED is not set')\nexport const handler = () => {}`,
  })
  process.env.NEEDED = 'here'
  await expect(createTestDriver(folder, { built: true })).rejects.toMatchObject({
    code: 'PROCESSOR_LOAD_FAILED',
    message: expect.stringMatching(/processors\.a: its artifact failed while it was loaded: NEEDED is not set/),
  })
  await expect(createTestDriver({ name: 'v', processors: { a: () => {} } }, { built: true })).rejects.toMatchObject({
    code: 'USAGE',
  })
})

const BROKEN = {
  'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "main": "index.js" }',
  'node_modules/pkg/index.js': `function inner() { throw new Error('no') }\ninner()`,
}

test.each([
  [
    'an ES module',
    'a.mjs',
    { 'a.mjs': `import './deep/b.mjs'\nexport const handler = () => {}`, 'deep/b.mjs': `\nthrow new Error('no')` },
  ],
  [
    'CommonJS',
    'a.cjs',
    { 'a.cjs': `\nrequire('./deep/b')\nexports.handler = () => {}`, 'deep/b.js': `\nthrow new Error('no')` },
  ],
  ['a package', 'a.mjs', { 'a.mjs': `import 'pkg'\nexport const handler = () => {}`, ...BROKEN }],
])('the stack of %s that throws while its artifact is loaded is that of its source', (_, file, files) => {
  const folder = projectFolder({ 'topology.json': `{ "name": "t", "processors": { "a": "./${file}" } }`, ...files })
  const stackOf = (...flags: string[]) => {
    const argv = [resolve('bin/attak.js'), 'simulate', '--input', '-', ...flags]
    const { stderr } = spawnSync(process.execPath, argv, { cwd: folder, input: '', encoding: 'utf8' })
    return stderr.slice(stderr.indexOf('Error: no'))
  }
  expect(stackOf()).toMatch(/^Error: no/)
  expect(stackOf('--built')).toBe(stackOf())
})

test('a package that is not installed is to be installed, and not to be shipped', async () => {
  const folder = projectFolder({
    'topology.json': '{ "name": "t", "processors": { "a": "./a.mjs" } }',
    'a.mjs': `import 'pkg'\nexport const handler = () => {}`,
    'node_modules/pkg/package.json': '{ "name": "pkg", "version": "1.0.0", "main": "index.js" }',
    'node_modules/pkg/index.js': `require('nowhere')`,
  })
  await expect(createTestDriver(folder, { built: true })).rejects.toMatchObject({
    remedy: 'Install it: npm install nowhere',
  })
})
