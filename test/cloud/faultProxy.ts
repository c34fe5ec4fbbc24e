import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy in front of an emulator that makes the faults a cloud makes. */
export interface FaultProxy {
  readonly address: string
  /** Every fault made so far, as `kinesis PutRecords: throttled`. */
  readonly faults: readonly string[]
  /** From now on requests pass untouched. */
  calm(): void
  close(): Promise<void>
}

/** What may happen to a request. `lost` and `cutAfter` happen after the emulator did what was asked. */
type Fault = 'throttled' | 'failed' | 'cut' | 'conflict' | 'lost' | 'cutAfter'

const FAULTS: readonly Fault[] = ['throttled', 'failed', 'cut', 'conflict', 'lost', 'cutAfter']

/**
 * Starts one that makes a fault of about `share` of all requests (0 to 1), drawn from `seed`: throttling in the words of
 * each service, ResourceConflict, 500s and cut connections, before the emulator sees a request or after it answered it.
 */
export async function openFaultProxy(target: string, seed: number, share: number): Promise<FaultProxy> {
  const faults: string[] = []
  const chance = randomFrom(seed)
  let calm = false
  const server = createServer((incoming, answer) => {
    void readBody(incoming).then((body) => {
      const call = callOf(incoming, body)
      const fault = !calm && chance() < share ? FAULTS[Math.floor(chance() * FAULTS.length)]! : undefined
      // Only Lambda knows conflicts that pass.
      const made =
        fault === 'conflict' && (call.service !== 'lambda' || incoming.method === 'GET') ? 'throttled' : fault
      if (made !== undefined) faults.push(`${call.service} ${call.operation}: ${made}`)
      if (made === 'cut') incoming.socket.destroy()
      else if (made === 'throttled') refuse(answer, throttlingOf(call))
      else if (made === 'failed') refuse(answer, failureOf(call))
      else if (made === 'conflict') refuse(answer, CONFLICT)
      else forward(target, incoming, body, answer, call, made)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    calm() {
      calm = true
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Call {
  readonly service: string
  readonly operation: string
}

interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The service stands in the credential scope of the signature, the operation in a header, the body or the path. */
function callOf({ headers, method, url }: IncomingMessage, body: Buffer): Call {
  const scope = /Credential=[^,\s]*\/([a-z0-9-]+)\/aws4_request/.exec(headers.authorization ?? '')
  const target = headers['x-amz-target']
  const action = /(?:^|&)Action=(\w+)/.exec(body.subarray(0, 2000).toString('latin1'))
  const operation = typeof target === 'string' ? target.split('.').at(-1)! : (action?.[1] ?? `${method} ${url}`)
  return { service: scope?.[1] ?? 'unknown', operation }
}

const CONFLICT = restRefusal(409, 'ResourceConflictException', 'The operation cannot be performed at this time.')

function throttlingOf({ service }: Call): Refusal {
  if (service === 'lambda') return restRefusal(429, 'TooManyRequestsException', 'Rate exceeded')
  if (service === 'iam' || service === 'sts') return queryRefusal(400, 'Throttling', 'Rate exceeded')
  if (service === 'kinesis') return jsonRefusal(400, 'LimitExceededException', 'Rate exceeded')
  return jsonRefusal(400, 'ThrottlingException', 'Rate exceeded')
}

function failureOf({ service }: Call): Refusal {
  if (service === 'lambda') return restRefusal(500, 'ServiceException', 'The service broke down.')
  if (service === 'iam' || service === 'sts') return queryRefusal(500, 'InternalFailure', 'The service broke down.')
  return jsonRefusal(500, 'InternalFailure', 'The service broke down.')
}

function restRefusal(status: number, code: string, message: string): Refusal {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code }
  return { status, headers, body: JSON.stringify({ Type: 'User', message, Message: message }) }
}

function jsonRefusal(status: number, code: string, message: string): Refusal {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code }
  return { status, headers, body: JSON.stringify({ __type: code, message }) }
}

function queryRefusal(status: number, code: string, message: string): Refusal {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`
  const body = `<ErrorResponse>${error}<RequestId>fault</RequestId></ErrorResponse>`
  return { status, headers: { 'content-type': 'text/xml' }, body }
}

function refuse(answer: ServerResponse, { status, headers, body }: Refusal): void {
  answer.writeHead(status, headers).end(body)
}

function forward(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
  call: Call,
  fault: 'lost' | 'cutAfter' | undefined,
): void {
  const { method, url, headers } = incoming
  const outgoing = request(new URL(url!, target), { method, headers }, (response) => {
    void readBody(response).then((answered) => {
      if (fault === 'lost') refuse(answer, failureOf(call))
      else if (fault === 'cutAfter') incoming.socket.destroy()
      else answer.writeHead(response.statusCode!, response.headers).end(answered)
    })
  })
  outgoing.on('error', () => incoming.socket.destroy())
  outgoing.end(body)
}

async function readBody(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch {
    // A connection that is cut has said all it will say.
  }
  return Buffer.concat(chunks)
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
