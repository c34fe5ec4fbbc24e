import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import elasticsearch from '../../src/receivers/elasticsearch/receiver.ts'
import file from '../../src/receivers/file/receiver.ts'
import http from '../../src/receivers/http/receiver.ts'
import kafka from '../../src/receivers/kafka/receiver.ts'
import log from '../../src/receivers/log/receiver.ts'
import mongodb from '../../src/receivers/mongodb/receiver.ts'
import opensearch from '../../src/receivers/opensearch/receiver.ts'
import { propertyProblems } from '../../src/receivers/receiver.ts'
import { RECEIVERS } from '../../src/receivers/table.ts'
import { Retry } from '../../src/topology/handler.ts'
import { receiver } from './receive.ts'

interface Asked {
  readonly request: IncomingMessage
  readonly body: string
}

interface Answered {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Serves requests on a port of the system's choice. */
async function serve(answer: (asked: Asked) => Answered) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    asked.push({ request, body })
    const { status = 200, headers = {}, body: text = '' } = answer({ request, body })
    response.writeHead(status, headers).end(text)
  })
  return { asked, ...(await listening(server)) }
}

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Speaks the `_bulk` of Elasticsearch and OpenSearch: a small server of our own, no real one. */
function bulkServer(statusOf: (id: string) => number = () => 200) {
  const documents = new Map<string, unknown>()
  return serve(({ request, body }) => {
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }
    if (!request.url?.startsWith('/_bulk')) return { headers, body: '{}' }
    const lines = body.trim().split('\n')
    const items = lines.flatMap((line, index) => {
      if (index % 2 === 1) return []
      const { _id: id, _index } = JSON.parse(line).index
      const status = statusOf(id)
      if (status < 300) documents.set(`${_index}/${id}`, JSON.parse(lines[index + 1]!))
      const error = status < 300 ? {} : { error: { type: 'mapper_parsing_exception', reason: 'no number' } }
      return [{ index: { _id: id, status, ...error } }]
    })
    return { headers, body: JSON.stringify({ took: 1, errors: items.some(({ index }) => index.status > 299), items }) }
  }).then((server) => ({ ...server, documents }))
}

it('log writes each message at its level', async () => {
  const { send, lines } = await receiver(log, { level: 'warn' })
  await send({ n: 1 })
  await send('text %d')
  await send(undefined)
  expect(lines).toEqual(['warn {"n":1}', 'warn text %d', 'warn undefined'])
})

it('file appends lines of JSON, also behind a line that broke off', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'attak-receivers-')), 'deep/out.jsonl')
  const { send, close } = await receiver(file, { path, sync: true })
  await Promise.all([send({ n: 1 }), send('two'), send(undefined)])
  appendFileSync(path, '{"n":')
  await send({ n: 3 })
  await close()
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n"two"\nnull\n{"n":\n{"n":3}\n')
  const named = await receiver(file, { path: `${path}.ids`, envelope: true })
  await named.send({ n: 1 }, { id: 'a' })
  expect(readFileSync(`${path}.ids`, 'utf8')).toBe('{"id":"a","message":{"n":1}}\n')
})

it('a file that cannot be written fails its messages, and only them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attak-receivers-'))
  const { send } = await receiver(file, { path: folder })
  const ended = await Promise.allSettled([send(1), send(2)])
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(send(3)).rejects.toThrow('EISDIR')
})

it('http sends JSON with the id of the message as Idempotency-Key', async () => {
  const { url, asked } = await serve(() => ({ status: 204 }))
  const { send } = await receiver(http, { url: `${url}/hook`, headers: { authorization: 'Bearer x' } })
  await send({ n: 1 }, { id: 'a' })
  expect(asked).toHaveLength(1)
  expect(asked[0]!.body).toBe('{"n":1}')
  expect(asked[0]!.request).toMatchObject({
    ...{ method: 'POST', url: '/hook' },
    headers: { 'content-type': 'application/json', 'idempotency-key': 'a', authorization: 'Bearer x' },
  })
})

