import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { foreseenProblems } from '../../src/bundle/foreseen.ts'
import type { SourceUnit } from '../../src/bundle/units.ts'
import { projectFolder } from '../project/folder.ts'
import { type Files, problemsOf } from './bundled.ts'

const packageFiles = (name: string, manifest: object, index = ''): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js', ...manifest }),
  [`node_modules/${name}/index.js`]: index,
})
/** It finds its native code by a loader, and has none for Linux. */
const NATIVE: Files = {
  'topology.json': '{ "name": "native", "processors": { "a": "./a.mjs", "b": "./b.cjs" } }',
  'a.mjs': `import level from 'level'\nimport old from 'old'\nimport fresh from 'fresh'\nexport const handler = () => [level, old, fresh]`,
  'b.cjs': `exports.handler = (name) => require(name)`,
  ...packageFiles(
    'level',
    { optionalDependencies: { 'level-mac': '1' } },
    `module.exports = require('node-gyp-build')(__dirname)`,
  ),
  ...packageFiles('level-mac', { os: ['darwin'] }),
  ...packageFiles('old', {}, `module.exports = require('node-gyp-build')(__dirname)`),
  ...packageFiles(
    'fresh',
    { type: 'module' },
    `import load from 'node-gyp-build'\nexport default load(import.meta.dirname)`,
  ),
  ...packageFiles('node-gyp-build', {}, 'module.exports = () => 1'),
}

test('what is refused, and what will be refused once its remedy is followed, is reported at once', async () => {
  const problems = await problemsOf(projectFolder(NATIVE))
  expect(problems.map(({ where, remedy }) => [where, remedy]).sort()).toEqual([
    ['processors.a', 'Run npm install --os=linux --cpu=arm64 --libc=glibc level'],
    ['processors.a', "Ship the package as it is: external: ['fresh']."],
    ['processors.a', "Ship the package as it is: external: ['level']."],
    ['processors.a', "Ship the package as it is: external: ['old']."],
    ['processors.b', expect.stringMatching(/^Write the name as a literal/)],
  ])
})

test('packages that will make an artifact too large are reported with the fault that asks for them', async () => {
  const folder = projectFolder({
    ...packageFiles('large', {}),
    'node_modules/large/data.bin': randomBytes(3000).toString('base64'),
  })
  const unit: SourceUnit = {
    ...{ id: 'a', processors: ['a'], names: ['a'], target: 'node20', architecture: 'x64', source: '' },
    ...{ external: [], include: [] },
  }
  const location = { file: 'node_modules/large/index.js', line: 1, column: 0 }
  const fault = { message: { text: '"x.node" is native code', location }, units: [unit] }
  const limits = { zipBytes: 2000, unzippedBytes: 3000 }
  const problems = await foreseenProblems([unit], [fault], folder, limits)
  expect(problems.map(({ code, what }) => [code, /(?:un)?zipped/.exec(what)?.[0]])).toEqual([
    ['BUNDLE_TOO_LARGE', 'zipped'],
    ['BUNDLE_TOO_LARGE', 'unzipped'],
  ])
  expect(await foreseenProblems([unit], [fault], folder)).toEqual([])
  expect(await foreseenProblems([unit], [], folder, limits)).toEqual([])
})
