import type { IncomingMessage } from 'node:http'
import createRouter from 'find-my-way'
import type { SourceFault } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Answer } from './answer.ts'
import type { Found } from './request.ts'
import type { HttpSettings } from './settings.ts'

const DEFAULTS = {
  method: 'POST',
  port: 3000,
  host: '127.0.0.1',
  reply: 'result',
  cors: false,
  maxBytes: 1024 * 1024,
} as const

/** A source with all that it does not say filled in. */
export interface HttpSource extends Pick<TopologySource, 'name' | 'to' | 'topic'> {
  readonly settings: Required<HttpSettings>
  readonly methods: readonly string[]
}

/** What a route of a server leads to. */
export type Route = (request: IncomingMessage, found: Found, asked: Asked) => Promise<Answer>

/** A request while it is answered. */
export interface Asked {
  /** The id of its trace: a new one, until the request says another. */
  id: string
  /** Its body has come whole, or it needs none. */
  isRead: boolean
}

/** A source in normal form. */
export function sourceOf({ name, to, topic, settings }: TopologySource): HttpSource {
  const all = { ...DEFAULTS, ...settings } as unknown as Required<HttpSettings>
  return { name, to, ...(topic !== undefined && { topic }), settings: all, methods: [all.method].flat() }
}

/** The routes of one server. */
export type Router = ReturnType<typeof createRouter>

/** The sources were checked before: see `routeFaults`. */
export function routerOf(sources: readonly HttpSource[], routeOf: (source: HttpSource) => Route): Router {
  const router = newRouter()
  for (const source of sources) addRoute(router, source, routeOf(source))
  return router
}

function newRouter(): Router {
  return createRouter({ ignoreTrailingSlash: true, defaultRoute: () => undefined })
}

function addRoute(router: Router, { methods, settings }: HttpSource, store: Route): void {
  router.on([...methodsOf(methods)] as never, settings.path, () => {}, store)
}

function methodsOf(methods: readonly string[]): readonly string[] {
  return methods.includes('ANY') ? ALL_METHODS : methods
}

/** Returns what is wrong with the paths of sources: one that no router takes, or one whose requests another source takes. */
export function routeFaults(given: readonly TopologySource[]): readonly SourceFault[] {
  const routers = new Map<string, Router>()
  return given.flatMap((one) => {
    const source = sourceOf(one)
    const { host, port, path } = source.settings
    const router = routers.get(`${host} ${port}`) ?? newRouter()
    routers.set(`${host} ${port}`, router)
    try {
      addRoute(
        router,
        source,
        Object.assign(async () => ({ status: 204 }), { source }),
      )
      return []
    } catch (cause) {
      const taken = methodsOf(source.methods).map((method) => router.find(method as never, path))
      const stores = taken.map((found) => found?.store as { readonly source: HttpSource } | undefined)
      const other = stores.find((store) => store !== undefined && store.source !== source)
      const why =
        other === undefined ? `: ${(cause as Error).message}` : ` leads to the source "${other.source.name}" already`
      return [{ source: one.name, setting: 'path', what: `"${path}"${why}` }]
    }
  })
}

/** The methods that `ANY` takes. */
export const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What takes GET answers HEAD, too. */
export function routeTo(router: Router, method: string, path: string) {
  return router.find(method as never, path) ?? (method === 'HEAD' ? router.find('GET', path) : null)
}
