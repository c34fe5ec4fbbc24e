import { readFileSync } from 'node:fs'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A POST that is ready to be sent. */
export interface Post {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly withinMs: number
}

/** Connections that are kept between calls, since opening one takes longer than most calls. */
export interface Connections {
  /** Sends a request and reads its answer. Rejects when the connection breaks, or with `TIMEOUT` when time is up. */
  post(post: Post): Promise<Answer>
  close(): void
}

/** The most connections to one server. */
const MOST_CONNECTIONS = 50

/** Opens nothing yet. `certificates` is a file of those to trust instead of Node's own, asked for by the first call. */
export function openConnections(certificates: () => string | undefined): Connections {
  const plain = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS })
  let secure: SecureAgent | undefined

  const secureAgent = () => {
    if (secure === undefined) {
      const file = certificates()
      const trusted = file ? { ca: readFileSync(file) } : {}
      secure = new SecureAgent({ keepAlive: true, maxSockets: MOST_CONNECTIONS, ...trusted })
    }
    return secure
  }

  const start = ({ url, headers }: Post): ClientRequest => {
    const options = { method: 'POST', headers }
    if (url.protocol === 'http:') return request(url, { ...options, agent: plain })
    return secureRequest(url, { ...options, agent: secureAgent() })
  }

  const postOnce = (post: Post, isSecond: boolean): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = start(post)
      const timer = setTimeout(() => sent.destroy(timeoutError(post)), post.withinMs)
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        // The server had closed a connection that was kept: it has not read the request.
        if (sent.reusedSocket && error.code === 'ECONNRESET' && !isSecond) resolve(postOnce(post, true))
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
      sent.end(post.body)
    })

  return {
    post: async (post) => postOnce(post, false),
    close() {
      plain.destroy()
      secure?.destroy()
    },
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const one: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) one[name] = String(value)
  return { status: statusCode, headers: one, body }
}

function timeoutError({ url, withinMs }: Post): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer from ${url.host} within ${withinMs} ms`), { code: 'TIMEOUT' })
}
