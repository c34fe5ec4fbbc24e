import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { bundleFolder, type Files } from './bundled.ts'

const ATTAK = resolve('bin/attak.js')

async function warningsOf(files: Files): Promise<readonly string[]> {
  const { artifacts, problems } = await bundleFolder(projectFolder(files))
  expect(artifacts.size).toBeGreaterThan(0)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return problems.map(({ code, where, what, remedy }) => `${code} ${where}: ${what}. ${remedy}`)
}

const HANDLER = 'export const handler = () => 1'

test('code that reads a file beside its source gives a warning, unless include names the file', async () => {
  const files = (include: readonly string[]) => ({
    'topology.json': JSON.stringify({
      name: 'files',
      processors: { a: { path: './lib/a.ts', include }, b: { path: './b.cjs', include } },
    }),
    'lib/a.ts': `import { readFileSync } from 'node:fs'
import { shared } from './shared.mjs'
export const text = () => readFileSync(new URL('../data/prices.csv', import.meta.url), 'utf8') + shared
export const none = () => new URL('./nowhere.txt', import.meta.url)
${HANDLER}`,
    'lib/shared.mjs': `import path from 'node:path'
export const shared = path.join(import.meta.dirname, 'templates')`,
    'b.cjs': `const { join } = require('path')
exports.handler = (name) => [require('fs').readFileSync('./here.txt'), join(__dirname, name), join(__dirname, '.env'), __filename]`,
    'data/prices.csv': '1',
    'lib/templates/one.txt': '1',
    'here.txt': '1',
    '.env': 'A=1',
  })
  expect(await warningsOf(files([]))).toEqual([
    "FILE_NOT_SHIPPED processors.a: lib/a.ts:3:57 reads data/prices.csv, which the artifact does not have. Ship it: include: ['data/prices.csv'].",
    "FILE_NOT_SHIPPED processors.a: lib/shared.mjs:2:55 reads lib/templates, which the artifact does not have. Ship it: include: ['lib/templates'].",
    "FILE_NOT_SHIPPED processors.b: b.cjs:2:60 reads here.txt, which the artifact does not have. Ship it: include: ['here.txt'].",
  ])
  expect(await warningsOf(files(['data', 'lib/templates/*.txt', '*.txt']))).toEqual([])
})

test('a computed path is reported at its place', async () => {
  const folder = projectFolder({
    'topology.json': '{ "name": "files", "processors": { "a": "./a.ts" } }',
    'a.ts': `import { readFileSync } from 'node:fs'

interface Unused { readonly text: string }
export const handler = (event: Unused) =>
  [process.env['OTH' + 'ER'], event.text,
    readFileSync('./da' + 'ta.txt')]`,
    'data.txt': '',
  })
  const { problems } = await bundleFolder(folder)
  expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
    'a.ts:5:4: reads the variable OTHER, which the environment of "a" does not declare, so it is undefined when deployed',
    'processors.a: a.ts:6:5 reads data.txt, which the artifact does not have',
  ])
})

test('files outside of the topology and modules without an import are reported with the remedy', async () => {
  const folder = projectFolder({
    'app/topology.json': '{ "name": "files", "processors": { "a": "./a.mjs" } }',
    'app/a.mjs': `import { Worker } from 'node:worker_threads'
export const file = new URL('../outside.txt', import.meta.url)
export const handler = () => new Worker(new URL('./worker.mjs', import.meta.url))`,
    'app/worker.mjs': '',
    'outside.txt': '',
  })
  const { problems } = await bundleFolder(resolve(folder, 'app'))
  expect(problems.map(({ what, remedy }) => `${what}. ${remedy}`)).toEqual([
    "a.mjs:2:33 reads ../outside.txt, which the artifact does not have. Move it into the topology's folder and name it in include.",
    "a.mjs:3:52 reads worker.mjs, which the artifact does not have. Ship it: include: ['worker.mjs'].",
  ])
})

test('a package that reads its own files gives a warning, unless it is external', async () => {
  const files = (external: readonly string[]) => ({
    'topology.json': JSON.stringify({ name: 'files', processors: { a: { path: './a.mjs', external } } }),
    'a.mjs': `import fonts from 'fonts'\nimport { geo } from '@scope/geo'\n${HANDLER}\nexport const used = [fonts, geo]`,
    'node_modules/fonts/package.json': '{ "name": "fonts", "version": "1.0.0", "main": "lib/index.js" }',
    'node_modules/fonts/lib/index.js':
      "module.exports = () => require('fs').readFileSync(__dirname + '/../data/plain.afm') + require('path').join(__dirname, '..', 'package.json')",
    'node_modules/fonts/data/plain.afm': '1',
    'node_modules/@scope/geo/package.json':
      '{ "name": "@scope/geo", "version": "1.0.0", "type": "module", "exports": "./geo.js" }',
    'node_modules/@scope/geo/geo.js':
      "import fs from 'node:fs'\nexport const geo = () => fs.readFileSync(new URL('./geo.dat', import.meta.url))",
    'node_modules/@scope/geo/geo.dat': '1',
  })
  expect(await warningsOf(files([]))).toEqual([
    "FILE_NOT_SHIPPED processors.a: @scope/geo reads @scope/geo/geo.dat, which the artifact does not have. If your code reaches that line, ship the package as it is: external: ['@scope/geo'].",
    "FILE_NOT_SHIPPED processors.a: fonts reads fonts/data/plain.afm, which the artifact does not have. If your code reaches that line, ship the package as it is: external: ['fonts'].",
  ])
  expect(await warningsOf(files(['fonts', '@scope/geo']))).toEqual([])
})

