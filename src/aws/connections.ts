import { readFileSync } from 'node:fs'
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request that is ready to be sent. */
export interface Outgoing {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly withinMs: number
}

/** Connections that are kept between calls, since opening one takes longer than most calls. */
export interface Connections {
  /**
   * Sends a request and reads its answer. Rejects when the connection breaks, with `ANSWER_TOO_LARGE`, or with `TIMEOUT` after
   * `withinMs`: that holds for the whole call, with all that it waits for and a second try.
   */
  send(outgoing: Outgoing): Promise<Answer>
  close(): void
}

/**
 * How much of an answer is read, so that none fills the memory. The largest answers of AWS are ten messages of 1 MiB, each
 * character of which may be escaped as six.
 */
export const MOST_ANSWER_BYTES = 64 * 1024 * 1024

/** What requests of one protocol are made with. */
interface Way {
  readonly agent: Agent
  readonly request: (url: URL, options: RequestOptions) => ClientRequest
}

const KEPT = {
  keepAlive: true,
  /** The most connections to one server. */
  maxSockets: 50,
}

/** Opens nothing yet. `certificates` is a file of those to trust instead of Node's own, asked for by the first call. */
export function openConnections(certificates: () => string | undefined): Connections {
  const ways = new Map<string, Way>()

  const wayTo = async ({ protocol }: URL): Promise<Way> => {
    const way = ways.get(protocol) ?? (protocol === 'http:' ? await openPlain() : await openSecure(certificates()))
    // Of two that were opened at once, one is kept.
    const kept = ways.get(protocol) ?? way
    ways.set(protocol, kept)
    return kept
  }

  return {
    async send(outgoing) {
      const deadline = openDeadline(outgoing)
      try {
        const way = await Promise.race([wayTo(outgoing.url), deadline.passed])
        return await sendTwice(way, outgoing, deadline)
      } finally {
        deadline.close()
      }
    },
    close() {
      for (const { agent } of ways.values()) agent.destroy()
      ways.clear()
    },
  }
}

/** Sends a request, and once more where a kept connection turns out to be closed: its server has not read the request. */
async function sendTwice(way: Way, outgoing: Outgoing, deadline: Deadline): Promise<Answer> {
  const first = await sendOnce(way, outgoing, deadline)
  if (first !== CLOSED_BEFORE) return first
  const second = await sendOnce(way, outgoing, deadline)
  if (second !== CLOSED_BEFORE) return second
  throw Object.assign(new Error('the server closed two kept connections'), { code: 'ECONNRESET' })
}

const CLOSED_BEFORE = Symbol('closed before')

/** Rejects with `TIMEOUT` at the deadline, whatever the request waits for: a connection, an answer, the rest of one. */
function sendOnce(
  { agent, request }: Way,
  { method, url, headers, body }: Outgoing,
  { passed, onPass }: Deadline,
): Promise<Answer | typeof CLOSED_BEFORE> {
  const answered = new Promise<Answer | typeof CLOSED_BEFORE>((resolve, reject) => {
    const sent = request(url, { method, headers, agent })
    onPass(() => sent.destroy())
    let isAnswering = false
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (sent.reusedSocket && !isAnswering && error.code === 'ECONNRESET') resolve(CLOSED_BEFORE)
      else reject(error)
    })
    sent.on('response', (response) => {
      isAnswering = true
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size <= MOST_ANSWER_BYTES) return
        reject(tooLargeError(url))
        sent.destroy()
      })
      response.on('error', reject)
      response.on('end', () => resolve(answerOf(response, Buffer.concat(chunks).toString('utf8'))))
    })
    sent.end(body)
  })
  return Promise.race([passed, answered])
}

/** When a call has to end, its second try included. */
interface Deadline {
  /** Rejects with `TIMEOUT` when time is up. */
  readonly passed: Promise<never>
  /** Calls `stop` when time is up; replaces the last one. At once, if it is up. */
  onPass(stop: () => void): void
  close(): void
}

function openDeadline(outgoing: Outgoing): Deadline {
  let isPassed = false
  let stop = () => {}
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isPassed = true
      reject(timeoutError(outgoing))
      stop()
    }, outgoing.withinMs)
  })
  passed.catch(() => {})
  return {
    passed,
    onPass(next) {
      stop = next
      if (isPassed) stop()
    },
    close: () => clearTimeout(timer),
  }
}

/** Loaded when it is first needed, as the other: most functions need one, and those that emit nothing neither. */
async function openPlain(): Promise<Way> {
  const { Agent, request } = await import('node:http')
  return { agent: new Agent(KEPT), request }
}

async function openSecure(certificates: string | undefined): Promise<Way> {
  const { Agent, request } = await import('node:https')
  return { agent: new Agent({ ...KEPT, ...(certificates && { ca: readFileSync(certificates) }) }), request }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const one: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) one[name] = String(value)
  return { status: statusCode, headers: one, body }
}

function tooLargeError({ host }: URL): NodeJS.ErrnoException {
  const message = `the answer from ${host} is longer than ${MOST_ANSWER_BYTES} bytes`
  return Object.assign(new Error(message), { code: 'ANSWER_TOO_LARGE' })
}

function timeoutError({ url, withinMs }: Outgoing): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer from ${url.host} within ${withinMs} ms`), { code: 'TIMEOUT' })
}
