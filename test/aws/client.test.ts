import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type AwsClientParts, createAwsClient } from '../../src/aws/client.ts'
import { KEYS } from '../contract/emulator.ts'

const TLS = (file: string) => fileURLToPath(new URL(`../fixtures/tls/${file}`, import.meta.url))
const NOW = () => Date.UTC(2026, 10, 21)
const CALL = { service: 'kinesis', region: 'eu-west-1', headers: { 'x-amz-target': 'Kinesis.Do' }, body: '{"a":"ü"}' }

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const { close } of open.splice(0)) close()
})

/** A server that answers as a test says, and a client of it. */
async function serve(listener: RequestListener, env: AwsClientParts['env'] = KEYS, secure = false) {
  const tls = {
    key: secure ? readFileSync(TLS('key.pem')) : '',
    cert: secure ? readFileSync(TLS('certificate.pem')) : '',
  }
  const server = (secure ? createSecureServer(tls, listener) : createServer(listener)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const all = { AWS_ENDPOINT_URL: `http${secure ? 's' : ''}://127.0.0.1:${port}/base/`, ...env }
  const client = createAwsClient({ env: all, now: NOW })
  open.push(client, { close: () => server.close().closeAllConnections() })
  return { client, env: all, server }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('a call', () => {
  it('is a signed POST to the endpoint, and returns the answer and its headers', async () => {
    const { client } = await serve(async (request, response) => {
      const { url, method, headers } = request
      response.setHeader('x-amz-function-error', 'Unhandled')
      response.end(JSON.stringify({ url, method, body: await bodyOf(request), authorization: headers.authorization }))
    })
    const result = await client.call({ ...CALL, path: '/functions/f/invocations' })
    expect(result).toMatchObject({
      ok: true,
      value: {
        url: '/base/functions/f/invocations',
        method: 'POST',
        body: CALL.body,
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=test\/20261121\/eu-west-1\/kinesis\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
        ),
      },
      headers: { 'x-amz-function-error': 'Unhandled' },
    })
  })

  it('returns undefined for an empty answer', async () => {
    const { client } = await serve((_, response) => void response.end())
    expect(await client.call(CALL)).toMatchObject({ ok: true, value: undefined })
  })

  it('uses the current credentials and endpoint of the environment', async () => {
    const seen: (string | undefined)[] = []
    const { client, env } = await serve((request, response) => {
      seen.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1])
      seen.push(String(request.headers['x-amz-security-token']))
      response.end()
    })
    await client.call(CALL)
    Object.assign(env, { AWS_ACCESS_KEY_ID: 'rotated', AWS_SESSION_TOKEN: 'token' })
    await client.call(CALL)
    expect(seen).toEqual(['test', 'undefined', 'rotated', 'token'])
  })

  it('keeps its connection for the next call, and opens another if that was closed', async () => {
    let [connections, calls] = [0, 0]
    const { client, server } = await serve((request, response) => {
      calls++
      if (calls === 3) request.socket.destroy()
      else response.end()
    })
    server.on('connection', () => connections++)
    for (let call = 0; call < 3; call++) expect(await client.call(CALL)).toMatchObject({ ok: true })
    expect({ connections, calls }).toEqual({ connections: 2, calls: 4 })
  })
})

