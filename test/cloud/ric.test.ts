import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { describeOnRuntimes, runProcessor } from './runtimes.ts'

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

describeOnRuntimes("artifacts run by AWS's own runtime client", (_, program) => {
  const run = (processor: string) => runProcessor(projectFolder(PROJECT), processor, program)

  test('a handler that calls back answers, invocation after invocation', async () => {
    const running = await run('old')
    for (const event of ['four', 'eleven here']) expect(await running.invoke(event)).toMatchObject({ kind: 'response' })
    expect(running.output()).toMatch(/"attak":"output".*"topic":"lengths".*"data":4[\s\S]*"data":11/)
  })

  test('a processor of the topology is found by its name', async () => {
    const running = await run('inline')
    expect(await running.invoke('world')).toMatchObject({ kind: 'response' })
    expect(running.output()).toContain('hello world')
  })

  test('failures have the lines of their source, and log lines their processor', async () => {
    const running = await run('typed')
    await running.invoke({ id: 'a7' })
    expect(running.output()).toContain('cannot take a7')
    expect(running.output()).toMatch(/typed\.ts:5:9/)
    expect(running.output()).toMatch(/"processor":"typed".*order a7/)
  })
})
