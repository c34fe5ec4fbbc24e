import { fingerprint, type JsonObject, type LiveResource, type Resource } from '../../src/graph/resource.ts'

/** The kinds of the resources below, what is needed before what needs it. */
export const KINDS = ['queue', 'stream', 'role', 'function', 'mapping']
/** The resource that carries the marks. */
export const MARKER = 'queue/errors'

/** A resource as a cloud wants it, said by its id and what matters to a test. */
export function resourceOf(id: string, said: Partial<Resource> = {}): Resource {
  const [kind = '', part = ''] = id.split('/')
  return {
    id,
    kind,
    name: `t--dev--${part}`,
    needs: [],
    config: {},
    fixed: [],
    holdsData: kind === 'queue' || kind === 'stream',
    ...said,
  }
}

/** A resource as it lives once it was written. */
export function liveOf(resource: Resource, said: Partial<LiveResource> = {}): LiveResource {
  const { id, kind, name, needs, holdsData } = resource
  return {
    id,
    kind,
    name,
    needs,
    holdsData,
    address: `at:${kind}/${name}`,
    fingerprint: fingerprint(resource),
    ...said,
  }
}

/** All that processors need, each with its own stream; `settings` go to every function. */
export function topologyOf(
  processors: readonly string[],
  { stage = 'dev', ...settings }: JsonObject & { readonly stage?: string } = {},
): readonly Resource[] {
  const named = (id: string, said: Partial<Resource>) =>
    resourceOf(id, { name: `t--${stage}--${id.split('/')[1]}`, ...said })
  return [
    named(MARKER, { config: { retention: 14 } }),
    ...processors.flatMap((processor) => [
      named(`stream/${processor}`, { processor, config: { shards: 1, retention: 24 } }),
      named(`role/${processor}`, { processor, config: { policy: `reads ${processor}` } }),
      named(`function/${processor}`, {
        processor,
        needs: [`role/${processor}`, MARKER],
        config: { code: `code of ${processor}`, memory: 256, timeout: 30, ...settings },
      }),
      named(`mapping/${processor}`, {
        processor,
        needs: [`function/${processor}`, `stream/${processor}`],
        config: { source: `stream of ${processor}`, batch: 100, window: 0 },
        fixed: ['source'],
      }),
    ]),
  ]
}
