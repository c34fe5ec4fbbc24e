import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder, writeFiles } from '../project/folder.ts'
import { artifactsOf, type Files, problemsOf, runBeside, unzip } from './bundled.ts'

const TOPOLOGY = JSON.stringify({
  name: 'native',
  architecture: 'x64',
  processors: { a: { path: './a.mjs', external: ['pictures'] } },
})
const USES_PICTURES = `import { size } from 'pictures'\nexport const handler = (event) => size(event)`

function packageFiles(folder: string, manifest: object, index: string): Files {
  return {
    [`${folder}/package.json`]: JSON.stringify({ version: '1.0.0', ...manifest }),
    [`${folder}/index.js`]: index,
  }
}

function link(folder: string, path: string, target: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  symlinkSync(join(folder, target), join(folder, path))
}

test('an external package is shipped as it is, with its dependencies, also from a pnpm layout', async () => {
  const store = 'node_modules/.pnpm'
  const folder = projectFolder({
    'topology.json': TOPOLOGY,
    'a.mjs': USES_PICTURES,
    ...packageFiles(
      `${store}/pictures/node_modules/pictures`,
      { name: 'pictures', dependencies: { deep: '1', leaf: '1' } },
      `exports.size = (event) => [event, require('deep'), require('leaf')].join()`,
    ),
    [`${store}/pictures/node_modules/pictures/bin/tool.bin`]: 'native code',
    ...packageFiles(
      `${store}/deep/node_modules/deep`,
      { name: 'deep', dependencies: { leaf: '2' } },
      `module.exports = 'deep>' + require('leaf')`,
    ),
    ...packageFiles(`${store}/leaf1/node_modules/leaf`, { name: 'leaf' }, `module.exports = 'leaf1'`),
    ...packageFiles(`${store}/leaf2/node_modules/leaf`, { name: 'leaf', version: '2.0.0' }, `module.exports = 'leaf2'`),
  })
  link(folder, 'node_modules/pictures', `${store}/pictures/node_modules/pictures`)
  link(folder, `${store}/pictures/node_modules/deep`, `${store}/deep/node_modules/deep`)
  link(folder, `${store}/pictures/node_modules/leaf`, `${store}/leaf1/node_modules/leaf`)
  link(folder, `${store}/deep/node_modules/leaf`, `${store}/leaf2/node_modules/leaf`)
  const { a } = await artifactsOf(folder)
  const files = await unzip(a!)
  expect(files.get('node_modules/pictures/bin/tool.bin')!.contents.toString()).toBe('native code')
  expect([...files.keys()].filter((path) => path.endsWith('leaf/index.js'))).toEqual([
    'node_modules/deep/node_modules/leaf/index.js',
    'node_modules/leaf/index.js',
  ])
  expect(a!.sizes.map(({ part }) => part)).toContain('pictures')
  const script = `console.log((await import('./index.mjs')).load('a').handler('x'))`
  expect(await runBeside(a!, join(folder, 'out'), script)).toBe('x,deep>leaf2,leaf1\n')
})

test('parts for other platforms are left out, and a package without a part for the functions is refused', async () => {
  const files = {
    'package.json': '{ "type": "module" }',
    'topology.json': TOPOLOGY,
    'a.mjs': `export const handler = () => import('pictures')`,
    ...packageFiles(
      'node_modules/pictures',
      { name: 'pictures', optionalDependencies: { 'p-mac': '1', 'p-linux': '1', 'p-arm': '1' } },
      '',
    ),
    ...packageFiles('node_modules/p-mac', { name: 'p-mac', os: ['darwin'], cpu: ['arm64'] }, ''),
    ...packageFiles('node_modules/p-arm', { name: 'p-arm', os: ['linux'], cpu: ['arm64'] }, ''),
  }
  const { a } = await artifactsOf(
    projectFolder({
      ...files,
      ...packageFiles('node_modules/p-linux', { name: 'p-linux', os: ['linux'], cpu: ['x64'] }, ''),
    }),
  )
  const folders = [...(await unzip(a!)).keys()].flatMap(
    (path) => /^node_modules\/(.*)\/package.json/.exec(path)?.[1] ?? [],
  )
  expect(folders).toEqual(['p-linux', 'pictures'])
  expect(await problemsOf(projectFolder(files))).toEqual([
    {
      code: 'EXTERNAL_REFUSED',
      severity: 'error',
      where: 'processors.a',
      what: 'external package "pictures" has p-mac, which is not for linux on x64, where functions run',
      remedy: "Run npm install --os=linux --cpu=x64 --libc=glibc pictures, or set architecture: 'arm64'",
    },
  ])
})

test.each([
  ['arm64', "Name the package that needs it in external instead, or set architecture: 'arm64'"],
  ['ia32', 'Name the package that needs it in external instead'],
])('a package made for %s alone is refused without advice to install it for x64', async (cpu, remedy) => {
  const folder = projectFolder({
    'topology.json': TOPOLOGY,
    'a.mjs': `export const handler = () => import('pictures')`,
    ...packageFiles('node_modules/pictures', { name: 'pictures', os: ['linux'], cpu: [cpu] }, ''),
  })
  expect((await problemsOf(folder)).map((problem) => problem.remedy)).toEqual([remedy])
})

