import { expect, onTestFinished, test } from 'vitest'
import { attak as here } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { attak } from '../spawned.ts'

/** Fails in the stage prod only. */
const STAGED = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: 'orders',
  processors: {
    bill(event, { stage }) {
      if (stage === 'prod') throw new Error('refused in prod')
    },
  },
  input: { bill: 1 },
}
`,
}

test('errors of a simulation are listed, shown and replayed in the stage that they happened in', async () => {
  const folder = folderOf(STAGED)
  const run = (line: string) => here(folder, line.split(' '), { date: Date.now })
  expect((await run('simulate -q --stage prod')).code).toBe(1)
  const listed = await run('errors list --simulated')
  expect(listed.out).toContain('the last simulation of orders (prod): 1 error')
  expect(listed.out).toContain('attak errors replay --all --simulated --stage prod')
  const replayed = await run('errors replay --all --simulated')
  expect(replayed.code).toBe(1)
  expect(replayed.out).toContain('refused in prod')
  expect((await run('errors list --simulated')).out).toContain('(prod): 1 error')
})

test('a given stage overrides, and failures are recorded in it', async () => {
  const folder = folderOf(STAGED)
  const run = (line: string) => here(folder, line.split(' '), { date: Date.now })
  await run('simulate -q --stage prod')
  expect((await run('errors replay --all --simulated --stage dev')).code).toBe(0)
  await run('simulate -q --stage prod')
  expect((await run('errors list --simulated --stage dev')).out).toContain('(dev): 1 error')
})

test('errors are replayed with the seed and the concurrency of their run', async () => {
  const folder = folderOf({
    'package.json': { type: 'module', main: 'topology.js' },
    'topology.js': `export default {
  name: 'orders',
  processors: { bill(event, context) { context.emit('next', 1); if (!globalThis.mended) throw new Error('no') }, next() {} },
  streams: [['bill', 'next', 'next']],
  input: { bill: 1 },
}
`,
  })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'mended'))
  await here(folder, ['simulate', '-q', '--seed', 'abc', '--concurrency', '3'], { date: Date.now })
  const list = async () => {
    const { out } = await here(folder, ['errors', 'list', '--simulated', '--json'])
    return (JSON.parse(out) as { run: unknown }[]).map(({ run }) => run)
  }
  expect(await list()).toEqual([{ seed: 'abc', concurrency: 3 }])
  await here(folder, ['errors', 'replay', '--all', '--simulated'], { date: Date.now })
  expect(await list()).toEqual([{ seed: 'abc', concurrency: 3 }])
})

test('an error of a built run is replayed built, and stays', () => {
  const folder = folderOf({
    ...STAGED,
    'bill.js': `export const handler = () => { if (process.env.AWS_LAMBDA_FUNCTION_NAME) throw new Error('only built') }`,
    'topology.js': `export default { name: 'orders', processors: { bill: './bill.js' }, input: { bill: 1 } }`,
  })
  expect(attak(folder, 'simulate', '--built', '-q').code).toBe(1)
  const { code, out, err } = attak(folder, 'errors', 'replay', '--all', '--simulated')
  expect(out + err).toContain('only built')
  expect(code).toBe(1)
  expect(attak(folder, 'errors', 'list', '--simulated').out).toContain('only built')
})

test('errors of several runs are each replayed like their own', async () => {
  const folder = folderOf({
    ...STAGED,
    'topology.js': `export default {
  name: 'orders',
  processors: { a(event, { stage }) { throw new Error('a in ' + stage) }, b(event, { stage }) { throw new Error('b in ' + stage) } },
  input: { a: 1, b: 1 },
}
`,
  })
  const run = (line: string) => here(folder, line.split(' '), { date: Date.now })
  await run('simulate -q --stage prod')
  await run('errors replay --processor a --simulated --stage dev')
  const { code, out } = await run('errors replay --all --simulated')
  expect(code).toBe(1)
  expect(out).toContain('a in dev')
  expect(out).toContain('b in prod')
})
