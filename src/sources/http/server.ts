import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AttakError } from '../../errors.ts'
import type { OpenSources, SourceWorld } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import { type Answer, JSON_TYPE, jsonAnswer } from './answer.ts'
import { guthegaRoute } from './guthega.ts'
import { budget, discreet, failed, routeOf } from './handle.ts'
import { listenOn } from './listen.ts'
import {
  ALL_METHODS,
  type Asked,
  type HttpSource,
  type Route,
  type Router,
  routerOf,
  routeTo,
  sourceOf,
} from './routes.ts'

/** A request has to come whole within this time. */
const REQUEST_MS = 30_000
const LOOK_MS = 1000

interface OpenServer {
  readonly server: Server
  readonly lines: readonly string[]
  readonly running: Set<Promise<void>>
  readonly requests: Map<IncomingMessage, Asked>
  isStopped: boolean
}

/** Opens a server for each address that the sources name. Throws SOURCE_FAILED with the address that cannot be listened on. */
export async function openServers(given: readonly TopologySource[], world: SourceWorld): Promise<OpenSources> {
  const sources = given.map(sourceOf)
  const byAddress = new Map<string, HttpSource[]>()
  for (const source of sources) {
    const address = `${source.settings.host} ${source.settings.port}`
    byAddress.set(address, [...(byAddress.get(address) ?? []), source])
  }
  const opened: OpenServer[] = []
  const stop = async () => {
    await Promise.all(opened.map(stopServer))
  }
  try {
    for (const group of byAddress.values()) opened.push(await openServer(group, world))
  } catch (error) {
    await stop()
    throw error
  }
  return { lines: opened.flatMap(({ lines }) => lines), stop }
}

async function openServer(sources: readonly HttpSource[], world: SourceWorld): Promise<OpenServer> {
  const { host, port } = sources[0]!.settings
  const isGuthega = sources.some(({ settings }) => settings.reply === 'guthega')
  const idNames = isGuthega ? ['x-request-id', 'x-guthega-requestid'] : ['x-request-id']
  const router = routerOf(sources, (source) => {
    const own = discreet(world, source)
    return source.settings.reply === 'guthega' ? guthegaRoute(source, own, budget) : routeOf(source, own)
  })
  const running = new Set<Promise<void>>()
  const times = { requestTimeout: REQUEST_MS, connectionsCheckingInterval: LOOK_MS }
  const server = createServer(times, (request, response) => {
    const asked: Asked = { id: world.newId(), isRead: false }
    const answering = answer(request, response, asked).finally(() => {
      running.delete(answering)
      opened.requests.delete(request)
    })
    opened.requests.set(request, asked)
    running.add(answering)
  })
  const opened: OpenServer = { server, lines: [], running, requests: new Map(), isStopped: false }
  const answer = async (request: IncomingMessage, response: ServerResponse, asked: Asked) => {
    try {
      const answered = opened.isStopped ? STOPPED : await answerTo(request, asked, { router, sources, world })
      send(request, response, { id: asked.id, idNames, answered, isLast: opened.isStopped })
    } catch (error) {
      // One request must not end the service.
      if (response.headersSent) response.destroy()
      else send(request, response, { id: asked.id, idNames, answered: failed(error, asked.id), isLast: true })
    }
  }
  await listen(server, { host, port, sources })
  const address = addressOf(server, host)
  const lines = sources.map(({ methods, settings, to }) => `${methods.join(', ')} ${address}${settings.path} → ${to}`)
  return Object.assign(opened, { lines })
}

async function listen(
  server: Server,
  { host, port, sources }: { readonly host: string; readonly port: number; readonly sources: readonly HttpSource[] },
): Promise<void> {
  try {
    await listenOn(server, { host, port })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const names = sources.map(({ name }) => `"${name}"`).join(', ')
    const [why, remedy] = WHY[String(code)] ?? [String(code), 'Give the source another host or port.']
    const what = `source ${names}: cannot listen on ${host}:${port}: ${why}`
    throw new AttakError('SOURCE_FAILED', what, remedy, { cause })
  }
}

const WHY: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  EADDRINUSE: ['another program listens there', 'End that program, or give the source another port.'],
  EACCES: ['that needs more rights', 'Give the source a port above 1023.'],
  EADDRNOTAVAIL: ['this machine does not have that address', 'Give the source another host.'],
  ENOTFOUND: ['there is no such host', 'Give the source another host.'],
}

