import { expect, test } from 'vitest'
import { inspectProject, loadProject } from '../../src/project/project.ts'
import { projectFolder } from './folder.ts'

const options = (cwd: string) => ({ cwd, stage: 'dev' })

const FACTORY = `({ log, config }) => async (message, { requestId, gts }) =>
  ({ message, config, requestId, gts: gts instanceof Date, log: typeof log.log })`

/** Loads a topology with one receiver, and sends it a message. */
async function answerOf(files: Readonly<Record<string, string>>, processor: unknown, ending = 'json') {
  const text = JSON.stringify({ name: 'orders', processors: { write: processor } })
  const cwd = projectFolder({ [`topology.${ending}`]: ending === 'json' ? text : `export default ${text}`, ...files })
  const project = await loadProject(undefined, options(cwd))
  const { handler } = project.processors.get('write')!
  return handler({ n: 1 }, { root: 'r' } as never, () => undefined)
}

const expected = { message: { n: 1 }, requestId: 'r', gts: true, log: 'function' }

test.each([
  ['an ES module', { 'receivers/log.mjs': `export default ${FACTORY}` }, './receivers/log.mjs'],
  ['an ES module without its ending', { 'receivers/log.mjs': `export default ${FACTORY}` }, './receivers/log'],
  ['CommonJS', { 'log.cjs': `module.exports = ${FACTORY}` }, './log'],
  ['CommonJS made of an ES module', { 'log.cjs': `exports.__esModule = true; exports.default = ${FACTORY}` }, './log'],
  ['TypeScript', { 'log.ts': `const n: number = 1\nexport default ${FACTORY}` }, './log'],
  [
    'a package',
    {
      'node_modules/@shop/log/package.json': '{ "main": "lib/log.js" }',
      'node_modules/@shop/log/lib/log.js': `module.exports = ${FACTORY}`,
    },
    '@shop/log',
  ],
  [
    'a package for import alone',
    {
      'node_modules/log/package.json': '{ "type": "module", "exports": { ".": { "import": "./log.js" } } }',
      'node_modules/log/log.js': `export default ${FACTORY}`,
    },
    'log',
  ],
])('a receiver is %s', async (_, files, receiver) => {
  const properties = { level: 'info' }
  for (const ending of ['json', 'ts']) {
    expect(await answerOf(files, { receiver, properties }, ending)).toEqual({ ...expected, config: properties })
  }
  expect(await answerOf(files, { receiver })).toEqual({ ...expected, config: {} })
})

test('a receiver of attak itself is named by its package', async () => {
  const answer = await answerOf({}, { receiver: 'attak/receivers/log' })
  expect(answer).toBeUndefined()
})

test('a text that is a variable as a whole is replaced by its value', async () => {
  const files = { 'log.mjs': `export default ${FACTORY}` }
  process.env.ATTAK_TEST_URL = 'http://somewhere'
  const properties = { list: ['$' + '{ATTAK_TEST_URL}'], part: 'a $' + '{ATTAK_TEST_URL}' }
  expect(await answerOf(files, { receiver: './log', properties })).toMatchObject({
    config: { list: ['http://somewhere'], part: properties.part },
  })
  delete process.env.ATTAK_TEST_URL
  await expect(answerOf(files, { receiver: './log', properties })).rejects.toMatchObject({
    code: 'VARIABLE_MISSING',
    message: 'the receiver "./log" needs the variable ATTAK_TEST_URL, which is not set',
  })
})

test('a factory that throws fails the message, and is called again for the next one', async () => {
  const cwd = projectFolder({
    'topology.json': '{ "name": "orders", "processors": { "write": { "receiver": "./log" } } }',
    'log.mjs': `let calls = 0
      export default () => { if (++calls === 1) throw new Error('no config'); return calls === 2 ? undefined : () => calls }`,
  })
  const { processors } = await loadProject(undefined, options(cwd))
  const send = () => processors.get('write')!.handler({}, {} as never, () => undefined)
  await expect(send()).rejects.toThrow('no config')
  await expect(send()).rejects.toThrow('the factory of the receiver "./log" returned no function')
  expect([await send(), await send()]).toEqual([3, 3])
})

test.each([
  [{ receiver: './none' }, 'PROCESSOR_NOT_FOUND', 'there is no module "./none"'],
  [{ receiver: '@shop/none' }, 'PROCESSOR_NOT_FOUND', 'the package "@shop/none" is not installed'],
  [{ receiver: 'attak/receivers/lgo' }, 'PROCESSOR_NOT_FOUND', 'attak has no receiver "lgo"'],
  [{ receiver: './empty' }, 'RECEIVER_INVALID', 'empty.mjs exports no factory as default'],
  [{ receiver: './class' }, 'RECEIVER_INVALID', 'class.mjs exports no factory as default'],
  [{ receiver: './broken' }, 'PROCESSOR_LOAD_FAILED', expect.stringContaining('broken.mjs')],
  [
    { receiver: 'attak/receivers/log', properties: { levle: 'info' } },
    'RECEIVER_INVALID',
    'there is no property "levle"',
  ],
  [{ receiver: 3 }, 'TOPOLOGY_INVALID', 'a path must be a string; got 3 (topology.json)'],
  [{ receiver: './log', path: './log' }, 'TOPOLOGY_INVALID', expect.stringContaining('has path and receiver')],
  [{ receiver: './log', properties: [] }, 'TOPOLOGY_INVALID', expect.stringContaining('must be an object')],
  [{ path: './log', properties: {} }, 'TOPOLOGY_INVALID', 'only a receiver has properties (topology.json)'],
])('the receiver %j is refused', async (processor, code, what) => {
  const cwd = projectFolder({
    'topology.json': JSON.stringify({ name: 'orders', processors: { write: processor } }),
    'log.mjs': `export default ${FACTORY}\nexport const handler = () => 1`,
    'empty.mjs': 'export const log = () => 1',
    'class.mjs': 'export default class Log {}',
    'broken.mjs': 'export default (',
  })
  const { problems } = await inspectProject(undefined, options(cwd))
  expect(problems).toMatchObject([{ code, what }])
})

test('a path without ./ is told apart from a package', async () => {
  const cwd = projectFolder({
    'topology.json': '{ "name": "orders", "processors": { "write": { "receiver": "receivers/log" } } }',
    'receivers/log.mjs': `export default ${FACTORY}`,
  })
  const { problems } = await inspectProject(undefined, options(cwd))
  expect(problems).toMatchObject([{ remedy: 'Did you mean "./receivers/log"? A path begins with ./ or /.' }])
})

test('properties in code may be left out by undefined, and must be JSON otherwise', async () => {
  const topology = (properties: string) =>
    `export default { name: 'orders', processors: { write: { receiver: './log', properties: ${properties} } } }`
  const inspect = (properties: string) => {
    const cwd = projectFolder({ 'topology.mjs': topology(properties), 'log.mjs': `export default ${FACTORY}` })
    return inspectProject(undefined, options(cwd))
  }
  expect((await inspect('{ url: undefined, deep: { list: [1] } }')).problems).toEqual([])
  for (const wrong of ['{ at: new Date(0) }', '{ call() {} }', '{ list: [undefined] }', '{ n: 1n }', 'null']) {
    const { problems } = await inspect(wrong)
    expect(problems).toMatchObject([{ where: 'processors.write.properties' }])
  }
})
