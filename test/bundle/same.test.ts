import { describe, expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { problemsOf } from './bundled.ts'
import { emittedBy } from './same.ts'
import { CASES, packageOf } from './same-cases.ts'

describe('a processor does the same from its artifact as from its source, if', () => {
  for (const [name, { files, emits }] of Object.entries(CASES)) {
    test(name, { timeout: 30_000 }, async () => {
      const { source, built, artifact } = await emittedBy(files)
      expect(source).toEqual(emits)
      expect(built).toEqual(emits)
      expect(artifact).toEqual(emits)
    })
  }
})

test('an import that cannot be followed is refused with its place and the remedy', async () => {
  const folder = projectFolder({
    'topology.json': `{ "name": "refused", "processors": { "a": "./a.cjs", "b": "./b.mjs", "c": { "path": "./c.cjs", "include": ["c.txt"] } } }`,
    'a.cjs': `// require(name)\nconst { x } = require('./lib.mjs')\nexports.handler = (name) => require(name)`,
    'b.mjs': `export const handler = async (name) => [import.meta.resolve('old'),\n  await import(name), await import(\`./plug/\${name}.js\`)]`,
    'c.cjs': `exports.handler = (name) => require(name)`,
    'c.txt': '',
    'lib.mjs': `export const x = 1`,
    'plug/one.js': '',
    ...packageOf('old', ''),
  })
  const problems = await problemsOf(folder)
  expect(problems.map(({ where, what, remedy }) => [where, what, remedy.slice(0, 24)])).toEqual([
    [
      'processors.a',
      'a.cjs:2:23: "./lib.mjs" is an ES module, which Lambda does not let require() load',
      'Import it, or await impo',
    ],
    [
      'processors.a',
      'a.cjs:3:29: require(name) names a module that is known only at run time',
      'Write the name as a lite',
    ],
    ['processors.b', 'b.mjs:1:61: import.meta.resolve finds no "old" in an artifact', 'Ship the package as it i'],
    [
      'processors.b',
      'b.mjs:2:9: import(name) names a module that is known only at run time',
      'Write the name as a lite',
    ],
  ])
})

test('code that only resolves a package or a computed file is refused with its place and the remedy', async () => {
  const folder = projectFolder({
    'topology.json': `{ "name": "refused", "processors": { "a": "./a.cjs", "b": "./b.mts", "c": { "path": "./c.cjs", "external": ["old"] }, "d": "./d.mjs" } }`,
    'a.cjs': `require('old')\nexports.handler = (name) => [require.resolve('old'),\n  require.resolve('./plug/' + name)]`,
    'b.mts': `// import.meta.resolve('old')\nimport { createRequire } from 'node:module'\nconst load: NodeJS.Require = createRequire(import.meta.url)
export const handler = (name: string) => [load.resolve('old'), import.meta.resolve(name)]`,
    'c.cjs': `exports.handler = (name) => [require.resolve('old'), require.resolve(name)]`,
    'd.mjs': `// require.resolve('old')\nexport const handler = (name) => [Promise.resolve(name), path.resolve(name)]`,
    ...packageOf('old', ''),
  })
  const problems = await problemsOf(folder)
  expect(problems.map(({ where, what, remedy }) => [where, what, remedy.slice(0, 24)])).toEqual([
    ['processors.a', 'a.cjs:2:46: require.resolve finds no "old" in an artifact', 'Ship the package as it i'],
    [
      'processors.a',
      `a.cjs:3:19: require.resolve("./plug/" + name) names a file that is known only at run time`,
      'Write the path as a lite',
    ],
    ['processors.b', 'b.mts:4:56: require.resolve finds no "old" in an artifact', 'Ship the package as it i'],
    [
      'processors.b',
      'b.mts:4:84: import.meta.resolve(name) names a file that is known only at run time',
      'Write the path as a lite',
    ],
  ])
})

test('packages find their native code, or run without it if they expect that', async () => {
  const loads = (code: string) => ({
    'topology.json': '{ "name": "native", "processors": { "a": "./a.mjs" } }',
    'a.mjs': `import level from 'level'\nexport const handler = (event, c) => c.emit('out', level)`,
    ...packageOf('level', code),
    ...packageOf('node-gyp-build', `module.exports = () => 'native'`),
  })
  const problems = await problemsOf(projectFolder(loads(`module.exports = require('node-gyp-build')(__dirname)`)))
  expect(problems.map(({ where, what, remedy }) => [where, what, remedy])).toEqual([
    [
      'processors.a',
      'node_modules/level/index.js:1:26: "node-gyp-build" loads native code, which no bundle can hold',
      "Ship the package as it is: external: ['level'].",
    ],
  ])
  const fallback = `try { module.exports = require('node-gyp-build')(__dirname) } catch { module.exports = 'slow' }`
  const { source, artifact } = await emittedBy(loads(fallback))
  expect(artifact).toEqual(source)
})

test('a package that creates its require gets external packages by it', async () => {
  const { source, artifact } = await emittedBy({
    'topology.json': '{ "name": "same", "processors": { "a": { "path": "./a.mjs", "external": ["text"] } } }',
    'a.mjs': `import text from 'creates'\nexport const handler = (event, c) => c.emit('out', text)`,
    ...packageOf(
      'creates',
      `import { createRequire } from 'module'\nconst require = createRequire(import.meta.url)\nexport default require('text')()`,
      { type: 'module' },
    ),
    ...packageOf('text', `module.exports = () => require('node-gyp-build')()`, {
      dependencies: { 'node-gyp-build': '1' },
    }),
    ...packageOf('node-gyp-build', `module.exports = () => 'native'`),
  })
  expect(source).toEqual(['native'])
  expect(artifact).toEqual(source)
})

test('a package may import what is not installed, if the code is not reached', async () => {
  const { source, artifact } = await emittedBy({
    'a.mjs': `import lazy from 'lazy'\nexport const handler = async (event, c) => c.emit('out', await lazy().catch((error) => error.code))`,
    ...packageOf(
      'lazy',
      `module.exports = async () => { if (typeof window === 'object') require('left-out'); return import('optional-peer') }`,
    ),
  })
  expect(source).toEqual(['ERR_MODULE_NOT_FOUND'])
  expect(artifact).toEqual(source)
})

test('await as a name is refused with the remedy', async () => {
  const folder = projectFolder({
    'topology.json': '{ "name": "refused", "processors": { "a": "./a.cjs", "b": "./b.mjs" } }',
    'a.cjs': 'var await = 1\nexports.handler = () => await',
    'b.mjs': `import old from 'old'\nexport const handler = () => old`,
    ...packageOf('old', 'var await = 1\nmodule.exports = await'),
  })
  const problems = await problemsOf(folder)
  expect(problems.map(({ where, what, remedy }) => [where, what, remedy])).toEqual([
    [
      'processors.a',
      'a.cjs:1:5: Cannot use "await" as an identifier here',
      'Rename it: attak compiles CommonJS with esbuild, which reserves the word await.',
    ],
    [
      'processors.b',
      'node_modules/old/index.js:1:5: Cannot use "await" as an identifier here',
      "Ship the package as it is: external: ['old'].",
    ],
  ])
})
