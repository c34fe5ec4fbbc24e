import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openBuilder } from '../../src/project/build.ts'
import { openBuildCache } from '../../src/project/cache.ts'
import { compile } from '../../src/project/compile.ts'
import { inspectProject, loadProject, type Project } from '../../src/project/project.ts'
import { projectFolder, writeFiles } from './folder.ts'

const load = (cwd: string, options: { fresh?: boolean } = {}) =>
  loadProject(undefined, { cwd, stage: 'dev', ...options })

function call(project: Project, name: string, event?: unknown): unknown {
  const { handler, self } = project.processors.get(name)!
  return handler.call(self, event, {} as never, () => undefined)
}

function builds(cwd: string): string[] {
  return readdirSync(join(cwd, 'node_modules/.cache/attak')).filter((name) => !name.endsWith('.json'))
}

test('JavaScript is imported as it is: nothing is built', async () => {
  const cwd = projectFolder({
    'topology.mjs': `export default { name: 'plain', processors: { a: './a', b: './b.cjs' } }`,
    'a.mjs': 'export default (event) => [event, import.meta.url]',
    'b.cjs': 'module.exports = { handler() { return this === module.exports } }',
  })
  const project = await load(cwd)
  expect(call(project, 'a', 1)).toEqual([1, `file://${cwd}/a.mjs`])
  expect(call(project, 'b')).toBe(true)
  expect(readdirSync(join(cwd, 'node_modules'))).toEqual([])
})

test('a topology in JSON has processors in JavaScript and TypeScript', async () => {
  const cwd = projectFolder({
    'topology.json': JSON.stringify({ name: 'raw', processors: { a: './a', b: { path: './b' } } }),
    'a.ts': 'export const handler = (event: number): number => event + 1',
    'b/index.js': 'exports.handler = (event) => event + 2',
  })
  const project = await load(cwd)
  expect([call(project, 'a', 1), call(project, 'b', 1)]).toEqual([2, 3])
})

test('a folder of processors is one processor for each module', async () => {
  const cwd = projectFolder({
    'topology.ts': `export default { name: 'folder', processors: './processors' }`,
    'processors/one.ts': 'export default () => 1',
    'processors/two/index.js': 'export const handler = () => 2',
    'processors/three.cjs': 'module.exports = () => 3',
    'processors/one.test.ts': 'not even code',
    'processors/types.d.ts': 'export type A = 1',
    'processors/.hidden.js': '',
    'processors/notes.md': '',
  })
  const project = await load(cwd)
  expect([...project.processors.keys()].sort()).toEqual(['one', 'three', 'two'])
  expect([call(project, 'one'), call(project, 'two'), call(project, 'three')]).toEqual([1, 2, 3])
})

/** For builds that have their own place. */
const noFolder = () => {
  throw new Error('no temporary folder is needed')
}

test.each([
  ['cut off', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 100))],
  ['empty', (file: string) => writeFileSync(file, '')],
  ['null', (file: string) => writeFileSync(file, 'null')],
  ['an empty object', (file: string) => writeFileSync(file, '{}')],
  ['without its fields one by one', undefined],
  ['a folder', (file: string) => [rmSync(file), mkdirSync(join(file, 'in'), { recursive: true })]],
  [
    'about outputs that are gone',
    (file: string) => rmSync(join(dirname(file), builds(join(file, '../../../..'))[0]!, 'topology.ts.mjs')),
  ],
])('a build whose manifest is %s is made again', async (_, damage) => {
  const cwd = projectFolder({ 'topology.ts': `export default { name: 'old', processors: { a: () => 1 as number } }` })
  await load(cwd)
  const cache = join(cwd, 'node_modules/.cache/attak')
  const manifest = join(cache, readdirSync(cache).find((name) => name.endsWith('.json'))!)
  const whole = JSON.parse(readFileSync(manifest, 'utf8'))
  const damages = damage
    ? [damage]
    : Object.keys(whole).flatMap((field) =>
        [undefined, 1, { a: 1 }].map(
          (value) => (file: string) => writeFileSync(file, JSON.stringify({ ...whole, [field]: value })),
        ),
      )
  for (const one of damages) {
    one(manifest)
    expect(await openBuilder(join(cwd, 'topology.ts'), noFolder).last()).toBeUndefined()
  }
  expect(call(await load(cwd), 'a')).toBe(1)
  expect(await openBuilder(join(cwd, 'topology.ts'), noFolder).last()).toBeDefined()
})

