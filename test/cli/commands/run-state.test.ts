import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from '../folder.ts'
import { attak, start } from '../spawned.ts'

/** A topology that counts requests: the value is `first` with the first one. */
const topology = (first: number) => `export default {
  name: 'visits',
  processors: {
    visit: {
      state: true,
      async handler(event, { state }) {
        const { value = ${first - 1}, version } = await state.get('count')
        await state.set('count', value + 1, { ifVersion: version })
        return { status: 200, body: value + 1 }
      },
    },
  },
  sources: { visits: { type: 'http', to: 'visit', path: '/', method: 'GET', port: 0 } },
}
`
const project = () => folderOf({ 'package.json': { type: 'module' }, 'topology.js': topology(1) })

async function openVisits(folder: string, ...flags: readonly string[]) {
  const started = start(folder, 'run', ...flags)
  const visit = async () => {
    const [, port] = [...started.printed.out.matchAll(/localhost:(\d+)\//g)].at(-1)!
    return (await fetch(`http://127.0.0.1:${port}/`)).json()
  }
  await started.until('out', '→ visit')
  return { ...started, visit }
}

test('state goes on after a process that was killed, and stages have their own', async () => {
  const folder = project()
  const first = await openVisits(folder)
  expect(await first.visit()).toBe(1)
  expect(await first.visit()).toBe(2)
  first.child.kill('SIGKILL')
  await once(first.child, 'close')
  const second = await openVisits(folder)
  expect(await second.visit()).toBe(3)
  const other = await openVisits(folder, '--stage', 'test')
  expect(await other.visit()).toBe(1)
})

test('a second process with the same state is refused, and may begin when the first has ended', async () => {
  const folder = project()
  const first = await openVisits(folder)
  const refused = attak(folder, 'run')
  expect([refused.code, refused.out + refused.err]).toEqual([
    1,
    expect.stringMatching(/\[STORE_FAILED\] another process uses the state in \S+visits\.journal/),
  ])
  expect(await first.visit()).toBe(1)
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(await (await openVisits(folder)).visit()).toBe(2)
})

test('--watch keeps the state when it loads the project again', async () => {
  const folder = project()
  const { visit, until, printed } = await openVisits(folder, '--watch')
  expect(await visit()).toBe(1)
  writeFileSync(join(folder, 'topology.js'), topology(100).replace("path: '/'", "path: '/new'"))
  await until('out', '/new')
  const [, port] = /localhost:(\d+)\/new/.exec(printed.out)!
  expect(await (await fetch(`http://127.0.0.1:${port}/new`)).json()).toBe(2)
})
