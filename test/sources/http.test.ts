import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { http } from '../../src/sources/http/source.ts'
import { type Answering, fakeWorld } from './world.ts'

async function serve(settings: Record<string, unknown>, answering: Answering = {}) {
  const world = fakeWorld(answering)
  const source = {
    name: 'orders',
    type: 'http',
    to: 'intake',
    settings: { path: '/orders', port: 0, ...settings },
  } as const
  const open = await http.open([source], world)
  onTestFinished(open.stop)
  const [address] = /http:\/\/localhost:\d+/.exec(open.lines[0]!)!
  const send = (path: string, init?: RequestInit) => fetch(`${address.replace('localhost', '127.0.0.1')}${path}`, init)
  return { world, open, send, address }
}

const json = (body: unknown, headers = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

it('a request is an event with its parts, also under the names of attak 2017', async () => {
  const { world, send, open } = await serve({ path: '/orders/:id', method: ['POST'] })
  expect(open.lines).toEqual([expect.stringMatching(/^POST http:\/\/localhost:\d+\/orders\/:id → intake$/)])
  await send('/orders/a%20b?x=1&x=2&y=3', json({ n: 1 }))
  expect(world.events).toMatchObject([
    {
      to: 'intake',
      event: {
        ...{ method: 'POST', path: '/orders/a%20b', params: { id: 'a b' }, query: { x: ['1', '2'], y: '3' } },
        ...{ body: { n: 1 }, httpMethod: 'POST', queryStringParameters: { x: ['1', '2'], y: '3' } },
        headers: { 'content-type': 'application/json' },
      },
    },
  ])
})

it.each([
  [undefined, 204, ''],
  [{ n: 1 }, 200, '{"n":1}\n'],
  ['text', 200, '"text"\n'],
  [{ status: 201, body: { id: 7 } }, 201, '{"id":7}'],
  [{ statusCode: 418, body: 'short' }, 418, 'short'],
  [{ httpStatus: 202, body: null }, 202, ''],
  [{ status: 'paid', body: 'x', total: 3 }, 200, '{"status":"paid","body":"x","total":3}\n'],
  [{ status: 99, body: '' }, 200, '{"status":99,"body":""}\n'],
  [{ status: 'shipped' }, 200, '{"status":"shipped"}\n'],
  [{ body: 'x' }, 200, '{"body":"x"}\n'],
  [{ headers: { 'x-a': 'b' }, body: 'x' }, 200, 'x'],
  [{ status: 404 }, 404, ''],
])('the result %j is answered with %s and %j', async (result, status, body) => {
  const { send } = await serve({}, { call: () => result })
  const response = await send('/orders', { method: 'POST' })
  expect([response.status, await response.text()]).toEqual([status, body])
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
})

it('a handler sets headers, but none that would break the answer', async () => {
  const headers = { 'X-Total': 3, 'bad header': 'x', evil: 'a\r\nb: c', 'content-length': '9999' }
  const { send } = await serve({}, { call: () => ({ status: 200, headers, body: 'ok' }) })
  const response = await send('/orders', { method: 'POST' })
  expect(await response.text()).toBe('ok')
  expect([response.headers.get('x-total'), response.headers.get('evil'), response.headers.get('b')]).toEqual([
    '3',
    null,
    null,
  ])
})

it.each([
  [new Error('no stock'), 500, { message: 'no stock' }],
  [Object.assign(new Error('gone'), { status: 410 }), 410, { message: 'gone' }],
  [new AttakError('EVENT_REFUSED', 'id: expected a number', 'Send one.'), 400, { code: 'EVENT_REFUSED' }],
])('the failure "%s" is answered with %s and its message', async (error, status, told) => {
  const { send } = await serve({}, { call: () => Promise.reject(error) })
  const response = await send('/orders', { method: 'POST' })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error: told })
})

it.each([
  ['/nowhere', { method: 'POST' }, 404],
  ['/orders', { method: 'PUT' }, 405],
  ['/orders', { ...json(0), body: '{"a":' }, 400],
  ['/orders', { ...json(0), body: '['.repeat(2000) + ']'.repeat(2000) }, 400],
  ['/orders', { ...json(0), body: '{"x":1e999}' }, 400],
  ['/orders', { ...json(0), body: Buffer.from([0x22, 0xff, 0x22]) }, 400],
  [
    '/orders',
    json({ specversion: '1.0', id: 7, source: 's', type: 't' }, { 'content-type': 'application/cloudevents+json' }),
    400,
  ],
  ['/orders', json('x'.repeat(2000)), 413],
  ['/orders', json(1, { 'ce-specversion': '1.0', 'ce-id': '1' }), 400],
])('%s with a wrong request is answered without a handler: %#', async (path, init, status) => {
  const { world, send } = await serve({ maxBytes: 1000 + 4000 * Number(JSON.stringify(init).includes('[[')) })
  const response = await send(path, init)
  expect(response.status).toBe(status)
  expect(((await response.json()) as { error: { message: string } }).error.message).not.toBe('')
  expect(world.events).toEqual([])
})

