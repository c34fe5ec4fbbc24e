import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from './folder.ts'
import { attak, start } from './spawned.ts'

const SERVICE = {
  'package.json': { type: 'module' },
  'intake.js': `import { existsSync } from 'node:fs'
export async function setup({ log }) {
  log.info('opens')
  if (!existsSync(new URL('./up', import.meta.url))) throw new Error('no database')
  return 'pool'
}
export const handler = (event, { resources }) => ({ body: resources })
export const teardown = (resources) => console.log('closes ' + resources)
`,
  'topology.js': `export default {
  name: 'shop',
  processors: { intake: './intake.js' },
  sources: { orders: { type: 'http', to: 'intake', path: '/orders', port: 0 } },
}
`,
}

test('a service is not ready, and takes no events, until each setup has succeeded; it ends with teardown', async () => {
  const folder = folderOf(SERVICE)
  const { child, printed, until, ended } = start(folder, 'run', '--port', '0')
  await until('out', 'Trying again')
  expect(printed.out).toContain('processors.intake.setup: failed: Error: no database')
  expect(printed.out).not.toContain('/orders')
  writeFileSync(join(folder, 'up'), '')
  await until('out', '→ intake')
  const [, port] = /localhost:(\d+)\/orders/.exec(printed.out)!
  const response = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: '1' })
  expect(await response.text()).toContain('pool')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(printed.err).toBe('closes pool\n')
})

test('a service that is not ready ends with 0 on a signal', async () => {
  const { child, until, ended } = start(folderOf(SERVICE), 'run')
  await until('out', 'Trying again')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a service whose setup never yields, or ends the process, ends with 1 and names the place', async () => {
  for (const [code, named] of [
    ['for (;;);', '[TIMEOUT]'],
    ['process.exit(0)', '[PROCESS_EXIT]'],
  ] as const) {
    const topology = SERVICE['topology.js'].replace("name: 'shop',", "name: 'shop', timeout: 1,")
    const intake = `export const setup = () => { ${code} }\nexport const handler = () => {}\n`
    const { printed, ended } = start(folderOf({ ...SERVICE, 'topology.js': topology, 'intake.js': intake }), 'run')
    expect(await ended).toBe(1)
    expect(printed.err).toContain(named)
    expect(printed.err).toContain('at setup (intake.js:1')
  }
})

test('run --watch tears the old code down before it sets the new up', async () => {
  const code = SERVICE['intake.js']
    .replace("return 'pool'", 'return { log }')
    .replace(/(?<=teardown = ).*/, "({ log }) => log.info('tears down')")
  const folder = folderOf({ ...SERVICE, up: '', 'intake.js': code })
  const { child, printed, until, ended } = start(folder, 'run', '--watch')
  await until('out', '→ intake')
  const before = printed.out.length
  writeFileSync(join(folder, 'intake.js'), code.replace("'opens'", "'opens again'"))
  while (!printed.out.slice(before).includes('→ intake')) await once(child.stdout!, 'data')
  expect(printed.out.slice(before)).toMatch(/tears down[\s\S]*opens again/)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('simulate names the processor whose setup failed, shows the place, and exits with 1', () => {
  const folder = folderOf({ ...SERVICE, 'input.json': { intake: 1 } })
  const { code, err } = attak(folder, 'simulate')
  expect(code).toBe(1)
  expect(err).toContain('[SETUP_FAILED] processors.intake.setup: failed: Error: no database')
  expect(err).toMatch(/intake\.js:\d+/)
})

test('simulate prints the run, then the teardown that failed, and exits with 1; --json stays JSON', () => {
  const code = SERVICE['intake.js'].replace(/(?<=teardown = ).*/, "() => { throw new Error('closes') }")
  const folder = folderOf({ ...SERVICE, up: '', 'intake.js': code, 'input.json': { intake: 1 } })
  const told = attak(folder, 'simulate')
  expect(told.code).toBe(1)
  expect(told.out).toContain('1 handled')
  expect(told.err).toContain('[TEARDOWN_FAILED] processors.intake.teardown: failed: Error: closes')
  const { out } = attak(folderOf({ ...SERVICE, up: '', 'input.json': { intake: 1 } }), 'simulate', '--json')
  const entries = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries.filter(({ kind }) => kind === 'log').map(({ text }) => text)).toEqual(['opens', 'closes pool'])
})

test('a receiver is closed at the end of a simulation', () => {
  const folder = folderOf({
    'package.json': { type: 'module' },
    'store.js': `export default ({ config }) => {
  const receive = (message) => console.log('keeps ' + message.n)
  return Object.assign(receive, { close: () => console.error('closes ' + config.table) })
}
`,
    'topology.js': `export default {
  name: 'shop',
  processors: { store: { receiver: './store.js', properties: { table: 'orders' } } },
  streams: [],
}
`,
    'input.json': { store: { n: 1 } },
  })
  const { code, out } = attak(folder, 'simulate')
  expect(code).toBe(0)
  expect(out).toMatch(/keeps 1[\s\S]*closes orders/)
})
