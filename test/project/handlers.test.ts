import { expect, test } from 'vitest'
import { inspectProject, loadProject } from '../../src/project/project.ts'
import { projectFolder } from './folder.ts'

const processorsOf = (files: Readonly<Record<string, string>>) => {
  const names = Object.keys(files).map((file) => file.replace(/\..*$/, ''))
  const processors = Object.fromEntries(names.map((name) => [name, `./${name}`]))
  const topology = JSON.stringify({ name: 'handlers', processors })
  return { cwd: projectFolder({ 'topology.json': topology, ...files }), stage: 'dev' }
}

test.each([
  ['a handler export', 'a.mjs', 'export const handler = () => 1; export default () => 2', 1],
  ['a default function', 'a.mjs', 'export default () => 2', 2],
  ['a default object with a handler', 'a.mjs', 'export default { n: 3, handler() { return this.n } }', 3],
  ['a default instance', 'a.mjs', 'class A { n = 4; handler() { return this.n } }\nexport default new A()', 4],
  ['a handler export that is an instance', 'a.mjs', 'export const handler = { n: 5, handler() { return this.n } }', 5],
  ['module.exports as function', 'a.cjs', 'module.exports = () => 6', 6],
  ['a handler on exports', 'a.cjs', 'exports.n = 7; exports.handler = function () { return this.n }', 7],
  ['a compiled default', 'a.cjs', 'exports.__esModule = true; exports.default = () => 8', 8],
  ['module.exports as instance', 'a.cjs', 'module.exports = new (class { n = 9; handler() { return this.n } })()', 9],
  ['TypeScript that exports a handler', 'a.ts', 'export function handler(event: unknown): number { return 10 }', 10],
  [
    'TypeScript with a default instance',
    'a.mts',
    'export default { n: 11 as number, handler() { return this.n } }',
    11,
  ],
  ['TypeScript in CommonJS', 'a.cts', 'const n: number = 12; module.exports = { handler: () => n }', 12],
])('the handler is %s', async (_, file, code, expected) => {
  const { processors } = await loadProject(undefined, processorsOf({ [file]: code }))
  const { handler, self } = processors.get('a')!
  expect(handler.call(self, undefined, {} as never, () => undefined)).toBe(expected)
})

test.each([
  [
    'exports beside a function',
    'a.mjs',
    "export const setup = () => 'up'; export const teardown = () => 'down'; export default () => 1",
  ],
  [
    'exports beside an instance',
    'a.mjs',
    "export const setup = () => 'up'; export const teardown = () => 'down'; export default { handler() {} }",
  ],
  [
    'methods of the default export',
    'a.mjs',
    "export default { up: 'up', handler() {}, setup() { return this.up }, teardown: () => 'down' }",
  ],
  [
    'inherited methods',
    'a.mjs',
    "class A { up = 'up'; setup() { return this.up } teardown() { return 'down' } handler() {} }\nexport default new A()",
  ],
  ['in CommonJS', 'a.cjs', "exports.handler = () => 1; exports.setup = () => 'up'; exports.teardown = () => 'down'"],
  [
    'properties of a CommonJS function',
    'a.cjs',
    "module.exports = () => 1; module.exports.setup = () => 'up'; module.exports.teardown = () => 'down'",
  ],
  [
    'in TypeScript',
    'a.ts',
    "export const setup = (): string => 'up'; export const teardown = (): string => 'down'; export const handler = () => 1",
  ],
])('setup and teardown are %s', async (_, file, code) => {
  const { processors } = await loadProject(undefined, processorsOf({ [file]: code }))
  const { setup, teardown } = processors.get('a')!
  expect([setup?.({} as never), teardown?.(undefined)]).toEqual(['up', 'down'])
})

test('an export that has the name of setup or teardown and is no function is reported', async () => {
  const files = {
    'a.mjs': 'export default () => 1; export const setup = Promise.resolve()',
    'b.mjs': 'export default () => 1; export class teardown {}',
    'c.mjs': 'export default { handler() {}, setup: 5 }',
  }
  const { problems } = await inspectProject(undefined, processorsOf(files))
  expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
    'processors.a: a.mjs exports "setup", which must be a function; it is a promise',
    'processors.b: b.mjs exports "teardown", which must be a function; it is a class',
  ])
})

