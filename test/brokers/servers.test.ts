import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startRedis } from './servers.ts'

test('Redis keeps its data when it is killed and started again', async () => {
  const server = await startRedis({ args: ['--appendfsync', 'always'] })
  const first = new Redis(server.url)
  await first.set('a', '1')
  first.disconnect()
  await server.restart()
  const second = new Redis(server.url)
  expect(await second.get('a')).toBe('1')
  second.disconnect()
})
