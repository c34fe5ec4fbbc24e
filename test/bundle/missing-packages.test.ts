import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { bundleFolder, type Files } from './bundled.ts'

const packageFiles = (name: string, index: string, more: Files = {}): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: index,
  ...more,
})

async function warningsOf(
  code: string,
  packages: Files,
  external: readonly string[] = [],
): Promise<readonly unknown[]> {
  const processor = { path: './a.mjs', external }
  const { artifacts, problems } = await bundleFolder(
    projectFolder({
      'topology.json': JSON.stringify({ name: 'lacks', processors: { a: processor } }),
      'a.mjs': `export const handler = async () => ${code}`,
      ...packages,
    }),
  )
  expect(artifacts.size).toBe(1)
  return problems.map(({ severity, where, what, remedy }) => [severity, where, what, remedy])
}

const LACKS = (file: string, name = 'nowhere') => [
  [
    'warning',
    'processors.a',
    `node_modules/${file} requires "${name}", which is not installed`,
    `Install it: npm install ${name}`,
  ],
]

test('a package that a dynamic import leads to, and that lacks what it needs, is reported', async () => {
  expect(await warningsOf(`import('p')`, packageFiles('p', `module.exports = require('nowhere')`))).toEqual(
    LACKS('p/index.js'),
  )
  const deep = {
    ...packageFiles('p', `exports.q = { q: require('./q') }`, { 'node_modules/p/q.js': `const q = require('q/lib')` }),
    ...packageFiles('q', '', { 'node_modules/q/lib.js': `var { x } = require("@a/nowhere/x")` }),
  }
  expect(await warningsOf(`import('p')`, deep)).toEqual(
    LACKS('q/lib.js', '@a/nowhere/x').map((one) => [...one.slice(0, 3), 'Install it: npm install @a/nowhere']),
  )
})

test('what a package requires only perhaps is not reported', async () => {
  const perhaps = [
    `try { require('nowhere') } catch {}`,
    `exports.load = () => require('nowhere')`,
    `if (process.env.NONE) require('nowhere')`,
    `exports.none = process.env.NONE && require('nowhere')`,
    `switch (process.env.NONE) { case 'x': require('./lacks') }`,
    `// require('nowhere')`,
    `exports.text = "require('nowhere')"`,
    `require('node:fs')`,
  ]
  const files = perhaps.map((code, index) => packageFiles(`p${index}`, code))
  const lacks = { 'node_modules/p4/lacks.js': `require('nowhere')` }
  const code = `[${perhaps.map((_, index) => `import('p${index}')`).join(', ')}]`
  expect(await warningsOf(code, Object.assign({}, ...files, lacks))).toEqual([])
  expect(await warningsOf(`import('p')`, packageFiles('p', `require('there')`), [])).toEqual(
    LACKS('p/index.js', 'there'),
  )
})
