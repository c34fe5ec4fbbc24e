import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { signRequest, type UnsignedRequest } from '../../src/aws/sign.ts'

/** What the library wants of a hash. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: Uint8Array) {
    this.#hash.update(data)
  }
  async digest() {
    return new Uint8Array(this.#hash.digest())
  }
  reset() {}
}

async function signedByLibrary(
  request: UnsignedRequest,
  credentials: Parameters<typeof signRequest>[1],
  nowMs: number,
) {
  const { method, service, region, host, path, headers, body } = request
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new SignatureV4({
    service,
    region,
    credentials:
      sessionToken === undefined ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, sessionToken },
    sha256: Sha256,
    applyChecksum: service === 's3',
    uriEscapePath: service !== 's3',
  })
  const unsigned = {
    method,
    protocol: 'https:',
    hostname: host,
    path,
    query: {},
    headers: { ...headers, host },
    body,
  }
  return (await signer.sign(unsigned, { signingDate: new Date(nowMs) })).headers
}

it('signs as the library of the AWS SDK does', async () => {
  const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/)
  const request = fc.record({
    method: fc.constantFrom('POST', 'PUT'),
    service: fc.constantFrom('kinesis', 'sqs', 'lambda', 's3'),
    region: fc.constantFrom('eu-west-1', 'us-gov-east-1'),
    host: fc.constantFrom('kinesis.eu-west-1.amazonaws.com', 'localhost:4567'),
    path: fc.constantFrom('/', '/2015-03-31/functions/orders--dev--bill/invocations', '/a%3Ab/%21(c)'),
    headers: fc.record({
      'content-type': fc.constant('application/x-amz-json-1.1'),
      'x-amz-target': fc.stringMatching(/^[ -~]{1,30}$/).filter((value) => value.trim() === value && value !== ''),
    }),
    body: fc.uint8Array({ maxLength: 200 }),
  })
  const credentials = fc.record({
    accessKeyId: word,
    secretAccessKey: word,
    sessionToken: fc.option(word, { nil: undefined }),
  })
  const time = fc.integer({ min: Date.UTC(2015), max: Date.UTC(2035) })
  await fc.assert(
    fc.asyncProperty(request, credentials, time, async (said, by, nowMs) => {
      const theirs = await signedByLibrary(said, by, nowMs)
      const ours = signRequest(said, by, nowMs)
      expect(ours.authorization).toBe(theirs.authorization)
      expect(ours['x-amz-date']).toBe(theirs['x-amz-date'])
      expect(ours['x-amz-security-token']).toBe(theirs['x-amz-security-token'])
    }),
  )
})