test('a mistyped package that is near one of package.json is not to be installed', async () => {
  const folder = projectFolder({
    'package.json': '{ "type": "module", "dependencies": { "sharp": "1" } }',
    'topology.json': JSON.stringify({ name: 'lost', processors: { a: { path: './a.js', external: ['shrap'] } } }),
    'a.js': `export const handler = () => 1`,
  })
  expect((await problemsOf(folder)).map(({ remedy }) => remedy)).toEqual([
    'Did you mean "sharp"? If not, check that "shrap" is the package you want, and install it.',
  ])
})

test('all missing packages are reported at once', async () => {
  const folder = projectFolder({
    'package.json': '{ "type": "module" }',
    'topology.json': JSON.stringify({
      name: 'lost',
      processors: { a: { path: './a.js', external: ['@none/such', 'half'] } },
    }),
    'a.js': `export const handler = () => 1`,
    ...packageFiles('node_modules/half', { name: 'half', dependencies: { other: '1' } }, ''),
  })
  expect((await problemsOf(folder)).map(({ what, remedy }) => [what, remedy])).toEqual([
    ['external package "@none/such" is not installed', 'Install it: npm install @none/such'],
    ['external package "other" is not installed, and half needs it', 'Run npm install.'],
  ])
})

test.each(['null', '[]', '5', '"pictures"', '{ "name": ', ''])(
  'an external package whose package.json is not a JSON object is refused: %j',
  async (text) => {
    const folder = projectFolder({
      'topology.json': TOPOLOGY,
      'a.mjs': `export const handler = () => import('pictures')`,
      'node_modules/pictures/package.json': JSON.stringify({ dependencies: { half: '1' } }),
      'node_modules/half/package.json': text,
    })
    expect((await problemsOf(folder)).map(({ what, remedy }) => [what, remedy])).toEqual([
      [
        'external package "half" has no valid package.json: node_modules/half/package.json is not a JSON object',
        'Remove the folder node_modules/half and run npm install.',
      ],
    ])
    writeFileSync(join(folder, 'node_modules/pictures/package.json'), text)
    expect((await problemsOf(folder)).map(({ remedy }) => remedy)).toEqual([
      'Remove the folder node_modules/pictures and run npm install.',
    ])
  },
)

test('fields of an external package.json that have the wrong type count as empty', async () => {
  const odd = { dependencies: 5, optionalDependencies: 'ab', peerDependencies: [1], os: { linux: true }, cpu: null }
  const folder = projectFolder({
    'topology.json': TOPOLOGY,
    'a.mjs': USES_PICTURES,
    ...packageFiles('node_modules/pictures', { ...odd, version: 5, libc: 'glibc' }, 'exports.size = (event) => event'),
  })
  const { a } = await artifactsOf(folder)
  expect([...(await unzip(a!)).keys()]).toContain('node_modules/pictures/index.js')
})

test.each(['null', '[]', '{ "os": "linux", "optionalDependencies": null }'])(
  'a package with an odd package.json is bundled: %j',
  async (text) => {
    const folder = projectFolder({
      'topology.json': JSON.stringify({ name: 'odd', processors: { a: './a.mjs' } }),
      'a.mjs': `export const handler = async (event) => (await import('pictures')).size(event)`,
      'node_modules/pictures/package.json': text,
      'node_modules/pictures/index.js': 'exports.size = (event) => event',
    })
    const { a } = await artifactsOf(folder)
    const script = `console.log(await (await import('./index.mjs')).load('a').handler('x'))`
    expect(await runBeside(a!, join(folder, 'out'), script)).toBe('x\n')
  },
)

test('a native addon for another platform is refused, with its file, its platform and the remedy', async () => {
  const folder = projectFolder({
    'topology.json': TOPOLOGY,
    'a.mjs': `export const handler = () => import('pictures')`,
    ...packageFiles('node_modules/pictures', { name: 'pictures', dependencies: { deep: '1' } }, ''),
    ...packageFiles('node_modules/deep', { name: 'deep' }, ''),
  })
  const addon = Buffer.alloc(64)
  addon.write('\x7fELF\x02\x01\x01', 'latin1')
  addon.writeUInt16LE(183, 18)
  writeFileSync(join(folder, 'node_modules/deep/deep.node'), addon)
  expect(await problemsOf(folder)).toEqual([
    {
      code: 'EXTERNAL_REFUSED',
      severity: 'error',
      where: 'processors.a',
      what: 'external package "deep" has deep.node, which is for linux on arm64; the function needs linux on x64 with glibc',
      remedy:
        "Run npm install --os=linux --cpu=x64 --libc=glibc deep, or set architecture: 'arm64'. If npm compiles the package, run it on Linux (x64), for example in a container.",
    },
  ])
  writeFiles(folder, {
    'node_modules/deep/index.js': `try { module.exports = require('node-gyp-build')(__dirname) } catch { module.exports = 1 }`,
  })
  expect(Object.keys(await artifactsOf(folder))).toEqual(['a'])
})