it('http fails for other statuses without showing a password, and waits as long as the server asks', async () => {
  const { url } = await serve(({ request }) =>
    request.url === '/busy' ? { status: 503, headers: { 'retry-after': '7' } } : { status: 422, body: 'no stock' },
  )
  const secret = await receiver(http, { url: `${url}/orders?token=secret` })
  await expect(secret.send({})).rejects.toThrow(`POST ${url}/orders was answered with 422: no stock`)
  const busy = await receiver(http, { url: `${url}/busy` })
  const error = await busy.send({}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Retry)
  expect(error).toMatchObject({ afterMs: 7000 })
})

it.each([200, 500])('http does not read an answer without end: %s', async (status) => {
  const ended: string[] = []
  const server = createServer((request, response) => {
    response.writeHead(status)
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(100_000)));
    }
    response.on('drain', write).on('close', () => ended.push('closed'))
    request.resume().on('end', write)
  })
  const { url } = await listening(server)
  const { send } = await receiver(http, { url, timeoutMs: 60_000 })
  const failure = await send({}).then(
    () => 'none',
    (error: Error) => error.message,
  )
  expect(failure).toBe(status === 200 ? 'none' : `POST ${url}/ was answered with 500: ${'x'.repeat(500)}`)
  await expect.poll(() => ended).toEqual(['closed'])
})

it('http keeps its connection, also if answers have a text', async () => {
  const { url, asked } = await serve(() => ({ body: '{"ok":true}' }))
  const { send } = await receiver(http, { url })
  for (let n = 0; n < 10; n++) await send(n)
  expect(new Set(asked.map(({ request }) => request.socket.remotePort)).size).toBeLessThan(3)
})

it('http says why a request failed, and to where, without a password', async () => {
  const failureOf = async (url: string) => {
    const { send } = await receiver(http, { url })
    const error: Error = await send({}).then(
      () => new Error('none'),
      (thrown) => thrown,
    )
    expect(inspect(error)).not.toMatch(/s3cret|czNjcmV0/)
    return error.message
  }
  expect(await failureOf('http://u:s3cret@127.0.0.1:9999/a?token=s3cret')).toBe(
    'POST http://127.0.0.1:9999/a failed: connect ECONNREFUSED 127.0.0.1:9999',
  )
  const { url } = await serve(() => ({ status: 302, headers: { location: 'http://u:s3cret@localhost/' } }))
  expect(await failureOf(`${url}/a`)).toBe(`POST ${url}/a was answered with 302: `)
  expect(await failureOf(url.replace('http', 'https'))).toMatch(/^POST https:\S+ failed: .*SSL/)
  const reset = await listening(createServer(({ socket }) => socket.destroy()))
  expect(await failureOf(reset.url)).toMatch(/^POST \S+ failed: (?:other side closed|.*ECONNRESET)/)
})

it('http sends the user and the password of its address as a header, unless it has one', async () => {
  const { url, asked } = await serve(() => ({}))
  const address = `${url.replace('//', '//me:p%40%25ss@')}/a?b=1`
  await (await receiver(http, { url: address })).send({})
  await (await receiver(http, { url: address, headers: { Authorization: 'Bearer x', 'Content-Type': 'a/b' } })).send({})
  const [first, second] = asked.map(({ request }) => request)
  expect(first).toMatchObject({ url: '/a?b=1', headers: { authorization: `Basic ${btoa('me:p@%ss')}` } })
  expect(second).toMatchObject({ headers: { authorization: 'Bearer x', 'content-type': 'a/b' } })
})

it.each([
  [{ url: 'http://u:s3cret%@h/' }],
  [{ url: 'http://u:s3cret@/' }],
  [{ url: 'http:u' }],
  [{ url: 'http://h', headers: { authorization: 's3cret\n' } }],
  [{ url: 'http://h', headers: { 's3 cret': 'x' } }],
])('http refuses %j when it is made, without a password', async (properties) => {
  const failure = await receiver(http, properties).then(
    () => 'none',
    (error: Error) => error,
  )
  expect(failure).toMatchObject({ code: 'RECEIVER_INVALID' })
  expect(inspect(failure)).not.toMatch(/s3 ?cret/)
})

