import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { artifactsOf, type Files, runBeside, textsOf } from './bundled.ts'

const WHOLE = `{
  name: 'orders',
  processors: {
    take: { handler: (event: any) => event, memory: 128 },
    bill: (event: any) => event,
  },
  streams: [['take', 'bill']],
}`

async function hashesOf(topology: string, file: string): Promise<readonly string[]> {
  const artifacts = await artifactsOf(projectFolder({ [file]: topology }))
  return ['take', 'bill'].map((name) => artifacts[name]!.hash)
}

describe('an edit of a setting does not change the artifacts of inline processors', () => {
  test.each([
    ['a constant with a type', 'topology.ts', `const topology: object = … satisfies object\nexport default topology`],
    [
      'defineTopology of any name',
      'topology.ts',
      `import { defineTopology as define } from 'attak'\nexport default define(…)`,
    ],
    ['CommonJS of TypeScript', 'topology.ts', `const topology = …\nexport = topology`],
    ['CommonJS', 'topology.cjs', `module.exports = …`],
  ])('if it is written as %s', async (_, file, form) => {
    const whole = file.endsWith('.cjs') ? WHOLE.replaceAll(': any', '') : WHOLE
    const write = (topology: string) => form.replace('…', () => topology)
    const before = await hashesOf(write(whole), file)
    const memory = '\n      // more\n      memory: 1024,\n      tags: { a: `b` },\n    '
    const edited = whole
      .replace('memory: 128', memory)
      .replace(']],', "]],\n  logRetention: 30,\n  input: { take: '/*' },")
    expect(await hashesOf(write(edited), file)).toEqual(before)
    expect(await hashesOf(write(whole.replace('=> event', '=> [event]')), file)).not.toEqual(before)
  })
})

test('an edit of a setting beside a call does not change the artifacts of other processors', async () => {
  const write = (setting: string) => `const wrap = (handler) => (event, c) => handler(event, c)
export default { name: 'orders', processors: {
  take: { handler: wrap((event) => event), ${setting} },
  bill: (event) => event,
} }`
  const before = await hashesOf(write('memory: 128'), 'topology.mjs')
  const after = await hashesOf(write(`memory: 256, tags: { a: 'b' }`), 'topology.mjs')
  expect(after[1]).toBe(before[1])
})

/** Bundles a project, and runs a script beside the artifact of one of its processors, which `load` loads. */
async function runOf(files: Files, name: string, script: string): Promise<string> {
  const folder = projectFolder(files)
  const { [name]: artifact } = await artifactsOf(folder)
  const load = `const { load } = await import('./index.mjs')\n`
  return runBeside(artifact!, join(folder, 'out'), load + script, '--enable-source-maps')
}

describe('a topology whose data is removed', () => {
  test('has stacks with the lines and columns of its source', async () => {
    const files = {
      'topology.ts': `interface Order { readonly id: string }
/* The data of an order
   is in here. */ type Orders = Record<string, Order>
export default { name: 'orders',
  streams: [['a', 'b'],
    ['b', 'a']],
  processors: {
    b: { memory: 1024, handler: (order: Order) => { throw new Error(order.id as string) } },
    a: (orders: Orders) => {
      return (orders.one as Order)!
        .id.split(',')
    },
  },
}`,
    }
    const stackOf = (name: string, event: string) =>
      runOf(files, name, `try { load('${name}').handler(${event}) } catch (error) { console.log(error.stack) }`)
    expect(await stackOf('b', '{ id: 7 }')).toMatch(/^Error: 7\n\s+at .*topology\.ts:8:59/m)
    expect(await stackOf('a', '{ one: {} }')).toMatch(/^TypeError: .*\n\s+at .*topology\.ts:11:13/m)
    const { a } = await artifactsOf(projectFolder(files))
    const map = JSON.parse((await textsOf(a!)).get('topology.ts.mjs.map')!)
    expect(map.sources.filter((source: string) => source.includes('topology'))).toEqual(['topology.ts'])
    expect(map.sourcesContent).toBeUndefined()
  })

  test('has the settings that a handler reads by `this`', async () => {
    const files = {
      'topology.mjs': `export default { name: 'own', retries: 1, processors: {
  a: { handler() { return this.memory }, memory: 256 },
} }`,
    }
    expect(await runOf(files, 'a', `const { handler, self } = load('a'); console.log(handler.call(self))`)).toBe(
      '256\n',
    )
  })

  test('knows its place', async () => {
    const files = {
      'topology.mts': `export default { name: 'placed', retries: 1, processors: { a: () => import.meta.filename as string } }`,
    }
    expect(await runOf(files, 'a', `console.log(load('a').handler())`)).toMatch(/[\\/]out[\\/]topology\.mts\n$/)
  })
})
