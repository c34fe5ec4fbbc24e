import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { attak } from '../../cli/fake-host.ts'
import { folderOf } from '../../cli/folder.ts'
import { startWith } from '../../cli/spawned.ts'
import type { TestServer } from '../process.ts'
import { startRabbit } from '../servers.ts'

let server: TestServer
beforeAll(async () => {
  server = await startRabbit()
})
afterAll(() => server.stop())

const RECEIVER = `const { appendFileSync } = require('node:fs')
module.exports = ({ config }) => async (message, { requestId }) => {
  appendFileSync(config.seen, requestId + ' ' + JSON.stringify(message) + '\\n')
  if (message.bad) throw new Error('no stock')
}
`

test('a poison message of a queue is tried seven times and recorded, and those behind it are handled', async () => {
  const queue = `q-${randomUUID()}`
  const connection = { hostname: '127.0.0.1', port: server.port, frameMax: 0, heartbeat: 0, vhost: '/' }
  const folder = folderOf({
    'package.json': '{ "name": "shop" }',
    'conf/source.json': JSON.stringify({ type: 'amqp', properties: { connection, queue } }),
    'conf/receiver.json':
      "{ module: '../receiver.cjs', backoff: { firstMs: 5, maxMs: 10 }, properties: { seen: 'seen' } }",
    'receiver.cjs': RECEIVER,
  })
  const started = startWith({ cwd: folder }, ['run'])
  await started.until('out', '→ ')
  const client = new Connection(server.url)
  const channel = await client.acquire()
  for (const body of [{ bad: true }, { n: 1 }]) await channel.basicPublish({ routingKey: queue }, body)
  const seen = join(folder, 'seen')
  const lines = () => (existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : [])
  await vi.waitFor(() => expect(lines()).toHaveLength(8), 60_000)
  started.child.kill('SIGTERM')
  await started.ended
  const bad = lines().filter((line) => line.includes('bad'))
  expect(bad).toHaveLength(7)
  expect(new Set(bad).size).toBe(1)
  const { messageCount } = await channel.queueDeclare({ queue, passive: true })
  expect(messageCount).toBe(0)
  await channel.close()
  await client.close()
  const listed = await attak(folder, ['errors', 'list', '--run', '--json'])
  expect(JSON.parse(listed.out)).toMatchObject([{ message: { data: { bad: true } }, error: { message: 'no stock' } }])
})
