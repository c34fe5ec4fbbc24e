import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import createRouter from 'find-my-way'
import { AttakError } from '../../errors.ts'
import { hexDigestOf } from '../../runtime/digest.ts'
import type { OpenSources, SourceEvent, SourceWorld } from '../../runtime/source.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import type { TopologySource } from '../../topology/source.ts'
import { type Answer, answerOf, jsonAnswer } from './answer.ts'
import { bodyOf, cloudEventOf, eventOf, type Found } from './request.ts'
import type { HttpSettings } from './settings.ts'

const DEFAULTS = {
  method: 'POST',
  port: 3000,
  host: '127.0.0.1',
  reply: 'result',
  cors: false,
  maxBytes: 1024 * 1024,
} as const
/** A request has to come whole within this time. */
const REQUEST_MS = 30_000

/** A source with all that it does not say filled in. */
interface HttpSource extends Pick<TopologySource, 'name' | 'to' | 'topic'> {
  readonly settings: Required<HttpSettings>
  readonly methods: readonly string[]
}

/** What a route of a server leads to. */
type Route = (request: IncomingMessage, found: Found, id: string) => Promise<Answer>

interface OpenServer {
  readonly server: Server
  readonly lines: readonly string[]
  readonly running: Set<Promise<void>>
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

function sourceOf({ name, to, topic, settings }: TopologySource): HttpSource {
  const all = { ...DEFAULTS, ...settings } as unknown as Required<HttpSettings>
  return { name, to, ...(topic !== undefined && { topic }), settings: all, methods: [all.method].flat() }
}

async function openServer(sources: readonly HttpSource[], world: SourceWorld): Promise<OpenServer> {
  const { host, port } = sources[0]!.settings
  const router = routerOf(sources, world)
  const running = new Set<Promise<void>>()
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    const answering = answer(request, response).finally(() => running.delete(answering))
    running.add(answering)
  })
  const opened: OpenServer = { server, lines: [], running, isStopped: false }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const id = world.newId()
    const answered = opened.isStopped ? STOPPED : await answerTo(request, id, { router, sources, world })
    send(request, response, { id, answered, isLast: opened.isStopped })
  }
  await listen(server, { host, port, sources })
  const address = addressOf(server, host)
  const lines = sources.map(({ methods, settings, to }) => `${methods.join(', ')} ${address}${settings.path} → ${to}`)
  return Object.assign(opened, { lines })
}

type Router = ReturnType<typeof createRouter>

/** Throws TOPOLOGY_INVALID if two sources take the same requests. */
function routerOf(sources: readonly HttpSource[], world: SourceWorld): Router {
  const router = createRouter({ ignoreTrailingSlash: true, defaultRoute: () => undefined })
  for (const source of sources) {
    const { path } = source.settings
    const methods = source.methods.includes('ANY') ? ALL_METHODS : source.methods
    try {
      router.on([...methods] as never, path, () => {}, routeOf(source, world))
    } catch (cause) {
      const what = `source "${source.name}": ${methods.length === ALL_METHODS.length ? 'ANY' : methods.join(', ')} ${path} cannot be added: ${(cause as Error).message}`
      const remedy = 'Give each source its own path, method or port.'
      throw new AttakError('TOPOLOGY_INVALID', what, remedy, { cause })
    }
  }
  return router
}

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

async function listen(
  server: Server,
  { host, port, sources }: { readonly host: string; readonly port: number; readonly sources: readonly HttpSource[] },
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const names = sources.map(({ name }) => `"${name}"`).join(', ')
    const why =
      code === 'EADDRINUSE'
        ? 'another program listens there'
        : code === 'EACCES'
          ? 'that needs more rights'
          : String(code)
    const what = `source ${names}: cannot listen on ${host}:${port}: ${why}`
    throw new AttakError('SOURCE_FAILED', what, 'End that program, or give the source another port.', { cause })
  }
}

function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  const name =
    host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

