import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, type Files, problemsOf } from './bundled.ts'

const filesOf = (name: string, manifest: object, index = ''): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', ...manifest }),
  [`node_modules/${name}/index.js`]: index,
})
const PROJECT: Files = {
  'topology.json': '{ "name": "native", "processors": { "a": { "path": "./a.mjs", "architecture": "x64" } } }',
  'a.mjs': `import pictures from 'pictures'\nexport const handler = () => pictures`,
}
const COMPUTED = `module.exports = require('@pictures/' + process.platform + '-' + process.arch)`

test('a package with parts for platforms is refused, even if it computes their names', async () => {
  const folder = projectFolder({
    ...PROJECT,
    ...filesOf('pictures', { optionalDependencies: { '@pictures/linux-x64': '1' } }, COMPUTED),
    ...filesOf('@pictures/linux-x64', { os: ['linux'], cpu: ['x64'] }),
  })
  expect((await problemsOf(folder)).map(({ where, what, remedy }) => [where, what, remedy])).toEqual([
    [
      'processors.a',
      expect.stringContaining('"@pictures/linux-x64" is native code, which no bundle can hold'),
      "Ship the package as it is: external: ['pictures'].",
    ],
  ])
})

test('parts for other systems do not prevent bundling', async () => {
  const folder = projectFolder({
    ...PROJECT,
    ...filesOf('pictures', { optionalDependencies: { fsevents: '1', absent: '1' } }, 'module.exports = 1'),
    ...filesOf('fsevents', { os: ['darwin'] }),
  })
  expect(Object.keys(await artifactsOf(folder))).toEqual(['a'])
})
