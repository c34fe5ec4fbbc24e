import { join } from 'node:path'
import { expect, test } from 'vitest'
import { awaitCode, MODULES } from '../../src/cli/loading.ts'
import { fakeHost } from './fake-host.ts'

test('a terminal is told of what takes long to load, until it is loaded', async () => {
  let nowMs = 0
  let load = () => {}
  const options = { isTTY: true, now: () => nowMs, onErr: () => load() }
  const host = fakeHost('/project', options)
  await awaitCode({ who: MODULES, file: join('/project', 'sub/topology.js') }, host, () => {
    nowMs = 3000
    return new Promise<void>((resolve) => {
      load = resolve
    })
  })
  expect(host.ran(0).err).toBe('\r\x1b[Kloading sub/topology.js: 3 s\r\x1b[K')
})

test('what is loaded in less than two seconds, or not for a terminal, is not told of', async () => {
  const host = fakeHost('/project', { now: () => 0 })
  expect(await awaitCode({ who: MODULES, file: '/project/topology.js' }, host, async () => 1)).toBe(1)
  expect(host.ran(0).err).toBe('')
})