it('what is no JSON comes as text, and what is no UTF-8 in base64', async () => {
  const { world, send } = await serve({})
  await send('/orders', { method: 'POST', body: 'plain' })
  await send('/orders', { method: 'POST', body: Buffer.from([0xff, 0x00]) })
  expect(world.events.map(({ event }) => event)).toMatchObject([
    { body: 'plain' },
    { body: '/wA=', isBase64Encoded: true },
  ])
})

it.each([
  [
    json(
      { n: 1 },
      { 'ce-specversion': '1.0', 'ce-id': '7', 'ce-source': '/shop', 'ce-type': 'order', 'ce-partitionkey': 'k' },
    ),
  ],
  [
    json(
      { specversion: '1.0', id: '7', source: '/shop', type: 'order', partitionkey: 'k', data: { n: 1 } },
      { 'content-type': 'application/cloudevents+json' },
    ),
  ],
  [
    json(
      {
        ...{ specversion: '1.0', id: '7', source: '/shop', type: 'order', partitionkey: 'k' },
        ...{ datacontenttype: 'application/json', data_base64: Buffer.from('{"n":1}').toString('base64') },
      },
      { 'content-type': 'application/cloudevents+json' },
    ),
  ],
])('a CloudEvent gives its data, type, key and the same id each time: %#', async (init) => {
  const { world, send } = await serve({})
  for (let times = 0; times < 2; times++) await send('/orders', init)
  const [first, second] = world.events
  expect(first).toMatchObject({ to: 'intake', event: { n: 1 }, topic: 'order', key: 'k' })
  expect(first!.id).toMatch(/^[0-9a-f]{32}$/)
  expect(second!.id).toBe(first!.id)
})

it.each([
  ['%C3%A9%20k', 'é k'],
  ['%c3%a9', 'é'],
  ['%E2%82%AC%F0%9F%98%80', '€😀'],
  ['100%25', '100%'],
  ['%2525', '%25'],
  ['100%', '100%'],
  ['%zz%C3%A9', '%zzé'],
  ['%C3%A9%FF', 'é%FF'],
  ['%C3', '%C3'],
  ['%ED%A0%80', '%ED%A0%80'],
  ['"a \\"quoted\\" text"', 'a "quoted" text'],
  ['"%C3%A9 \\\\"', 'é \\'],
  ['"a', '"a'],
])('the attributes of a CloudEvent in binary mode are decoded: %s is %s', async (written, value) => {
  const { world, send } = await serve({})
  const names = ['id', 'source', 'type', 'partitionkey']
  const headers = Object.fromEntries(names.map((name) => [`ce-${name}`, written]))
  await send('/orders', json(1, { 'ce-specversion': '1.0', ...headers }))
  const attributes = Object.fromEntries(names.map((name) => [name, value]))
  const structured = { 'content-type': 'application/cloudevents+json' }
  await send('/orders', json({ specversion: '1.0', ...attributes, data: 1 }, structured))
  expect(world.events[0]).toMatchObject({ topic: value, key: value })
  expect(world.events[0]).toEqual(world.events[1])
})

it('an Idempotency-Key decides the id, and a traceparent goes along', async () => {
  const { world, send } = await serve({})
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  for (const key of ['a', 'a', 'b']) await send('/orders', json(1, { 'idempotency-key': key, traceparent }))
  const ids = world.events.map(({ id }) => id)
  expect(ids[0]).toBe(ids[1])
  expect(ids[2]).not.toBe(ids[0])
  expect(world.events[0]!.traceparent).toBe(traceparent)
})

it('an Idempotency-Key that is empty is none', async () => {
  const { world, send } = await serve({})
  const cloudEvent = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' }
  for (const key of ['', ' ']) await send('/orders', json(1, { 'idempotency-key': key }))
  for (const key of [{ 'idempotency-key': '' }, {}]) await send('/orders', json(1, { ...cloudEvent, ...key }))
  const [first, second, third, fourth] = world.events.map(({ id }) => id)
  expect(first).not.toBe(second)
  expect(third).toBe(fourth)
})

