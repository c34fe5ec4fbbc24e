import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
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

/** What a proxy does. */
export interface FaultOptions {
  /** Faults are drawn from it. */
  readonly seed: number
  /** Of how many requests it makes one, from 0 to 1. */
  readonly share: number
  /** Receives each request when it comes, before anything becomes of it. */
  readonly onRequest?: () => void
}

/** What may happen to a request. `lost` and `cutAfter` happen after the emulator did what was asked. */
type Fault = 'throttled' | 'failed' | 'cut' | 'conflict' | 'partial' | 'lost' | 'cutAfter'

/** What can happen to every call. */
const FAULTS: readonly Fault[] = ['throttled', 'failed', 'cut', 'lost', 'cutAfter']

/** What can happen to this one; what is special to it as often as three of the others. */
function faultsOf(call: Call): readonly Fault[] {
  const conflicts: Fault[] = conflictOf(call) === undefined ? [] : ['conflict', 'conflict', 'conflict']
  const parts: Fault[] = BATCHES[call.operation] === undefined ? [] : ['partial', 'partial', 'partial']
  return [...FAULTS, ...conflicts, ...parts]
}

/**
 * Starts one that makes faults: throttling in the words of each service, conflicts with what is under way, 500s, batches
 * of which entries are refused, and cut connections, before the emulator sees a request or after it answered it.
 */
export async function openFaultProxy(target: string, { seed, share, onRequest }: FaultOptions): Promise<FaultProxy> {
  const faults: string[] = []
  const chance = randomFrom(seed)
  let calm = false
  const draw = (call: Call): Fault | undefined => {
    if (calm || chance() >= share) return undefined
    const possible = faultsOf(call)
    const fault = possible[Math.floor(chance() * possible.length)]!
    faults.push(`${call.service} ${call.operation.split('/').slice(0, 3).join('/')}: ${fault}`)
    return fault
  }
  const server = createServer((incoming, answer) => {
    onRequest?.()
    void readBody(incoming).then((body) => {
      const call = callOf(incoming, body)
      const fault = draw(call)
      if (fault === 'cut') incoming.socket.destroy()
      else if (fault === 'throttled') refuse(answer, throttlingOf(call))
      else if (fault === 'failed') refuse(answer, failureOf(call))
      else if (fault === 'conflict') refuse(answer, conflictOf(call)!)
      else if (fault === 'partial') void forwardPart({ target, incoming, body, answer }, call, chance)
      else void forward({ target, incoming, body, answer }, call, fault)
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

/** The answer while another change is running; undefined if none can be. */
function conflictOf({ service, operation }: Call): Refusal | undefined {
  const isWriting = /^(?:Create|Put|Delete|Attach|Tag|Untag)/.test(operation)
  if (service === 'iam') return isWriting ? queryRefusal(409, 'ConcurrentModification', 'Wait a little.') : undefined
  if (service === 'logs') return isWriting ? jsonRefusal(400, 'OperationAbortedException', 'Try again.') : undefined
  const [method, path = ''] = operation.split(' ')
  if (service !== 'lambda' || method === 'GET' || path.endsWith('/invocations')) return undefined
  const words = 'The operation cannot be performed at this time. An update is in progress.'
  if (!path.includes('/event-source-mappings')) return restRefusal(409, 'ResourceConflictException', words)
  return method === 'POST' ? undefined : restRefusal(400, 'ResourceInUseException', words)
}

function throttlingOf({ service, operation }: Call): Refusal {
  if (service === 'lambda') return restRefusal(429, 'TooManyRequestsException', 'Rate exceeded')
  if (service === 'iam' || service === 'sts') return queryRefusal(400, 'Throttling', 'Rate exceeded')
  if (operation === 'PutRecords') return jsonRefusal(400, TOO_MUCH, 'Rate exceeded')
  if (service === 'kinesis') return jsonRefusal(400, 'LimitExceededException', 'Rate exceeded')
  return jsonRefusal(400, 'ThrottlingException', 'Rate exceeded')
}

const TOO_MUCH = 'ProvisionedThroughputExceededException'

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

interface Passage {
  readonly target: string
  readonly incoming: IncomingMessage
  readonly body: Buffer
  readonly answer: ServerResponse
}

async function forward(passage: Passage, call: Call, fault: 'lost' | 'cutAfter' | undefined): Promise<void> {
  const { incoming, answer } = passage
  try {
    const { status, headers, body } = await ask(passage)
    if (fault === 'lost') refuse(answer, failureOf(call))
    else if (fault === 'cutAfter') incoming.socket.destroy()
    else answer.writeHead(status, headers).end(body)
  } catch {
    incoming.socket.destroy()
  }
}

/** A call that sends several, and how its answer reports each. */
interface Batch {
  readonly entries: string
  /** Puts the answer to those that were forwarded and the refusal of the others together. */
  readonly answer: (forwarded: Fields | undefined, refused: ReadonlyMap<number, Fields>) => Fields
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of requests and answers, passed on.
type Fields = Record<string, any>

const BATCHES: Readonly<Record<string, Batch>> = {
  PutRecords: {
    entries: 'Records',
    answer(forwarded, refused) {
      const accepted: Fields[] = [...(forwarded?.Records ?? [])]
      const Records = Array.from({ length: accepted.length + refused.size }, (_, index) =>
        refused.has(index) ? { ErrorCode: TOO_MUCH, ErrorMessage: 'Rate exceeded' } : accepted.shift()!,
      )
      return { Records, FailedRecordCount: refused.size + (forwarded?.FailedRecordCount ?? 0) }
    },
  },
  SendMessageBatch: {
    entries: 'Entries',
    answer(forwarded, refused) {
      const failed = [...refused.values()].map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }))
      return { Successful: forwarded?.Successful ?? [], Failed: [...(forwarded?.Failed ?? []), ...failed] }
    },
  },
}

/** Refuses some entries of a batch, at least one, and forwards the others. */
async function forwardPart(passage: Passage, { operation }: Call, chance: () => number): Promise<void> {
  const { incoming, body, answer } = passage
  const { entries, answer: answerOf } = BATCHES[operation]!
  const sent: Fields = JSON.parse(body.toString())
  const all: Fields[] = sent[entries]
  const always = Math.floor(chance() * all.length)
  const refused = new Map([...all.entries()].filter(([index]) => index === always || chance() < 0.5))
  const rest = all.filter((_, index) => !refused.has(index))
  try {
    const part = { ...passage, body: Buffer.from(JSON.stringify({ ...sent, [entries]: rest })) }
    const forwarded = rest.length === 0 ? undefined : JSON.parse((await ask(part)).body.toString())
    const headers = { 'content-type': String(incoming.headers['content-type']) }
    answer.writeHead(200, headers).end(JSON.stringify(answerOf(forwarded, refused)))
  } catch {
    incoming.socket.destroy()
  }
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends a request on to the emulator. */
function ask({ target, incoming, body }: Passage): Promise<Answered> {
  const { method, url } = incoming
  const headers = { ...incoming.headers, 'content-length': String(body.length) }
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(url!, target), { method, headers }, (response) => {
      const { statusCode = 502, headers } = response
      void readBody(response).then((answered) => resolve({ status: statusCode, headers, body: answered }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
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
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
