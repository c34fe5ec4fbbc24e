import { describe, expect, it } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { drive } from './drive.ts'

const MODULE = `let opened = 0
export function setup({ processor, stage }) {
  console.log('opens')
  return { name: processor + '/' + stage + '/' + ++opened, region: process.env.REGION }
}
export const handler = (event, { resources, emit }) => emit('seen', [event, resources.name, resources.region])
export function teardown({ name }) { globalThis.closed.push(name) }
`
const TOPOLOGY = `
class Instance {
  setup() { this.up = true; return 'instance' }
  handler(event, { resources, emit }) { emit('seen', [this.up, resources]) }
  teardown(resources) { globalThis.closed.push(resources) }
}
export default {
  name: 't',
  environment: { REGION: 'eu' },
  processors: {
    module: './module.mjs',
    instance: new Instance(),
    inline: {
      setup: () => 'inline',
      handler: (event, { resources, emit }) => emit('seen', resources),
      teardown: (resources) => void globalThis.closed.push(resources),
    },
    unused: { setup: () => { throw new Error('never') }, handler() {} },
  },
}
`

describe('setup and teardown with a test driver', () => {
  it.each([false, true])('run once, and at close (built: %j)', async (built) => {
    const closed: string[] = []
    Object.assign(globalThis, { closed })
    const dir = projectFolder({ 'topology.mjs': TOPOLOGY, 'module.mjs': MODULE })
    const driver = await drive(`${dir}/topology.mjs`, { built })
    await driver.send('module', 1)
    await driver.send('module', 2)
    await driver.send('instance')
    await driver.send('inline')
    expect(driver.outputs.map(({ data }) => data)).toEqual([
      [1, 'module/dev/1', 'eu'],
      [2, 'module/dev/1', 'eu'],
      [true, 'instance'],
      'inline',
    ])
    expect(driver.logs.map(({ text }) => text)).toEqual(['opens'])
    expect(closed).toEqual([])
    await driver.close()
    await driver.close()
    expect(closed.toSorted()).toEqual(['inline', 'instance', 'module/dev/1'])
  })

  it('a setup that fails rejects the call, and a teardown that fails rejects close', async () => {
    const driver = await drive({
      name: 't',
      processors: {
        bad: { setup: () => Promise.reject(new Error('no database')), handler: () => {} },
      },
    })
    await expect(driver.send('bad')).rejects.toMatchObject({ code: 'SETUP_FAILED' })
    await expect(driver.send('bad')).rejects.toMatchObject({ code: 'SETUP_FAILED' })
    await driver.close()
  })

  it('a replaced handler has no setup', async () => {
    const processors = { a: { setup: () => Promise.reject(new Error('never')), handler: () => {} } }
    const driver = await drive(
      { name: 't', processors },
      { replace: { a: (_, { emit, resources }) => void emit('replaced', { none: resources === undefined }) } },
    )
    await driver.send('a')
    expect(driver.outputs.map(({ data }) => data)).toEqual([{ none: true }])
  })
})