it('http gives up after its timeout', async () => {
  const { url } = await listening(createServer(() => {}))
  const { send } = await receiver(http, { url, timeoutMs: 20 })
  await expect(send({})).rejects.toThrow(/timeout/)
})

it.each([
  ['elasticsearch', elasticsearch],
  ['opensearch', opensearch],
])('%s stores messages that come together with one request, each with its id', async (_, factory) => {
  const { url, asked, documents } = await bulkServer()
  const { send } = await receiver(factory, { node: url, index: 'orders' })
  await Promise.all([send({ n: 1 }, { id: 'a' }), send('text', { id: 'b' }), send({ n: 3 }, { id: 'a' })])
  expect(asked.filter(({ request }) => request.url?.startsWith('/_bulk'))).toHaveLength(1)
  expect([...documents]).toEqual([
    ['orders/a', { n: 3 }],
    ['orders/b', { value: 'text' }],
  ])
})

it.each([
  ['elasticsearch', elasticsearch],
  ['opensearch', opensearch],
])('%s fails only the messages whose documents are refused', async (_, factory) => {
  const { url, documents } = await bulkServer((id) => (id === '2' ? 400 : 201))
  const { send } = await receiver(factory, { node: url, index: 'orders', idField: 'order' })
  const ended = await Promise.allSettled([1, 2, 3].map((order) => send({ order })))
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(ended[1]).toMatchObject({ reason: { message: expect.stringContaining('400: {"type":"mapper_parsing') } })
  expect([...documents.keys()]).toEqual(['orders/1', 'orders/3'])
  await expect(send({})).rejects.toThrow('has no text or number in its field "order"')
})

it.each([
  ['elasticsearch', elasticsearch],
  ['opensearch', opensearch],
])('%s fails all messages of a request that fails, and writes again when the server is back', async (_, factory) => {
  let isDown = true
  const { url } = await serve(({ body }) => {
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }
    const items = body
      .trim()
      .split('\n')
      .flatMap((__, index) => (index % 2 ? [] : [{ index: { status: 201 } }]))
    return isDown ? { status: 503, headers, body: '{}' } : { headers, body: JSON.stringify({ items }) }
  })
  const { send } = await receiver(factory, { node: url, index: 'orders', connection: { maxRetries: 0 } })
  const ended = await Promise.allSettled([send({ n: 1 }), send({ n: 2 })])
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isDown = false
  await send({ n: 1 })
})

/** Stands for `@platformatic/kafka`; the real one is tried against a broker by `npm run test:brokers`. */
function fakeKafka(send: (messages: readonly unknown[]) => void) {
  const made: unknown[] = []
  class Producer {
    constructor(options: unknown) {
      made.push(options)
    }
    async send({ messages }: { messages: readonly unknown[] }) {
      send(messages)
    }
    async close() {}
  }
  return { made, load: async () => ({ Producer, stringSerializers: 'strings' }) }
}

it('kafka sends messages that come together with one request, with their keys and ids', async () => {
  const sent: unknown[] = []
  const { load, made } = fakeKafka((messages) => sent.push(messages))
  const { send } = await receiver(kafka, { brokers: 'a:9092, b:9092', topic: 'orders' }, load)
  await Promise.all([send({ n: 1 }, { id: 'a', key: 'k' }), send(2, { id: 'b' })])
  const topic = 'orders'
  expect(sent).toEqual([
    [
      { topic, key: 'k', value: '{"n":1}', headers: { id: 'a' } },
      { topic, value: '2', headers: { id: 'b' } },
    ],
  ])
  expect(made).toMatchObject([{ bootstrapBrokers: ['a:9092', 'b:9092'], acks: -1 }])
})

it('kafka fails all messages of a request that fails, and sends again later', async () => {
  let isDown = true
  const { load } = fakeKafka(() => {
    if (isDown) throw new Error('no leader')
  })
  const { send } = await receiver(kafka, { connection: { kafkaHost: 'a:9092' }, topic: 'orders' }, load)
  const ended = await Promise.allSettled([send(1), send(2)])
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isDown = false
  await send(1)
})