test('an external package that requires an ES module at any depth gives a warning', async () => {
  const package_ = (name: string, text: string, manifest: object = {}) => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', ...manifest }),
    [`node_modules/${name}/index.js`]: text,
  })
  const files = (settings: object) => ({
    'topology.json': JSON.stringify({
      name: 'modules',
      processors: {
        a: { path: './a.mjs', external: ['dom', 'both'], ...settings },
        b: { path: './b.cjs', external: ['both'], ...settings },
        c: { path: './c.cjs', external: ['late'], ...settings },
      },
    }),
    'a.mjs': `import dom from 'dom'\nimport { both } from 'both'\n${HANDLER}\nexport const used = [dom, both]`,
    'c.cjs': `const late = require('late')\nexports.handler = () => late`,
    'b.cjs': `const { both } = require('both')\nexports.handler = () => both`,
    ...package_('dom', `exports.dom = () => require('bytes')`, { dependencies: { bytes: '1' } }),
    ...package_(
      'bytes',
      `try { require('optional') } catch {}\nimport('late')\nmodule.exports = require('late/sub.js')`,
      {
        dependencies: { late: '1' },
      },
    ),
    ...package_('late', 'export default 1', { type: 'module' }),
    'node_modules/late/sub.js': 'export default 1',
    ...package_('optional', 'export default 1', { type: 'module' }),
    // As an ES module it imports one, which Lambda lets it do; as CommonJS it requires that.
    ...package_('both', `exports.both = require('late')`, {
      exports: { import: './index.mjs', require: './index.js' },
      dependencies: { late: '1' },
    }),
    'node_modules/both/index.mjs': `export { default as both } from 'late'`,
  })
  const help = (remedy: string) =>
    `, an ES module, which Lambda does not let require() load. ${remedy}, or set environment: { NODE_OPTIONS: '--experimental-require-module' }.`
  expect(await warningsOf(files({}))).toEqual([
    `PACKAGE_REQUIRES_MODULE processors.a: bytes/index.js requires "late/sub.js"${help('Install a version of dom that requires none')}`,
    `PACKAGE_REQUIRES_MODULE processors.b: both/index.js requires "late"${help('Install a version of both that requires none')}`,
    `PACKAGE_REQUIRES_MODULE processors.c: code of the artifact requires "late"${help('Import it')}`,
  ])
  expect(await warningsOf(files({ environment: { NODE_OPTIONS: '--experimental-require-module' } }))).toEqual([])
})

test('check reports reads of undeclared variables, and declared variables that are not set', () => {
  const folder = projectFolder({
    'topology.ts': `import { settings } from './settings.ts'
export default { name: settings, environment: ['MISSING'], processors: {
  a: { path: './a.ts', environment: { GIVEN: 'x' } }, b: './b.ts' } }`,
    'settings.ts': `export const settings = process.env.OF_TOPOLOGY ?? 'v'`,
    'a.ts': `const { GIVEN, NODE_ENV, AWS_REGION } = process.env\n${HANDLER}`,
    'b.ts': `import { shared } from './shared.ts'\nprocess.env.SET = 'x'\nexport const handler = () => [process.env.GIVEN, process.env.SET, shared]`,
    'shared.ts': 'export const shared = () => process.env.DEEP',
  })
  const { status, stdout } = spawnSync(process.execPath, [ATTAK, 'check'], { cwd: folder, encoding: 'utf8' })
  const lines = stdout.replaceAll(/\n {4}/g, ' ').split('\n')
  expect(lines.filter((line) => line.includes('VARIABLE'))).toEqual([
    `warning [VARIABLE_UNDECLARED] shared.ts:1:41: reads the variable DEEP, which the environment of "b" does not declare, so it is undefined when deployed. Declare it at the processor or the topology: environment: ['DEEP'].`,
    `warning [VARIABLE_UNDECLARED] b.ts:3:43: reads the variable GIVEN, which the environment of "b" does not declare, so it is undefined when deployed. Declare it at the processor or the topology: environment: ['GIVEN'].`,
    'warning [VARIABLE_MISSING] every processor: environment names MISSING, which is not set here. Set MISSING in the shell or in .env, or give its value in the topology.',
  ])
  expect(status).toBe(0)
})

test('a failed read in an artifact has a remedy, and the transcript is the same each time', {
  timeout: 60_000,
}, () => {
  const folder = projectFolder({
    'topology.json': '{ "name": "files", "processors": { "a": "./a.mjs" }, "input": { "a": "data" } }',
    'a.mjs': `import { readFileSync } from 'node:fs'
export const handler = (name) => readFileSync(new URL(name + '.txt', import.meta.url))`,
    'data.txt': '1',
  })
  const run = (...flags: string[]) =>
    spawnSync(process.execPath, [ATTAK, 'simulate', '--built', ...flags], { cwd: folder, encoding: 'utf8' }).stdout
  expect(run()).toContain(
    "ENOENT: no such file or directory, open 'data.txt'. The artifact does not have it: name the file in include, or the package that reads it in external.",
  )
  expect(run('--json')).toBe(run('--json'))
})

test('a topology that reads a file while it loads gets the remedy to include it', async () => {
  const { problems } = await bundleFolder(
    projectFolder({
      'topology.mjs': `import { readFileSync } from 'node:fs'
const text = readFileSync(new URL(['data', 'txt'].join('.'), import.meta.url), 'utf8')
export default { name: 'files', processors: { a: () => text } }`,
      'data.txt': '1',
    }),
  )
  expect(problems.map(({ code, what, remedy }) => [code, what, remedy])).toEqual([
    [
      'BUNDLE_LOAD_FAILED',
      expect.stringContaining("open 'data.txt'"),
      expect.stringMatching(/^The artifact does not have it: name the file in include/),
    ],
  ])
})
