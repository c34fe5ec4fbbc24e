import { join } from 'node:path'
import { expect, test } from 'vitest'
import { awaitCode, MODULES } from '../../src/cli/loading.ts'
import { fakeHost } from './fake-host.ts'

test('on a terminal, slow loading is shown until it ends', async () => {
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

test('loading is not shown below two seconds or without a terminal', async () => {
  const host = fakeHost('/project', { now: () => 0 })
  expect(await awaitCode({ who: MODULES, file: '/project/topology.js' }, host, async () => 1)).toBe(1)
  expect(host.ran(0).err).toBe('')
})