/** Stands for `mongodb`; the real one is tried against FerretDB by `npm run test:brokers`. */
function fakeMongo(bulkWrite: (writes: readonly unknown[]) => void) {
  class MongoClient {
    async connect() {}
    db = () => ({ collection: () => ({ bulkWrite: async (writes: readonly unknown[]) => bulkWrite(writes) }) })
    async close() {}
  }
  return async () => ({ MongoClient })
}

it('mongodb fails only the messages whose documents are refused', async () => {
  const load = fakeMongo(() => {
    throw Object.assign(new Error('bulk'), { writeErrors: [{ index: 1, errmsg: 'failed validation' }] })
  })
  const { send } = await receiver(mongodb, { url: 'mongodb://localhost/shop', collection: 'orders' }, load)
  const ended = await Promise.allSettled([send({ n: 1 }), send({ n: 2 }), send({ n: 3 })])
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(ended[1]).toMatchObject({ reason: { message: 'MongoDB refused the document: failed validation' } })
})

it('mongodb replaces the document with the id of the message', async () => {
  const written: unknown[] = []
  const load = fakeMongo((writes) => written.push(...writes))
  const { send } = await receiver(mongodb, { url: 'mongodb://localhost/shop', collection: 'orders' }, load)
  await send({ n: 1, _id: 'theirs' }, { id: 'a' })
  expect(written).toEqual([{ replaceOne: { filter: { _id: 'a' }, replacement: { n: 1, _id: 'a' }, upsert: true } }])
})

it('a client that is not installed fails the message, and is asked for again', async () => {
  const asked: string[] = []
  const load = async (name: string) => {
    asked.push(name)
    throw new Error(`needs the package "${name}"`)
  }
  const { send } = await receiver(mongodb, { url: 'mongodb://localhost/shop', collection: 'orders' }, load)
  await expect(send({})).rejects.toThrow('needs the package "mongodb"')
  await expect(send({})).rejects.toThrow('needs the package "mongodb"')
  expect(asked).toEqual(['mongodb', 'mongodb'])
})

const VARIABLE = ['$', '{MONGO_URL}'].join('')

it.each([
  ['log', { level: 'loud' }, ['p.level: level must be one of debug, info, warn, error']],
  ['file', {}, ['p.path: path is missing']],
  [
    'file',
    { paht: 'x', envelope: 1 },
    ['p.paht: there is no property "paht"', 'p.path: path is missing', 'p.envelope: envelope must be true or false'],
  ],
  [
    'http',
    { url: 'localhost' },
    [expect.stringMatching(/^p\.url: url must be an address that begins with http:\/\/ or https:\/\//)],
  ],
  ['kafka', { topic: 't' }, ['p: brokers is missing, such as ["localhost:9092"]']],
  [
    'kafka',
    { topic: 't', connection: { host: 'zookeeper:2181' } },
    ['p: connection.host is the address of ZooKeeper ("zookeeper:2181"), which Kafka no longer needs: give brokers'],
  ],
  ['kafka', { topic: 't', brokers: ['localhost'] }, [expect.stringContaining('p.brokers: brokers must be a list')]],
  ['mongodb', { url: VARIABLE, collection: 'orders' }, []],
  ['elasticsearch', { index: 'a' }, ['p: node is missing, such as "http://localhost:9200"']],
  ['opensearch', { index: 'a', type: 'event', connection: { host: 'localhost:9200' } }, []],
])('%s finds what is wrong with %j', async (name, properties, expected) => {
  const problems = propertyProblems(await RECEIVERS[name]!.load(), properties, 'p')
  expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual(expected)
})

it('a factory throws all that is wrong with its properties', async () => {
  await expect(receiver(file, { paht: 'x' })).rejects.toMatchObject({
    code: 'RECEIVER_INVALID',
    remedy: 'Did you mean "path"?',
    problems: { length: 2 },
  })
})

it('the table names the client of each receiver', async () => {
  for (const { client, load } of Object.values(RECEIVERS)) expect((await load()).client).toBe(client)
})
