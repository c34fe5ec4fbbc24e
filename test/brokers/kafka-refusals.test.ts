import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBroker } from '../../src/cli/broker.ts'
import type { OpenBroker } from '../../src/runtime/broker.ts'
import type { TestServer } from './process.ts'
import { startKafka } from './servers.ts'

/** Kafka with a password, where only one user may do everything. */
const LOCKED = [
  'listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name=PLAINTEXT',
  'sasl.enabled.mechanisms=PLAIN',
  'sasl.mechanism.inter.broker.protocol=PLAIN',
  'listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="open-sesame" user_admin="open-sesame" user_other="open-sesame";',
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:admin;User:ANONYMOUS',
]

let kafka: TestServer
const open: OpenBroker[] = []

beforeAll(async () => {
  kafka = await startKafka({ properties: LOCKED })
})
afterAll(() => kafka.stop())

async function broker(user: string, options: { readonly topology?: string; readonly lanes?: number } = {}) {
  const url = `kafka://${user}@127.0.0.1:${kafka.port}`
  const { topology = `t${randomUUID().slice(0, 8)}`, ...rest } = options
  const chosen = await openBroker({
    ...{ url, topology, stage: 'dev', dir: process.cwd(), now: Date.now, tell: () => {}, ...rest },
  })
  open.push(chosen.broker)
  return chosen.broker
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was not refused'),
    (error: { readonly code: string; readonly message: string; readonly remedy: string }) => {
      expect(`${error.message} ${error.remedy}`).not.toMatch(/sesame/)
      return error
    },
  )

describe('Kafka', () => {
  afterAll(() => Promise.all(open.map((one) => one.close())))

  test('a wrong password is named, and is not shown', async () => {
    const error = await failure(broker('admin:wrong-sesame'))
    expect(error).toMatchObject({ code: 'BROKER_FAILED', message: expect.stringContaining('SASL') })
    expect(error.remedy).toContain('kafka://user:password@host:9092')
  })

  test('a server that is not there is named', async () => {
    const chosen = openBroker({
      ...{ url: 'kafka://me:sesame@127.0.0.1:1', topology: 't', stage: 'dev', dir: process.cwd() },
      ...{ now: Date.now, tell: () => {} },
    })
    expect(await failure(chosen)).toMatchObject({
      code: 'BROKER_FAILED',
      message: 'the broker kafka://127.0.0.1:1 cannot be used: ECONNREFUSED (connect ECONNREFUSED 127.0.0.1:1)',
    })
  })

  test('a user without rights is told which ones it needs', async () => {
    const other = await broker('other:open-sesame')
    const error = await failure(other.ensure(['work']))
    expect(error).toMatchObject({ code: 'BROKER_FAILED', message: expect.stringContaining('AUTHORIZATION_FAILED') })
    expect(error.remedy).toContain('attak')
  })

  test('a topic with other lanes keeps them, with a warning', async () => {
    const topology = `t${randomUUID().slice(0, 8)}`
    expect(await (await broker('admin:open-sesame', { topology, lanes: 3 })).ensure(['work'])).toEqual([])
    const second = await broker('admin:open-sesame', { topology, lanes: 5 })
    expect(await second.ensure(['work'])).toEqual([expect.stringContaining('"work" has 3, not 5')])
    await second.destroy()
  })

  test('a message for a channel without a topic is refused, when the topic is gone', async () => {
    const one = await broker('admin:open-sesame')
    await one.ensure(['work'])
    await one.destroy()
    const error = await failure(one.send([{ channel: 'work', key: undefined, body: '{}' }]))
    expect(error).toMatchObject({ code: 'BROKER_FAILED', message: expect.stringContaining('has no topic attak.t') })
  })
})