describe('a call that fails', () => {
  it.each([
    [
      400,
      '{"__type":"com.amazonaws.kinesis#ResourceNotFoundException","message":"no stream"}',
      'ResourceNotFoundException',
      false,
    ],
    [
      400,
      '{"__type":"ProvisionedThroughputExceededException","message":"no stream"}',
      'ProvisionedThroughputExceededException',
      true,
    ],
    [400, '{"__type":"KMSThrottlingException","Message":"no stream"}', 'KMSThrottlingException', true],
    [403, '{"__type":"AccessDeniedException","Message":"no stream"}', 'AccessDeniedException', false],
    [429, '{"message":"no stream"}', 'HTTP 429', true],
    [503, 'no stream', 'HTTP 503', true],
  ])('with %i %s reports %s, and whether it is temporary: %s', async (status, body, code, passing) => {
    const { client } = await serve((_, response) => void response.writeHead(status).end(body))
    expect(await client.call(CALL)).toEqual({ ok: false, status, code, message: 'no stream', passing })
  })

  it('reports the error code from a header, if the service puts it there', async () => {
    const { client } = await serve((_, response) => {
      response
        .writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal/' })
        .end('{"Message":"none"}')
    })
    expect(await client.call(CALL)).toMatchObject({ code: 'ResourceNotFoundException', message: 'none' })
  })

  it('with an answer that is not JSON is temporary', async () => {
    const { client } = await serve((_, response) => void response.end('<html>'))
    expect(await client.call(CALL)).toMatchObject({ ok: false, code: 'UNREADABLE_ANSWER', passing: true })
  })

  it.each([
    ['before the answer', (request: IncomingMessage) => void request.socket.destroy()],
    [
      'within the answer',
      (request: IncomingMessage, response: { write(text: string): unknown }) => {
        response.write('{"a":')
        setImmediate(() => request.socket.destroy())
      },
    ],
  ])('because its connection broke %s is temporary', async (_, listener) => {
    const { client } = await serve(listener as RequestListener)
    expect(await client.call(CALL)).toMatchObject({ ok: false, status: 0, passing: true })
  })

  it('ends at a limit if an answer has no end', async () => {
    const piece = Buffer.alloc(1024 * 1024, 32)
    const { client, server } = await serve((_, response) => {
      const goOn = () => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', goOn)
      goOn()
    })
    const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)))
    expect(await client.call({ ...CALL, withinMs: 60_000 })).toMatchObject({ ok: false, code: 'ANSWER_TOO_LARGE' })
    await closed
  })

  it('ends when its time is up, and is temporary', async () => {
    const { client } = await serve(() => {})
    expect(await client.call({ ...CALL, withinMs: 20 })).toMatchObject({ code: 'TIMEOUT', passing: true })
  })

  it('because no server listens is temporary', async () => {
    const { client, server } = await serve(() => {})
    server.close()
    expect(await client.call(CALL)).toMatchObject({ code: 'ECONNREFUSED', passing: true })
  })

  it('without credentials names the missing ones', async () => {
    const { client } = await serve(() => {}, {})
    expect(await client.call(CALL)).toMatchObject({ code: 'NO_CREDENTIALS', passing: false })
  })
})

describe('over https', () => {
  const answer: RequestListener = (_, response) => void response.end('1')

  it('trusts the certificates of AWS_CA_BUNDLE', async () => {
    const { client } = await serve(answer, { ...KEYS, AWS_CA_BUNDLE: TLS('certificate.pem') }, true)
    expect(await client.call(CALL)).toMatchObject({ ok: true, value: 1 })
  })

  it('refuses others, for good', async () => {
    const { client } = await serve(answer, KEYS, true)
    expect(await client.call(CALL)).toMatchObject({ ok: false, code: 'DEPTH_ZERO_SELF_SIGNED_CERT', passing: false })
  })

  it('reports that the file of certificates does not exist', async () => {
    const { client } = await serve(answer, { ...KEYS, AWS_CA_BUNDLE: TLS('none.pem') }, true)
    expect(await client.call(CALL)).toMatchObject({ ok: false, code: 'ENOENT', passing: false })
  })
})

describe('the endpoint of a service', () => {
  const endpoint = (env: AwsClientParts['env'], region = 'eu-west-1') =>
    createAwsClient({ env, now: NOW }).endpoint('kinesis', region)

  it('is that of its region', () => {
    expect(endpoint({})).toBe('https://kinesis.eu-west-1.amazonaws.com')
    expect(endpoint({}, 'cn-north-1')).toBe('https://kinesis.cn-north-1.amazonaws.com.cn')
    expect(endpoint({}, 'us-isob-east-1')).toBe('https://kinesis.us-isob-east-1.sc2s.sgov.gov')
  })

  it('is that of the environment; the variable of the service overrides the general one', () => {
    const env = { AWS_ENDPOINT_URL: 'http://localhost:1/', AWS_ENDPOINT_URL_SQS: 'http://localhost:2' }
    expect(endpoint(env)).toBe('http://localhost:1')
    expect(endpoint({ ...env, AWS_ENDPOINT_URL_KINESIS: 'http://localhost:3' })).toBe('http://localhost:3')
  })
})
