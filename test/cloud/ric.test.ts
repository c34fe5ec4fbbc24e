import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
// @ts-expect-error A script, without types.
import { installRuntimes } from '../../.ci/ric.mjs'
import { ARTIFACT_ENVIRONMENT, PROCESSOR_VARIABLE } from '../../src/bundle/artifact.ts'
import { artifactsOf, unpack } from '../bundle/bundled.ts'
import { projectFolder } from '../project/folder.ts'
import { startFunction } from './runtimeApi.ts'

interface Runtimes {
  readonly missing?: string
  readonly client: string
  readonly nodes: Readonly<Record<string, string>>
}

const { missing, client, nodes = {} }: Runtimes = installRuntimes()
const why = missing === undefined ? '' : ` (skipped: AWS's runtime client cannot be built without ${missing})`

const PROJECT = {
  'package.json': '{ "type": "module" }',
  'topology.js': `export default {
  name: 'ric',
  environment: { GREETING: 'hello' },
  processors: {
    old: './old.cjs',
    typed: './typed.ts',
    inline: (event, context) => context.emit('greeted', process.env.GREETING + ' ' + event),
  },
  streams: [],
}`,
  'old.cjs': `exports.handler = function (event, context, callback) {
  setTimeout(() => {
    context.emit('lengths', event.length, (error) => callback(error, 'done'))
  }, 1)
}`,
  'typed.ts': `interface Order { readonly id: string }

export async function handler(order: Order): Promise<void> {
  console.log('order', order.id)
  throw new Error('cannot take ' + order.id)
}`,
}

describe.skipIf(missing !== undefined)(`artifacts run by AWS's own runtime client${why}`, () => {
  describe.each(Object.entries(nodes))('on %s', (_, program) => {
    async function run(processor: string) {
      const folder = projectFolder(PROJECT)
      const artifact = (await artifactsOf(folder))[processor]!
      await unpack(artifact, join(folder, 'task'))
      const env = { ...ARTIFACT_ENVIRONMENT, [PROCESSOR_VARIABLE]: processor, GREETING: 'hello' }
      const running = await startFunction({
        program,
        client,
        folder: join(folder, 'task'),
        handler: artifact.handler,
        env,
      })
      onTestFinished(() => running.close())
      return running
    }

    test('a handler that calls back answers, invocation after invocation', async () => {
      const running = await run('old')
      for (const event of ['four', 'eleven here'])
        expect(await running.invoke(event)).toMatchObject({ kind: 'response' })
      expect(running.output()).toMatch(/"attak":"output".*"topic":"lengths".*"data":4[\s\S]*"data":11/)
    })

    test('a processor of the topology is found by its name', async () => {
      const running = await run('inline')
      expect(await running.invoke('world')).toMatchObject({ kind: 'response' })
      expect(running.output()).toContain('hello world')
    })

    test('what fails tells the lines of its source, and its log lines its processor', async () => {
      const running = await run('typed')
      await running.invoke({ id: 'a7' })
      expect(running.output()).toContain('cannot take a7')
      expect(running.output()).toMatch(/typed\.ts:5:9/)
      expect(running.output()).toMatch(/"processor":"typed".*order a7/)
    })
  })
})