it('reply: accepted answers before the event is done, and done after', async () => {
  let end: (errors: number) => void = () => {}
  const accepted = await serve({ reply: 'accepted' }, { take: () => new Promise((resolve) => (end = resolve)) })
  const first = await accepted.send('/orders', json(1))
  expect([first.status, ((await first.json()) as { id: string }).id]).toEqual([202, accepted.world.events[0]!.id])
  end(0)
  const done = await serve({ reply: 'done' }, { take: (event) => Number((event.event as { body: number }).body) })
  expect((await done.send('/orders', json(0))).status).toBe(200)
  const failed = await done.send('/orders', json(2))
  expect([failed.status, await failed.json()]).toMatchObject([500, { errors: 2 }])
})

it('without room for one more event a request is told to come again', async () => {
  const { send } = await serve({}, { room: () => new Promise(() => {}) })
  const response = await send('/orders', json(1))
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
})

it('scripts of other origins may call it where cors says so', async () => {
  const { send } = await serve({ cors: ['https://shop.example'] })
  const ask = (origin: string) =>
    send('/orders', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = await ask('https://shop.example')
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://shop.example'])
  expect(allowed.headers.get('access-control-allow-methods')).toBe('POST')
  expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  const sent = await send('/orders', json(1, { origin: 'https://shop.example' }))
  expect(sent.headers.get('access-control-allow-origin')).toBe('https://shop.example')
})

it('stopping answers what has begun, and takes nothing more', async () => {
  let end: (result: unknown) => void = () => {}
  const { send, open, address } = await serve({}, { call: () => new Promise((resolve) => (end = resolve)) })
  const begun = send('/orders', json(1))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const stopping = open.stop()
  await expect(fetch(`${address}/orders`, { method: 'POST' })).rejects.toThrow()
  end('answer')
  expect(await (await begun).json()).toBe('answer')
  await stopping
})

it('a port in use is named, with the source', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  await expect(serve({ port })).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: `source "orders": cannot listen on 127.0.0.1:${port}: another program listens there`,
  })
})

it('sources with the same requests, and paths that no router takes, are faults; one port serves several', async () => {
  const source = { type: 'http', to: 'intake' } as const
  const settings = { path: '/x/:id', port: 0 }
  const sources = [
    { ...source, name: 'a', settings },
    { ...source, name: 'b', settings: { ...settings, method: 'ANY' } },
    { ...source, name: 'c', settings: { ...settings, port: 1 } },
    { ...source, name: 'd', settings: { path: '/a/*/b', port: 0 } },
  ]
  expect(await http.check(sources)).toEqual([
    { source: 'b', setting: 'path', what: '"/x/:id" leads to the source "a" already' },
    { source: 'd', setting: 'path', what: expect.stringMatching(/^"\/a\/\*\/b": /) },
  ])
  const open = await http.open([sources[0]!, { ...sources[1]!, settings: { path: '/y', port: 0 } }], fakeWorld())
  onTestFinished(open.stop)
  const ports = open.lines.map((line) => /:(\d+)/.exec(line)![1])
  expect(ports[0]).toBe(ports[1])
})

it('the id of an answer is that of its trace, also if the request decides it', async () => {
  const { world, send } = await serve({}, { call: () => Promise.reject(new Error('no')) })
  const init = json(1, { 'idempotency-key': 'a' })
  const response = await send('/orders', init)
  const [{ id } = { id: '' }] = world.events
  expect(response.headers.get('x-request-id')).toBe(id)
  expect(await response.json()).toMatchObject({ error: { id } })
})

it('what GET answers, HEAD answers without the body, and a preflight runs no handler', async () => {
  const { world, send } = await serve({ method: 'GET', cors: true }, { call: () => 'text' })
  const head = await send('/orders', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', ''])
  const any = await serve({ method: 'ANY', cors: true })
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
  }
  expect((await any.send('/orders', preflight)).status).toBe(204)
  expect([world.events.length, any.world.events.length]).toEqual([1, 0])
})

