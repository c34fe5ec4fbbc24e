import { expect, test } from 'vitest'
import { sourceOfConfig } from '../../src/project/config-sources.ts'
import { parseTopology } from '../../src/project/parse.ts'

const read = (config: object) => sourceOfConfig(config as Record<string, unknown>, { name: 'conf', to: 'receiver' })

test.each([
  [
    { type: 'redis', properties: { connection: { url: 'redis://localhost:6379' }, channel: 'test' } },
    { url: 'redis://localhost:6379', channels: 'test' },
  ],
  [
    { type: 'redis', properties: { connection: { host: 'h', port: 7, password: 'a@b', db: 2 }, channel: 'x.*' } },
    { url: 'redis://:a%40b@h:7/2', channels: 'x.*' },
  ],
  [
    {
      type: 'amqp',
      properties: {
        connection: {
          ...{ protocol: 'amqp', hostname: 'localhost', port: 5672, username: 'guest', password: 'guest' },
          ...{ locale: 'en_US', frameMax: 0, heartbeat: 0, vhost: '/' },
        },
        queue: 'test',
      },
    },
    { url: 'amqp://guest:guest@localhost:5672', queue: 'test', declare: 'classic' },
  ],
  [
    { type: 'amqp', properties: { connection: { hostname: 'h', vhost: 'a/b' }, queue: 'q' } },
    { url: 'amqp://h/a%2Fb', queue: 'q', declare: 'classic' },
  ],
  [
    {
      type: 'kafka',
      properties: {
        connection: { kafkaHost: 'a:1,b:2', groupId: 'g', sessionTimeout: 15000, protocol: ['roundrobin'] },
        topics: ['test'],
      },
    },
    { url: 'kafka://a:1,b:2', topics: ['test'], group: 'g', from: 'latest', claimAfter: 15 },
  ],
  [
    {
      type: 'kafka',
      properties: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
        connection: { kafkaHost: 'a:1', ssl: true, sasl: { username: 'u', password: '${PW}' } },
        topics: 't',
      },
    },
    {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
      ...{ url: 'kafkas://u:${PW}@a:1?mechanism=plain', topics: 't' },
      ...{ group: 'kafka-node-group', from: 'latest' },
    },
  ],
])('the config %j of guthega is a source of attak', (config, settings) => {
  const { source, problems } = read(config)
  expect(problems).toEqual([])
  expect(source).toEqual({ type: config.type, to: 'receiver', ...settings })
  const topology = { name: 't', processors: { receiver: { path: './r' } }, sources: { source } }
  expect(parseTopology(topology, { file: 't', modulesIn: () => undefined }).problems).toEqual([])
})

test.each([
  [{ type: 'redis', properties: {} }, 'channel is missing'],
  [{ type: 'amqp', properties: {} }, 'queue is missing'],
  [{ type: 'kafka', properties: {} }, 'topics is missing'],
  [{ type: 'kafka', properties: { topics: ['t'], connection: { host: 'zoo:2181' } } }, 'address of ZooKeeper'],
  [{ type: 'kafka', properties: { topics: ['t'], connection: { kafkaHots: 'a' } } }, 'no setting "kafkaHots"'],
])('the config %j is refused', (config, what) => {
  expect(
    read(config)
      .problems.map((problem) => problem.what)
      .join(),
  ).toContain(what)
})