async function stopServer(opened: OpenServer): Promise<void> {
  const { server, running } = opened
  opened.isStopped = true
  const closed = new Promise((resolve) => server.close(resolve))
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
  id: string,
  { router, sources, world }: AnswerParts,
): Promise<Answer> {
  const { method = 'GET', url = '/' } = request
  const [path = '/', search = ''] = url.split(/\?(.*)/s)
  const route = router.find(method as never, path)
  const cors = corsOf(request, sources, router, path)
  if (route === null && method === 'OPTIONS' && cors !== undefined) return { status: 204, headers: cors }
  if (route === null) return notFound(router, method, path)
  const room = world.room()
  if (room !== undefined) {
    return { ...jsonAnswer(503, { error: { message: 'Too much is under way.' } }), headers: { 'retry-after': '1' } }
  }
  const found = { path, params: route.params, query: new URLSearchParams(search) }
  try {
    const answered = await (route.store as Route)(request, found, id)
    return { ...answered, headers: { ...cors, ...answered.headers } }
  } catch (error) {
    return { ...failed(error, id), ...(cors && { headers: { ...cors, ...failed(error, id).headers } }) }
  }
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
  if (origin === undefined) return undefined
  const wanted = method === 'OPTIONS' ? headers['access-control-request-method'] : method
  const route = router.find((wanted ?? 'GET') as never, path)
  const source = sources.find((one) => route !== null && (route.store as { source?: HttpSource }).source === one)
  const cors = source?.settings.cors ?? false
  if (cors === false || (cors !== true && !cors.includes(origin))) return undefined
  const asked = headers['access-control-request-headers']
  return {
    'access-control-allow-origin': cors === true ? '*' : origin,
    vary: 'origin',
    'access-control-expose-headers': 'x-request-id',
    ...(method === 'OPTIONS' && wanted !== undefined && { 'access-control-allow-methods': wanted }),
    ...(method === 'OPTIONS' && asked !== undefined && { 'access-control-allow-headers': asked }),
  }
}

function routeOf(source: HttpSource, world: SourceWorld): Route & { readonly source: HttpSource } {
  const { to, topic, settings } = source
  const { maxBytes, reply } = settings
  const route: Route = async (request, found, newId) => {
    const body = await bodyOf(request, maxBytes)
    const cloudEvent = cloudEventOf(request, body)
    const id = idOf(request, cloudEvent, source, world) ?? newId
    const event: SourceEvent = {
      ...{ to, id, event: cloudEvent === undefined ? eventOf(request, body, found) : cloudEvent.data },
      ...topicOf(topic ?? cloudEvent?.type),
      ...(cloudEvent?.key !== undefined && { key: cloudEvent.key }),
      ...traceOf(request),
    }
    if (reply === 'result') return answerOf(await world.call(event))
    const taken = world.take(event)
    if (reply === 'accepted') return jsonAnswer(202, { id })
    const errors = await taken
    return errors === 0 ? jsonAnswer(200, { id }) : jsonAnswer(500, { id, errors })
  }
  return Object.assign(route, { source })
}

function topicOf(topic: string | undefined): Pick<SourceEvent, 'topic'> {
  return topic === undefined ? {} : { topic }
}

/** What a request that comes again gets again: from its `Idempotency-Key`, or the id of its CloudEvent. */
function idOf(
  { headers }: IncomingMessage,
  event: { readonly id: string; readonly source: string } | undefined,
  { name }: HttpSource,
  { scope }: SourceWorld,
): string | undefined {
  const key = headers['idempotency-key'] ?? (event && `${event.source} ${event.id}`)
  return key === undefined ? undefined : hexDigestOf(`${scope} ${name} ${String(key)}`)
}

/** Source: https://www.w3.org/TR/trace-context/, read 2026-11-21. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

function traceOf({ headers: { traceparent } }: IncomingMessage): Pick<SourceEvent, 'traceparent'> {
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}
}

function failed(error: unknown, id: string): Answer {
  const { code, message } = describeThrown(error)
  const status = code === 'EVENT_REFUSED' ? 400 : (statusOf(error) ?? 500)
  return jsonAnswer(status, { error: { ...(code !== undefined && { code }), message, id } })
}

/** The status that an error asks for, as those of most HTTP libraries do: `status` or `statusCode`, from 400 on. */
function statusOf(error: unknown): number | undefined {
  try {
    const { status, statusCode } = error as { readonly status?: unknown; readonly statusCode?: unknown }
    const asked = status ?? statusCode
    return Number.isInteger(asked) && Number(asked) >= 400 && Number(asked) <= 599 ? Number(asked) : undefined
  } catch {
    return undefined
  }
}

interface Sending {
  readonly id: string
  readonly answered: Answer
  readonly isLast: boolean
}

function send(request: IncomingMessage, response: ServerResponse, { id, answered, isLast }: Sending): void {
  const { status, headers, body = '' } = answered
  const isBroken = !request.complete
  response.on('error', () => {})
  response.writeHead(status, {
    ...{ 'x-request-id': id, ...headers },
    ...(status !== 204 && status !== 304 && { 'content-length': Buffer.byteLength(body) }),
    ...((isLast || isBroken) && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' || status === 204 || status === 304 ? undefined : body)
}
