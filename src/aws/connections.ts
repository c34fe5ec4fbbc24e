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
  /** Sends a request and reads its answer. Rejects when the connection breaks, or with `TIMEOUT` when time is up. */
  send(outgoing: Outgoing): Promise<Answer>
  close(): void
}

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

  const sendOnce = ({ agent, request }: Way, outgoing: Outgoing, isSecond = false): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(outgoing.url, { method: outgoing.method, headers: outgoing.headers, agent })
      const timer = setTimeout(() => sent.destroy(timeoutError(outgoing)), outgoing.withinMs)
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        // The server had closed a connection that was kept: it has not read the request.
        if (sent.reusedSocket && error.code === 'ECONNRESET' && !isSecond)
          resolve(sendOnce({ agent, request }, outgoing, true))
        else reject(error)
      }
      sent.on('error', fail)
      sent.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          clearTimeout(timer)
          resolve(answerOf(response, Buffer.concat(chunks).toString('utf8')))
        })
      })
      sent.end(outgoing.body)
    })

  return {
    send: async (outgoing) => sendOnce(await wayTo(outgoing.url), outgoing),
    close() {
      for (const { agent } of ways.values()) agent.destroy()
      ways.clear()
    },
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

function timeoutError({ url, withinMs }: Outgoing): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer from ${url.host} within ${withinMs} ms`), { code: 'TIMEOUT' })
}
