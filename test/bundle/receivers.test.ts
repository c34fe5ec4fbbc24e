import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { codeProblems } from '../../src/bundle/bundle.ts'
import { modulesOf } from '../../src/project/handlers.ts'
import { inspectProject } from '../../src/project/project.ts'
import { createTestDriver } from '../../src/testing/driver.ts'
import { projectFolder } from '../project/folder.ts'

const FACTORY = `({ log, config }) => async (message, { requestId, gts, log: ours }) => {
  log.info('by the receiver', config.level)
  return { message, config, isId: /^[0-9a-f]{32}$/.test(requestId), gts: gts instanceof Date }
}`

/** Runs a receiver from the artifact that a deploy would upload, as another processor invokes it. */
async function answerOf(files: Readonly<Record<string, string>>, receiver: object) {
  const processors = { write: receiver, ask: { path: './ask.mjs', invokes: ['write'] } }
  const folder = projectFolder({
    'topology.json': JSON.stringify({ name: 'orders', processors }),
    'ask.mjs': `export const handler = async (event, { invoke, emit }) => emit('answer', await invoke('write', event).catch(({ message }) => message))`,
    ...files,
  })
  const driver = await createTestDriver(join(folder, 'topology.json'), { built: true })
  onTestFinished(() => driver.close())
  await driver.send('ask', { n: 1 })
  return driver.outputs.map(({ data }) => data)
}

const properties = { level: 'info' }
const answer = { message: { n: 1 }, config: properties, isId: true, gts: true }

test.each([
  ['a module', { 'log.mjs': `export default ${FACTORY}` }, './log.mjs'],
  ['CommonJS', { 'log.cjs': `module.exports = ${FACTORY}` }, './log'],
  ['TypeScript', { 'log.ts': `const n: number = 1\nexport default ${FACTORY}` }, './log'],
  [
    'a package',
    {
      'node_modules/@shop/log/package.json': '{ "main": "lib/log.js" }',
      'node_modules/@shop/log/lib/log.js': `exports.__esModule = true; exports.default = ${FACTORY}`,
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
])('%s is a receiver in its artifact, too', async (_, files, receiver) => {
  expect(await answerOf(files, { receiver, properties })).toEqual([answer])
})

test('a receiver of attak is in its artifact', async () => {
  expect(await answerOf({}, { receiver: 'attak/receivers/log' })).toHaveLength(1)
})

test('the client of a receiver of attak is in its artifact', async () => {
  const files = {
    'node_modules/@platformatic/kafka/package.json': '{ "main": "index.js" }',
    'node_modules/@platformatic/kafka/index.js': `exports.Producer = class { async send({ messages }) { throw new Error(messages[0].value) } async close() {} }`,
  }
  const receiver = { receiver: 'attak/receivers/kafka', properties: { brokers: ['localhost:9092'], topic: 'orders' } }
  expect(await answerOf(files, receiver)).toEqual(['{"n":1}'])
})

test('a client that is not installed is reported with the command that installs it', async () => {
  const receiver = { receiver: 'attak/receivers/mongodb', properties: { url: 'mongodb://a/b', collection: 'c' } }
  const folder = projectFolder({ 'topology.json': JSON.stringify({ name: 'orders', processors: { write: receiver } }) })
  const { project } = await inspectProject(folder, { cwd: folder, stage: 'dev' })
  const { file, topology, graph, dir } = project!
  const modules = modulesOf(topology.processors, dir)
  const problems = await codeProblems({ file, topology, graph, modules, env: {}, host: 'lambda' })
  expect(problems).toMatchObject([
    { code: 'CLIENT_MISSING', remedy: 'Run npm install mongodb in the folder of the project.' },
  ])
})