test('an unchanged build is used again, and any change of what it was made from makes a new one', async () => {
  const cwd = projectFolder({
    'tsconfig.json': '{ "extends": "./base.json" }',
    'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    'topology.ts': `import { one } from '@lib/one'\nexport default { name: 'cached', processors: { a: () => one } }`,
    'lib/one.ts': 'export const one = 1',
    'other/one.ts': 'export const one = 2',
  })
  expect(call(await load(cwd), 'a')).toBe(1)
  const [first] = builds(cwd)
  expect(call(await load(cwd), 'a')).toBe(1)
  expect(builds(cwd)).toEqual([first])
  writeFiles(cwd, { 'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./other/*"] } } }' })
  expect(call(await load(cwd), 'a')).toBe(2)
  expect(builds(cwd)).toHaveLength(2)
  writeFiles(cwd, { 'other/one.ts': 'export const one = 3' })
  expect(await openBuilder(join(cwd, 'topology.ts'), noFolder).last()).toBeUndefined()
  expect(call(await load(cwd), 'a')).toBe(3)
})

test('a build stays for an hour from when it is replaced, however old it is by then', async () => {
  const cwd = projectFolder({ 'topology.ts': `export default { name: 'old', processors: { a: () => 1 } }` })
  await load(cwd)
  const [first] = builds(cwd)
  const age = (hours: number) => {
    const then = statSync(cwd).mtimeMs / 1000 - hours * 3600
    utimesSync(join(cwd, 'node_modules/.cache/attak', first!), then, then)
  }
  age(24)
  writeFiles(cwd, { 'topology.ts': `export default { name: 'old', processors: { a: () => 2 } }` })
  await load(cwd)
  expect(builds(cwd)).toContain(first)
  age(2)
  await load(cwd, { fresh: true })
  expect(builds(cwd)).not.toContain(first)
})

test('a file that is written during a build makes a new build', async () => {
  const cwd = projectFolder({
    'package.json': '{}',
    'topology.ts': `import { one } from './one.ts'\nexport default { name: 'busy', processors: { a: () => one } }`,
    'one.ts': 'export const one = 1',
  })
  const file = join(cwd, 'topology.ts')
  for (const [name, changed] of Object.entries({
    'one.ts': 'export const one = 2',
    'package.json': '{"type":"module"}',
  })) {
    const cache = openBuildCache(file, noFolder)
    const folder = cache.newFolder()
    const compiled = await compile([file], folder)
    if (compiled.kind === 'failed') throw new Error('it does build')
    writeFiles(cwd, { [name]: changed })
    await cache.save(folder, compiled)
    expect(await openBuilder(file, noFolder).last(), name).toBeUndefined()
  }
})

test('a new file that an import now resolves to makes a new build', async () => {
  const cwd = projectFolder({
    'topology.ts': `import { one } from './one'\nimport { two } from './two'
      export default { name: 'shadowed', processors: { a: () => one + two } }`,
    'one.ts': 'export const one = 1',
    'two/index.ts': 'export const two = 10',
  })
  expect(call(await load(cwd), 'a')).toBe(11)
  writeFiles(cwd, { 'one.js': 'export const one = 2' })
  expect(call(await load(cwd), 'a')).toBe(12)
  writeFiles(cwd, { 'two.tsx': 'export const two = 20' })
  expect(call(await load(cwd), 'a')).toBe(22)
  writeFiles(cwd, { 'two.js': 'export const two = 30' })
  expect(call(await load(cwd), 'a')).toBe(32)
})

