import { expect, it, onTestFinished } from 'vitest'
import { http } from '../../src/sources/http/source.ts'
import { type Answering, fakeWorld } from './world.ts'

async function serve(answering: Answering = {}) {
  const world = fakeWorld(answering)
  const settings = { path: '/*', method: 'ANY', port: 0, reply: 'guthega' }
  const open = await http.open([{ name: 'source', type: 'http', to: 'receiver', settings }], world)
  onTestFinished(open.stop)
  const [address] = /http:\/\/localhost:\d+/.exec(open.lines[0]!)!
  const send = (path: string, init?: RequestInit) => fetch(`${address.replace('localhost', '127.0.0.1')}${path}`, init)
  const post = (body: string, path = '/') => send(path, { method: 'POST', body })
  return { world, post, send }
}

it.each(['/', '/any/path?x=1'])('the JSON of a POST to %s is the event, of any content type', async (path) => {
  const { world, post } = await serve()
  expect((await post('{"n":1}', path)).status).toBe(200)
  expect(world.events).toMatchObject([{ to: 'receiver', event: { n: 1 } }])
})

it.each([
  [{ n: 1 }, { n: 1 }],
  [{ requestId: 'mine', gts: 1 }, {}],
  ['text', { result: 'text' }],
  [[1], { result: [1] }],
  [0, { result: 0 }],
  [undefined, {}],
  [null, {}],
])('the result %j is answered with %j, the id and the time', async (result, fields) => {
  const { post } = await serve({ call: () => result })
  const response = await post('1')
  const id = response.headers.get('x-request-id')
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(response.headers.get('x-guthega-requestid')).toBe(id)
  expect(await response.json()).toEqual({ ...fields, requestId: id, gts: '2026-01-01T00:00:00.000Z' })
})

it.each(['', '{', 'x', '\u{fffd}{'])('the body %j is answered with 400, and no event', async (body) => {
  const { post, world } = await serve()
  const response = await post(body)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('The body is') } })
  expect(world.events).toEqual([])
})

it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is answered with 400', async (method) => {
  const { send } = await serve()
  const response = await send('/', { method })
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { message: `Unsupported method: ${method}` } },
  ])
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
})

it.each([
  [new Error('no stock'), { message: 'no stock' }],
  [Object.assign(new Error('gone'), { code: 'GONE', status: 503 }), { code: 'GONE', message: 'gone' }],
  ['only a text', { message: 'string thrown: only a text' }],
])('a failure is answered with 400 and its message: %s', async (thrown, error) => {
  const { post } = await serve({
    call() {
      throw thrown
    },
  })
  const response = await post('1')
  expect([response.status, await response.json()]).toMatchObject([400, { error }])
})

it('a body that is too large is refused with 400', async () => {
  const { post } = await serve()
  const response = await post(JSON.stringify('x'.repeat(1024 * 1024)))
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { message: expect.stringContaining('larger') } },
  ])
})
