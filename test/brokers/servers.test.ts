import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { Redis } from 'ioredis'
import { Connection } from 'rabbitmq-client'
import { expect, test } from 'vitest'
import { startKafka, startRabbit, startRedis, startToxiproxy } from './servers.ts'

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

test('Kafka keeps its messages when it is killed and started again', async () => {
  const server = await startKafka()
  const client = { clientId: 'test', bootstrapBrokers: [server.url] }
  const admin = new Admin(client)
  await admin.createTopics({ topics: ['orders'], partitions: 2, replicas: 1 })
  await admin.close()
  const producer = new Producer(client)
  await producer.send({ messages: [{ topic: 'orders', value: Buffer.from('1') }] })
  await producer.close()
  await server.restart()
  const consumer = new Consumer({ ...client, groupId: 'test' })
  const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' })
  for await (const { value } of stream) {
    expect(String(value)).toBe('1')
    break
  }
  await consumer.close(true)
})

test('RabbitMQ keeps its messages when it is killed and started again', async () => {
  const server = await startRabbit()
  const first = new Connection(server.url)
  await first.queueDeclare({ queue: 'orders', durable: true })
  const publisher = first.createPublisher({ confirm: true })
  await publisher.send({ routingKey: 'orders', durable: true }, { id: 1 })
  await publisher.close()
  await first.close()
  await server.restart()
  const second = new Connection(server.url)
  const message = await second.basicGet({ queue: 'orders', noAck: true })
  expect(message).toMatchObject({ body: { id: 1 } })
  await second.close()
})

test('toxiproxy cuts connections and lets them through again', async () => {
  const server = await startRedis()
  const toxiproxy = await startToxiproxy()
  const proxy = await toxiproxy.proxy(server.port)
  const redis = new Redis(proxy.port, { retryStrategy: () => 10 })
  redis.on('error', () => {})
  expect(await redis.ping()).toBe('PONG')
  await proxy.enable(false)
  await new Promise((resolve) => redis.once('reconnecting', resolve))
  await proxy.enable(true)
  expect(await redis.ping()).toBe('PONG')
  redis.disconnect()
})