test.each(['js', 'json'])(
  'a topology in .%s whose processors are TypeScript runs once, from its first load on',
  async (ending) => {
    const counted = `globalThis.runsOfTopology = (globalThis.runsOfTopology ?? 0) + 1\n`
    const topology = `{ "name": "once", "processors": { "a": "./a", "b": "./processors/b.ts" } }`
    const cwd = projectFolder({
      'package.json': '{ "type": "module" }',
      [`topology.${ending}`]: ending === 'js' ? `${counted}export default ${topology}` : topology,
      'a.ts': `${ending === 'json' ? counted : ''}export const handler = () => globalThis.runsOfTopology`,
      'processors/b.ts': 'export const handler = () => 1',
    })
    Reflect.deleteProperty(globalThis, 'runsOfTopology')
    expect(call(await load(cwd), 'a')).toBe(1)
  },
)

describe('a build is made again if', () => {
  const FILES = {
    'topology.ts': `import { one } from './linked.ts'\nimport { two } from 'two'\nexport default { name: 'cached', processors: { a: () => [one, two] } }`,
    'one.ts': 'export const one = 1',
    'other.ts': 'export const one = 10',
    'packages/two/package.json': '{ "name": "two", "type": "module", "main": "index.ts" }',
    'packages/two/index.ts': 'export const two = 2',
    'packages/two/more.ts': 'export const two = 20',
    'packages/three/package.json': '{ "name": "two", "type": "module", "main": "index.ts" }',
    'packages/three/index.ts': 'export const two = 3',
  }
  const project = () => {
    const cwd = projectFolder(FILES)
    symlinkSync('one.ts', join(cwd, 'linked.ts'))
    symlinkSync('../packages/two', join(cwd, 'node_modules/two'))
    return cwd
  }
  const relink = (target: string, path: string) => {
    rmSync(path)
    symlinkSync(target, path)
  }
  const cached = (cwd: string) => join(cwd, 'node_modules/.cache/attak', builds(cwd)[0]!)

  test.each<[string, (cwd: string) => void, unknown]>([
    ['a link leads elsewhere', (cwd) => relink('other.ts', join(cwd, 'linked.ts')), [10, 2]],
    ['a package is linked elsewhere', (cwd) => relink('../packages/three', join(cwd, 'node_modules/two')), [1, 3]],
    [
      'a field of a package.json changes',
      (cwd) =>
        writeFiles(cwd, { 'packages/two/package.json': '{ "name": "two", "type": "module", "main": "more.ts" }' }),
      [1, 20],
    ],
    ['a file of it is gone', (cwd) => rmSync(join(cached(cwd), 'topology.ts.mjs')), [1, 2]],
    ['a file of it is cut', (cwd) => truncateSync(join(cached(cwd), 'topology.ts.mjs'), 20), [1, 2]],
  ])('%s', async (_when, change, expected) => {
    const cwd = project()
    expect(call(await load(cwd), 'a')).toEqual([1, 2])
    expect(await openBuilder(join(cwd, 'topology.ts'), () => cwd).last()).toBeDefined()
    change(cwd)
    expect(await openBuilder(join(cwd, 'topology.ts'), () => cwd).last()).toBeUndefined()
    expect(call(await load(cwd), 'a')).toEqual(expected)
  })
})

test('processors that only the running topology names are built too', async () => {
  const cwd = projectFolder({
    'topology.ts': `import { state } from './state.ts'
      state.runs++
      const name = ['a', 'b'].join('')
      export default { name: 'computed', processors: { a: './' + name } }`,
    'state.ts': 'export const state = { runs: 0 }',
    'ab.ts': `import { state } from './state.ts'\nexport const handler = () => state.runs`,
  })
  expect(call(await load(cwd), 'a')).toBe(1)
})