it('a result that JSON cannot carry is answered with 500, and lists are several headers', async () => {
  const big = await serve({}, { call: () => 1n })
  const response = await big.send('/orders', json(1))
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('cannot be written as JSON')])
  const cookies = await serve({}, { call: () => ({ status: 200, headers: { 'set-cookie': ['a=1', 'b=2'] } }) })
  expect((await cookies.send('/orders', json(1))).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

it('headers that a handler may not send end no service', async () => {
  const { send } = await serve(
    {},
    { call: () => ({ status: 200, headers: { Trailer: 'x', 'x-request-id': 'mine' }, body: 'x' }) },
  )
  const response = await send('/orders', json(1))
  expect([response.status, await response.text()]).toEqual([200, 'x'])
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
})

it('a request that has not come whole does not hold the stop', async () => {
  const { address, open } = await serve({})
  const socket = connect(Number(new URL(address).port), '127.0.0.1', () => {
    socket.write('POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc')
  })
  socket.on('error', () => {})
  await new Promise((resolve) => setTimeout(resolve, 50))
  await open.stop()
})

it('what the sender did wrong is no failure of the service', async () => {
  const recorded: unknown[] = []
  const { send, world } = await serve({})
  world.call = async (_event, isRecorded) => {
    for (const error of [new Error('a'), { status: 404 }, { status: 503 }, { code: 'EVENT_REFUSED' }, null]) {
      recorded.push(isRecorded(error))
    }
  }
  await send('/orders', json(1))
  expect(recorded).toEqual([true, false, true, false, true])
})

it('bytes that are no HTTP are answered and do no harm', async () => {
  const { address, send } = await serve({})
  const socket = connect(Number(new URL(address).port), '127.0.0.1', () => socket.end('\x00\x01 nonsense\r\n\r\n'))
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (part) => (text += part)).on('close', () => resolve(text))
  })
  expect(answer).toContain('400 Bad Request')
  expect((await send('/orders', json(1))).status).toBe(204)
})

it.each([
  ['text/plain', 'plain', 'plain'],
  ['application/json', '[1]', [1]],
  ['image/png', Buffer.from([0xff, 0x00]), { data_base64: '/wA=' }],
])('the data of a CloudEvent is the same in both modes: %s', async (type, bytes, data) => {
  const { world, send } = await serve({})
  const attributes = { specversion: '1.0', id: '7', source: '/shop', type: 'order' }
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
  await send('/orders', { method: 'POST', headers: { ...headers, 'content-type': type }, body: bytes })
  const whole = { ...attributes, datacontenttype: type, data_base64: Buffer.from(bytes).toString('base64') }
  await send('/orders', json(whole, { 'content-type': 'application/cloudevents+json' }))
  expect(world.events.map(({ event }) => event)).toEqual([data, data])
})

it('with a broker, 202 means that it has the event, and 503 that it has not', async () => {
  let settle: (end: () => number) => void = () => {}
  const take = () =>
    new Promise<number>((resolve, reject) => {
      settle = (end) => {
        try {
          resolve(end())
        } catch (error) {
          reject(error)
        }
      }
    })
  const { send, world } = await serve({ reply: 'accepted' }, { takesToEnd: false, take })
  const answers: number[] = []
  const first = send('/orders', json(1)).then(({ status }) => answers.push(status))
  await expect.poll(() => world.events.length).toBe(1)
  expect(answers).toEqual([])
  settle(() => 0)
  await first
  const second = send('/orders', json(2)).then(({ status }) => answers.push(status))
  await expect.poll(() => world.events.length).toBe(2)
  settle(() => {
    throw new AttakError('BROKER_FAILED', 'it is full', 'Wait.')
  })
  await second
  expect(answers).toEqual([202, 503])
})

it.each([
  ['accepted', 503],
  ['result', 503],
  ['guthega', 400],
])('what a broker said is in the log, once for an outage, and not in the answer: %s', async (reply, status) => {
  let isDown = true
  const answering = async () => {
    if (isDown) throw new AttakError('BROKER_FAILED', 'redis://10.0.0.7:6379 did not take it: ERR in script', 'Look.')
    return 0
  }
  const { send, world } = await serve({ reply }, { takesToEnd: false, take: answering, call: answering })
  for (let times = 0; times < 2; times++) {
    const response = await send('/orders', json(1))
    expect(response.status).toBe(status)
    const text = await response.text()
    expect(text).toContain('"code":"BROKER_FAILED"')
    expect(text).not.toMatch(/10\.0\.0\.7|script/)
  }
  const said = 'error source "orders": an event was not taken: redis://10.0.0.7:6379 did not take it: ERR in script'
  expect(world.said).toEqual([said])
  isDown = false
  await send('/orders', json(1))
  isDown = true
  await send('/orders', json(1))
  expect(world.said).toEqual([said, said])
})

it.each([
  ['404', 500],
  [[404], 500],
  [404.5, 500],
  [600, 500],
  [404, 404],
])('an error with the status %j is answered with %s', async (status, answered) => {
  const error = Object.assign(new Error('no'), { status })
  const { send } = await serve({}, { call: () => Promise.reject(error) })
  expect((await send('/orders', json(1))).status).toBe(answered)
})

it("the reply 'done' is refused with a broker", async () => {
  await expect(serve({ reply: 'done' }, { takesToEnd: false })).rejects.toThrow('source "orders": with a broker')
})