test('the count of parameters and the name of a handler survive a build', async () => {
  const code = 'export default function reverse(event: string, context: object, callback: () => void) {}'
  const { processors } = await loadProject(undefined, processorsOf({ 'a.ts': code }))
  const { handler } = processors.get('a')!
  expect([handler.length, handler.name]).toEqual([3, 'reverse'])
})

test('a missing or invalid handler is reported with the existing exports', async () => {
  const files = { 'a.mjs': 'export const hanlder = 1', 'b.mjs': '', 'c.mjs': 'export default class C { handler() {} }' }
  const { problems } = await inspectProject(undefined, processorsOf(files))
  expect(problems.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)).toEqual([
    'processors.a: a.mjs exports no handler; it exports "hanlder". Export a function named "handler", or a function as default.',
    'processors.b: b.mjs exports no handler; it exports nothing. Export a function named "handler", or a function as default.',
    'processors.c: c.mjs exports no handler; it exports "default". A class cannot be called: export an instance of it, as default.',
  ])
})

test.each([
  ['./processors/revers', 'Did you mean "./processors/reverse"? The path is relative to the topology\'s file.'],
  ['processors/rverse', 'Did you mean "processors/reverse"? The path is relative to the topology\'s file.'],
  ['./elsewhere/x', "Create that file, or correct the path; it is relative to the topology's file."],
])('a path %s without a file is reported with the nearest file', async (path, remedy) => {
  const topology = JSON.stringify({ name: 'x', processors: { a: path } })
  const cwd = projectFolder({ 'topology.json': topology, 'processors/reverse.ts': 'export default () => 1' })
  const { problems } = await inspectProject(undefined, { cwd, stage: 'dev' })
  expect(problems).toMatchObject([{ code: 'PROCESSOR_NOT_FOUND', where: 'processors.a', remedy }])
})

test.each(['a.yml', 'a.wasm', 'a.css', 'a.json5', 'a.node', 'a'])('%s is refused as a processor', async (file) => {
  const topology = JSON.stringify({ name: 'handlers', processors: { a: `./${file}` } })
  const cwd = projectFolder({ 'topology.json': topology, [file]: 'hello: world' })
  const { problems } = await inspectProject(undefined, { cwd, stage: 'dev' })
  const what = `"./${file}" is neither a JavaScript nor a TypeScript file`
  expect(problems).toMatchObject([{ code: 'PROCESSOR_NOT_FOUND', where: 'processors.a', what }])
})

test.each([
  ['a.coffee', 'Compile it to JavaScript first: npx -p coffeescript coffee -c ./lib/a.coffee'],
  ['a.py', 'Write it in JavaScript or TypeScript: attak runs on Node.js.'],
  ['a.jsx', 'Give the path with its ending: "./lib/a.jsx".'],
])('%s beside a path without extension is reported with a remedy', async (name, remedy) => {
  const topology = JSON.stringify({ name: 'handlers', processors: { a: './lib/a' } })
  const cwd = projectFolder({
    'topology.json': topology,
    [`lib/${name}`]: 'x',
    'lib/a.md': '',
    'lib/a.yml': '',
    'lib/a.test.ts': '',
  })
  const { problems } = await inspectProject(undefined, { cwd, stage: 'dev' })
  const what = `there is no module "./lib/a"; "./lib/${name}" has an ending that attak does not look for`
  expect(problems).toMatchObject([{ code: 'PROCESSOR_NOT_FOUND', where: 'processors.a', what, remedy }])
})

test('helpers in a folder of processors are left out by their names, and the error names the rule', async () => {
  const files = {
    'topology.json': JSON.stringify({ name: 'handlers', processors: './processors' }),
    'processors/a.ts': 'export default () => 1',
    'processors/_shared.ts': 'export const x = 1',
    'processors/_lib/index.ts': 'export const x = 1',
    'processors/.hidden.ts': 'export const x = 1',
  }
  const { processors } = await loadProject(undefined, { cwd: projectFolder(files), stage: 'dev' })
  expect([...processors.keys()]).toEqual(['a'])
  const cwd = projectFolder({ ...files, 'processors/money.ts': 'export const round = 1' })
  const { problems } = await inspectProject(undefined, { cwd, stage: 'dev' })
  expect(problems.map(({ where, remedy }) => `${where}: ${remedy}`)).toEqual([
    'processors.money: Export a function named "handler", or a function as default. If it is no processor, begin its name with _: then attak leaves it out.',
  ])
})