test.each(['mjs', 'cjs', 'ts'])(
  'a fresh load of .%s sees every change, also in what is imported, and nothing of the old state',
  async (ending) => {
    const topology =
      ending === 'cjs'
        ? `const { next } = require('./lib.cjs')\nmodule.exports = { name: 'fresh', processors: { a: () => next() } }`
        : `import { next } from './lib.${ending}'\nexport default { name: 'fresh', processors: { a: () => next() } }`
    const lib = (step: number) =>
      ending === 'cjs'
        ? `let n = 0; exports.next = () => (n += ${step})`
        : `let n = 0; export const next = () => (n += ${step})`
    const cwd = projectFolder({ [`topology.${ending}`]: topology, [`lib.${ending}`]: lib(1) })
    const first = await load(cwd, { fresh: true })
    expect([call(first, 'a'), call(first, 'a')]).toEqual([1, 2])
    expect(call(await load(cwd, { fresh: true }), 'a')).toBe(1)
    writeFiles(cwd, { [`lib.${ending}`]: lib(10) })
    const second = await load(cwd, { fresh: true })
    expect(call(second, 'a')).toBe(10)
    expect(second.files).toContain(join(cwd, `lib.${ending}`))
  },
)

test('a project without packages gets attak and zod lent', async () => {
  const cwd = projectFolder({
    'topology.mjs': `import { Retry } from 'attak'\nimport { z } from 'zod'
      export default { name: 'lent', processors: { a: () => [new Retry(5).afterMs, z.string().parse('x')], b: './b.cjs' } }`,
    'b.cjs': `const { z } = require('zod')\nexports.handler = () => z.number().parse(1)`,
  })
  const project = await load(cwd)
  expect(call(project, 'a')).toEqual([5, 'x'])
  expect(call(project, 'b')).toBe(1)
})

test('packages of a project override the lent ones, also after they are installed', async () => {
  const cwd = projectFolder({
    'topology.ts': `import * as zod from 'zod'\nexport default { name: 'own', processors: { a: () => 'own' in zod } }`,
  })
  expect(call(await load(cwd), 'a')).toBe(false)
  writeFiles(cwd, {
    'node_modules/zod/package.json': '{ "name": "zod", "type": "module", "exports": "./index.js" }',
    'node_modules/zod/index.js': 'export const own = true',
  })
  expect(call(await load(cwd), 'a')).toBe(true)
})