function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  const name =
    host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

async function stopServer(opened: OpenServer): Promise<void> {
  const { server, running, requests } = opened
  opened.isStopped = true
  const closed = new Promise((resolve) => server.close(resolve))
  // What has not come whole was not taken.
  for (const [request, { isRead }] of requests) if (!isRead) request.destroy()
  while (running.size > 0) await Promise.allSettled(running)
  server.closeAllConnections()
  await closed
}

const STOPPED: Answer = jsonAnswer(503, { error: { message: 'This service is stopping.' } })

interface AnswerParts {
  readonly router: Router
  readonly sources: readonly HttpSource[]
  readonly world: SourceWorld
}

async function answerTo(
  request: IncomingMessage,
  asked: Asked,
  { router, sources, world }: AnswerParts,
): Promise<Answer> {
  const { method = 'GET', url = '/' } = request
  const [path = '/', search = ''] = targetOf(url).split(/\?(.*)/s)
  const cors = corsOf(request, sources, router, path)
  const withCors = (answer: Answer): Answer => ({ ...answer, headers: { ...cors, ...answer.headers } })
  if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined && cors !== undefined) {
    return withCors({ status: 204 })
  }
  const route = routeTo(router, method, path)
  if (route === null) return withCors(notFound(router, method, path))
  if (world.room() !== undefined) return withCors(TOO_MUCH)
  const found = { path, params: route.params, query: new URLSearchParams(search) }
  try {
    return withCors(await (route.store as Route)(request, found, asked))
  } catch (error) {
    return withCors(failed(error, asked.id))
  }
}

/** A proxy sends the whole address. Source: RFC 9112, section 3.2.2, read 2026-11-28. */
function targetOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '') || '/'
}

const TOO_MUCH: Answer = {
  ...jsonAnswer(503, { error: { message: 'Too much is being handled. Send it again later.' } }),
  headers: { ...JSON_TYPE, 'retry-after': '1' },
}

function notFound(router: Router, method: string, path: string): Answer {
  const allowed = ALL_METHODS.filter((other) => router.find(other, path) !== null)
  if (allowed.length === 0) return jsonAnswer(404, { error: { message: `Nothing is at ${path}.` } })
  const answer = jsonAnswer(405, { error: { message: `${path} takes ${allowed.join(', ')}, and not ${method}.` } })
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(', ') } }
}

/** The headers that let a script of another origin read the answer. Source: fetch.spec.whatwg.org, read 2026-11-28. */
function corsOf(
  { headers, method }: IncomingMessage,
  sources: readonly HttpSource[],
  router: Router,
  path: string,
): Readonly<Record<string, string>> | undefined {
  const { origin } = headers
  const wanted = method === 'OPTIONS' ? headers['access-control-request-method'] : method
  const route = router.find((wanted ?? 'GET') as never, path)
  const source = sources.find((one) => route !== null && (route.store as { source?: HttpSource }).source === one)
  const cors = source?.settings.cors ?? false
  if (cors === false) return undefined
  if (origin === undefined || (cors !== true && !cors.includes(origin))) return { vary: 'origin' }
  const asked = headers['access-control-request-headers']
  return {
    'access-control-allow-origin': cors === true ? '*' : origin,
    vary: 'origin',
    'access-control-expose-headers': 'x-request-id',
    ...(method === 'OPTIONS' && wanted !== undefined && { 'access-control-allow-methods': wanted }),
    ...(method === 'OPTIONS' && asked !== undefined && { 'access-control-allow-headers': asked }),
  }
}

interface Sending {
  readonly id: string
  /** The headers that have it. */
  readonly idNames: readonly string[]
  readonly answered: Answer
  readonly isLast: boolean
}

function send(request: IncomingMessage, response: ServerResponse, { id, idNames, answered, isLast }: Sending): void {
  const { status, headers, body = '' } = answered
  const isBroken = !request.complete
  response.on('error', () => {})
  response.writeHead(status, {
    ...headers,
    ...Object.fromEntries(idNames.map((name) => [name, id])),
    ...(status !== 204 && status !== 304 && { 'content-length': Buffer.byteLength(body) }),
    ...((isLast || isBroken) && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' || status === 204 || status === 304 ? undefined : body)
}
