import { expect, test } from 'vitest'
import { inspectProject, loadProject } from '../../src/project/project.ts'
import { projectFolder } from './folder.ts'

const options = (cwd: string) => ({ cwd, stage: 'dev' })

async function answerOf(cwd: string, processor: string, event?: unknown): Promise<unknown> {
  const project = await loadProject(undefined, options(cwd))
  const { handler, self } = project.processors.get(processor)!
  return handler.call(self, event, {} as never, () => undefined)
}

test('a topology in CommonJS is loaded with its handlers', async () => {
  const cwd = projectFolder({
    'topology.cjs': `module.exports = { name: 'plain', processors: { a: './a', b: (event) => event + 1 }, streams: [['a', 'b']] }`,
    'a.js': 'exports.handler = () => __filename',
  })
  expect(await answerOf(cwd, 'a')).toBe(`${cwd}/a.js`)
  expect(await answerOf(cwd, 'b', 1)).toBe(2)
})

test('a topology in TypeScript is built, and what it shares with its processors stays one instance', async () => {
  const cwd = projectFolder({
    'topology.ts': `import { defineTopology, Retry } from 'attak'
      import { count } from './shared.ts'
      count()
      export default { name: 'typed', processors: { a: './processors/a' } }`,
    'shared.ts': 'let calls: number = 0\nexport const count = () => ++calls',
    'processors/a.ts': `import { readFileSync } from 'node:fs'
      import { count } from '../shared.js'
      export const handler = () => [count(), readFileSync(new URL('./data.txt', import.meta.url), 'utf8'), import.meta.dirname, __filename]`,
    'processors/data.txt': 'beside',
  })
  expect(await answerOf(cwd, 'a')).toEqual([2, 'beside', `${cwd}/processors`, `${cwd}/processors/a.ts`])
})

test('all problems of processors and topology are reported at once', async () => {
  const cwd = projectFolder({
    'topology.ts': `export default { processors: { a: './processors/revers', b: './processors/broken', c: './processors/none', d: './processors/throws' }, streams: [['a', 'x']] }`,
    'processors/reverse.ts': 'export default () => 1',
    'processors/broken.ts': 'export const a = 1\nlet foo bar',
    'processors/none.ts': 'export const hanlder = () => 1',
    'processors/throws.ts': 'export const handler = () => 1\n\nnull.x',
  })
  const { problems } = await inspectProject(undefined, options(cwd))
  expect(problems.map(({ code, where, what }) => [code, where, what])).toEqual([
    ['TOPOLOGY_INVALID', 'name', 'the topology has no name (topology.ts)'],
    ['TOPOLOGY_UNKNOWN_PROCESSOR', 'stream "a → x"', 'no processor named "x" (topology.ts)'],
    [
      'PROCESSOR_NOT_FOUND',
      'processors.a',
      'there is no module "./processors/revers", with or without the ending of a JavaScript or TypeScript file',
    ],
    ['PROCESSOR_LOAD_FAILED', 'processors.b', 'processors/broken.ts:2:9: Expected ";" but found "bar"'],
    ['PROCESSOR_NO_HANDLER', 'processors.c', 'processors/none.ts exports no handler; it exports "hanlder"'],
    [
      'PROCESSOR_LOAD_FAILED',
      'processors.d',
      "processors/throws.ts failed while it was loaded: Cannot read properties of null (reading 'x')",
    ],
  ])
})

test('a package whose package.json holds null is named with the remedy', async () => {
  const cwd = projectFolder({
    'topology.json': '{ "name": "t", "processors": { "a": "./a.mjs", "b": "./b.cjs", "c": "./c.ts", "d": "./d.mjs" } }',
    'a.mjs': `import 'pkg'\nexport const handler = () => 1`,
    'b.cjs': `require('@a/pkg')\nexports.handler = () => 1`,
    'c.ts': `import '@a/pkg'\nexport const handler = (event: unknown) => event`,
    'd.mjs': `export const handler = () => 1\nnull.x`,
    'node_modules/@a/pkg/package.json': 'null',
    'node_modules/@a/pkg/index.js': '',
    'node_modules/good/package.json': '{}',
    'node_modules/pkg/package.json': '{}',
    'node_modules/pkg/index.js': `require('@a/pkg')`,
  })
  const { problems } = await inspectProject(undefined, options(cwd))
  const broken = 'node_modules/@a/pkg/package.json is not a JSON object, so that Node loads no module of the package'
  const remedy = 'Remove the folder node_modules/@a/pkg and run npm install.'
  expect(problems.map(({ where, what, remedy }) => [where, what, remedy])).toEqual([
    ['processors.a', broken, remedy],
    ['processors.b', broken, remedy],
    ['processors.c', broken, remedy],
    ['processors.d', expect.stringContaining('d.mjs failed while it was loaded'), 'Fix the code that threw.'],
  ])
})

test('a handler named by module and export, as in other tools, is refused with its path', async () => {
  const cwd = projectFolder({
    'topology.json':
      '{ "name": "t", "processors": { "a": "src/index.handler", "b": { "path": "./src/index.charge" }, "c": "gone.handler" } }',
    'src/index.js': 'exports.handler = exports.charge = () => 1',
  })
  const { problems } = await inspectProject(undefined, options(cwd))
  expect(problems.map(({ where, remedy }) => [where, remedy])).toEqual([
    ['processors.a', 'Write path: "./src/index".'],
    ['processors.b', 'Write path: "./src/index", and export charge there as handler.'],
    ['processors.c', "Create that file, or correct the path; it is relative to the topology's file."],
  ])
})

test('paths of processors are relative to the topology, or else to the folder of its package', async () => {
  const cwd = projectFolder({
    'package.json': '{ "type": "module" }',
    'flows/topology.js': `export default { name: 't', processors: { a: './a', b: './processors/b' }, streams: [] }`,
    'flows/a.js': `export default () => 'beside'`,
    'a.js': `export default () => 'package'`,
    'processors/b.js': `export default () => 'b'`,
    'flows/folder.js': `export default { name: 't', processors: './processors' }`,
  })
  const { project, problems } = await inspectProject('flows/topology.js', options(cwd))
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(project?.processors.get('a')?.handler(undefined, undefined as never, () => {})).toBe('beside')
  expect(project?.processors.get('b')?.handler(undefined, undefined as never, () => {})).toBe('b')
  const { project: folder } = await inspectProject('flows/folder.js', options(cwd))
  expect([...folder!.processors.keys()]).toEqual(['b'])
})