test('each module resolves the nearest packages', async () => {
  const dep = (version: string) => ({
    'package.json': '{ "name": "dep", "main": "main.cjs" }',
    'main.cjs': `exports.version = '${version}'`,
  })
  const inside = (folder: string, files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
  const cwd = projectFolder({
    'topology.ts': `import { version } from 'dep'\nimport { inner } from './libs/inner.ts'\nexport default { name: 'near', processors: { a: () => [version, inner] } }`,
    'libs/inner.ts': `import { version } from 'dep'\nexport const inner = version`,
    ...inside('node_modules/dep', dep('outer')),
    ...inside('libs/node_modules/dep', dep('inner')),
  })
  expect(call(await load(cwd), 'a')).toEqual(['outer', 'inner'])
})

test('a topology that cannot be loaded is reported with its place', async () => {
  const told = async (files: Record<string, string>) => {
    const { problems, project } = await inspectProject(undefined, { cwd: projectFolder(files), stage: 'dev' })
    expect(project).toBeUndefined()
    return problems.map(({ code, where, what, remedy }) => `${code} ${where}: ${what} | ${remedy}`)
  }
  expect(await told({ 'topology.mjs': 'export default {\n  name: x y\n}' })).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.mjs:2:11: Expected "}" but found "y" | Correct the code there.",
    ]
  `)
  expect(
    await told({
      'topology.ts': `import { a } from './gone.ts'\nimport b from 'no-such-package'\nexport default { a, b }`,
    }),
  ).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.ts:1:19: Could not resolve "./gone.ts" | Correct the path; it is relative to the file that names it.",
      "TOPOLOGY_LOAD_FAILED topology.ts:2:15: Could not resolve "no-such-package" | Install it: npm install no-such-package",
    ]
  `)
  expect(await told({ 'topology.cjs': `module.exports = require('./gone.js')` })).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.cjs:1:26: Could not resolve "./gone.js" | Correct the path; it is relative to the file that names it.",
    ]
  `)
  expect(await told({ 'topology.mjs': `throw new RangeError('too much')` })).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.mjs: failed while it was loaded: too much | Fix the code that threw.",
    ]
  `)
  expect(
    await told({
      'topology.ts': `import c from './data/prices.json' with { type: 'json' }\nexport default { name: 'x', processors: { c: () => c } }`,
      'data/prices.json': '{ "a": 1,\n  "b": oops }',
    }),
  ).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED data/prices.json:2:8: not JSON: expected a value, found "o"
      "b": oops }
           ^ | Correct the code there.",
    ]
  `)
  expect(await told({ 'topology.json': '{ "name": "x", }' })).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.json:1:16: not JSON: expected a property name in double quotes, found "}"
    { "name": "x", }
                   ^ | Correct it there.",
    ]
  `)
  expect(await told({ 'topology.mjs': `throw { not: 'an error' }` })).toMatchInlineSnapshot(`
    [
      "TOPOLOGY_LOAD_FAILED topology.mjs: failed while it was loaded: it threw an object | Fix the code that threw.",
    ]
  `)
})

test.each([
  ['topology.js', { 'package.json': 'null' }, 'package.json: holds null, not an object'],
  [undefined, { 'package.json': 'null' }, 'package.json: is not a JSON object'],
  [undefined, { 'package.json': '[1]' }, 'package.json: is not a JSON object'],
  [undefined, { 'a/package.json': 'null' }, 'a/package.json: holds null, not an object'],
])('a package.json that is not an object is named (topology %s, %j)', async (path, files, expected) => {
  const cwd = projectFolder({
    'topology.js': `module.exports = { name: 'x', processors: { a: './a/index.js' } }`,
    'a/index.js': 'exports.handler = () => 1',
    ...files,
  })
  const { problems } = await inspectProject(path, { cwd, stage: 'dev' })
  expect(problems.map(({ where, what }) => `${where}: ${what}`)).toContainEqual(expect.stringContaining(expected))
})

test('a failed load returns the files to watch', async () => {
  const cwd = projectFolder({ 'topology.ts': `import './lib.ts'\nexport default 1`, 'lib.ts': 'let a b' })
  const { files } = await inspectProject(undefined, { cwd, stage: 'dev', fresh: true })
  expect([...files].sort()).toEqual([join(cwd, 'lib.ts'), join(cwd, 'topology.ts')])
})

test('JSON is imported without an attribute, from a topology and from a processor', async () => {
  const cwd = projectFolder({
    'topology.mjs': `import c from './c.json'\nexport default { name: 'c', processors: { a: './a', b: () => c } }`,
    'a.mjs': `import c from './c.json'\nexport default () => c`,
    'c.json': '{ "one": 1 }',
  })
  const project = await load(cwd)
  expect([call(project, 'a'), call(project, 'b')]).toEqual([{ one: 1 }, { one: 1 }])
})

test('CommonJS in an ES module is answered with both ways out', async () => {
  const cwd = projectFolder({ 'package.json': '{ "type": "module" }', 'topology.js': 'module.exports = {}' })
  const { problems } = await inspectProject(undefined, { cwd, stage: 'dev' })
  expect(problems).toMatchObject([
    {
      what: 'failed while it was loaded: module is not defined in ES module scope',
      remedy: 'Write export default (and import), or rename topology.js to topology.cjs.',
    },
  ])
})
