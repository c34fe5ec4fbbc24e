import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { findTopology } from '../../src/project/find.ts'
import { projectFolder } from './folder.ts'

const thrown = (action: () => unknown): unknown => {
  try {
    return action()
  } catch (error) {
    return error
  }
}

const manifest = (main: string) => JSON.stringify({ name: 'x', main })

test.each([
  [
    'the main of package.json',
    { 'package.json': manifest('src/app.ts'), 'src/app.ts': '', 'index.ts': '' },
    'src/app.ts',
  ],
  ['a main in JSON', { 'package.json': manifest('./words.json'), 'words.json': '' }, 'words.json'],
  ['a main that is a folder', { 'package.json': manifest('lib'), 'lib/index.cjs': '' }, 'lib/index.cjs'],
  ['a main without its ending', { 'package.json': manifest('./app'), 'app.mjs': '' }, 'app.mjs'],
  ['topology before index', { 'package.json': '{}', 'index.ts': '', 'topology.json': '' }, 'topology.json'],
  ['TypeScript before JavaScript', { 'topology.ts': '', 'topology.js': '' }, 'topology.ts'],
  ['index last', { 'index.mjs': '' }, 'index.mjs'],
])('in a folder the topology is %s', (_, files, expected) => {
  const folder = projectFolder(files)
  expect(findTopology(undefined, folder)).toEqual({ file: join(folder, expected), warnings: [] })
  expect(findTopology('.', folder).file).toBe(join(folder, expected))
})

test('if main does not exist, the only candidate is the topology, with a warning', () => {
  const folder = projectFolder({ 'package.json': manifest('index.js'), 'topology.mjs': '' })
  const { file, warnings } = findTopology(undefined, folder)
  expect(file).toBe(join(folder, 'topology.mjs'))
  expect(warnings.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)).toEqual([
    'package.json: "main" names "index.js", which does not exist; topology.mjs is run. Name it in "main": npm pkg set main=topology.mjs',
  ])
})

test.each([
  ['src/app.ts', 'topology.js'],
  ['index.js', 'topology.mjs'],
])('if main names %s and %s lies beside it, main is the topology, with a warning', (main, other) => {
  const folder = projectFolder({ 'package.json': manifest(main), [main]: '', [other]: '' })
  const { file, warnings } = findTopology(undefined, folder)
  expect(file).toBe(join(folder, main))
  expect(warnings.map(({ code, where, what, remedy }) => `${code} ${where}: ${what}. ${remedy}`)).toEqual([
    `TOPOLOGY_AMBIGUOUS package.json: "main" names ${main}, which is run; ${other} is not read. Keep one of them, or name the other: npm pkg set main=${other}`,
  ])
  const own = projectFolder({ 'package.json': manifest('topology.js'), 'topology.js': '', 'topology.ts': '' })
  expect(findTopology(undefined, own).warnings).toEqual([])
})

test.each([
  ['topology.coffee', 'Compile it to JavaScript first: npx -p coffeescript coffee -c topology.coffee'],
  ['topology.py', 'Write it in JavaScript or TypeScript: attak runs on Node.js.'],
  ['topology.yml', 'Write it as JSON (.json), or as a module that exports it (.js, .ts).'],
  ['index.rb', 'Write it in JavaScript or TypeScript: attak runs on Node.js.'],
  ['topology.jsx', 'Give its path, such as attak check topology.jsx.'],
])('%s in a folder is refused as a topology', (name, remedy) => {
  const folder = projectFolder({ 'package.json': '{}', [name]: 'x', 'README.md': '' })
  const error = thrown(() => findTopology(undefined, folder))
  expect(error).toMatchObject({
    code: 'TOPOLOGY_NOT_FOUND',
    message: `${name}: has an ending that attak does not look for in a folder`,
    remedy,
  })
  if (name.endsWith('x')) return
  expect(thrown(() => findTopology(name, folder))).toMatchObject({ remedy })
  const main = projectFolder({ 'package.json': manifest(name), [name]: 'x' })
  expect(thrown(() => findTopology(undefined, main))).toMatchObject({ remedy })
})

test('a path names a file, with or without extension, or a folder', () => {
  const folder = projectFolder({ 'a/flow.ts': '', 'a/topology.js': '' })
  expect(findTopology('a/flow.ts', folder).file).toBe(join(folder, 'a/flow.ts'))
  expect(findTopology('a/flow', folder).file).toBe(join(folder, 'a/flow.ts'))
  expect(findTopology('a', folder).file).toBe(join(folder, 'a/topology.js'))
})

test.each([
  [
    'nothing there',
    {},
    undefined,
    '.: there is no topology here: no "main" in a package.json, no topology.{ts,mts,js,mjs,cjs,json}, no index.{ts,mts,js,mjs,cjs,json}',
    'Create a new project with `attak init my-project`, or give the path of a topology.',
  ],
  [
    'a main that is missing, where several files may be meant',
    { 'package.json': manifest('gone.js'), 'topology.ts': '', 'index.ts': '' },
    undefined,
    'package.json: "main" names "gone.js", which does not exist',
    'Name one of topology.ts, index.ts in "main": npm pkg set main=topology.ts',
  ],
  [
    'a main that is missing, where there is nothing else',
    { 'package.json': manifest('gone.js') },
    undefined,
    'package.json: "main" names "gone.js", which does not exist',
    'Create gone.js, or make "main" the path of the topology.',
  ],
  [
    'a package.json that is not JSON',
    { 'package.json': '{\n  "main": x }' },
    undefined,
    'package.json:2:11: not JSON: expected a value, found "x"',
    'Correct package.json, or give the path of a topology.',
  ],
  [
    'a file of another format',
    { 'y.yaml': '' },
    'y.yaml',
    'y.yaml: a .yaml file is not a topology',
    'Write it as JSON (.json), or as a module that exports it (.js, .ts).',
  ],
  [
    'a file of a format that only a bundler knows',
    { 'y.wasm': '' },
    'y.wasm',
    'y.wasm: a .wasm file is not a topology',
    'Give a .ts, .js or .json file.',
  ],
  [
    'a file without an ending',
    { passwd: 'root:x:0:0' },
    'passwd',
    'passwd: a file without an ending is not a topology',
    'Give a .ts, .js or .json file.',
  ],
  [
    'a file of events',
    { 'in/e.jsonl': '' },
    'in/e.jsonl',
    'in/e.jsonl: a .jsonl file is not a topology',
    'Events are given by --input in/e.jsonl.',
  ],
  [
    'a path that is wrong',
    {},
    'no/such',
    'no/such: there is no such file or folder',
    'Give the path of a topology or of the folder that holds it.',
  ],
])('%s: the error has a reason and a remedy', (_, files, path, message, remedy) => {
  const folder = projectFolder(files)
  const error = thrown(() => findTopology(path, folder))
  expect(error).toBeInstanceOf(AttakError)
  expect(error).toMatchObject({ code: 'TOPOLOGY_NOT_FOUND', message, remedy })
})
