import { crashesPart } from '../../aws/names.ts'
import type { Aws } from '../../clouds/aws/open.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import { ERRORS_PART } from '../../graph/names.ts'
import type { LiveResource } from '../../graph/resource.ts'
import { buildGraph, parseTopology } from '../../project/parse.ts'
import { openReader } from './reader.ts'
import type { NamedStage } from './stage.ts'

/** What is known of a stage that is looked at: from its project, or from what is live. */
export interface Known {
  readonly graph: Graph
  /** Whether it has a queue of crashes for FIFO queues. */
  readonly fifo: boolean
}

/** Finds out what a stage has: from its project, or, where none is loaded, from the names of what is live. */
export async function knownOf({ project, scope }: NamedStage, aws: Aws): Promise<Known> {
  if (project !== undefined) {
    const { graph } = project
    return { graph, fifo: graph.channels.some((channel) => channel.via === 'sqs' && channel.fifo) }
  }
  const live = await (await openReader({ scope }, aws)).list('thorough')
  return { graph: graphOfLive(scope, live), fifo: live.some(({ id }) => id === `queue/${crashesPart(true)}`) }
}

/**
 * The graph of what is live, as far as names tell: its processors, the channels that they receive from, and attak's own store
 * of errors. Streams, and a queue or bucket of the user's own for errors, are only known to the project.
 */
export function graphOfLive({ topology, stage }: NamedStage['scope'], live: readonly LiveResource[]): Graph {
  const hasTable = live.some(({ id }) => id === `table/${ERRORS_PART}`)
  const names = live.flatMap(({ processor }) => processor ?? [])
  const graph = graphOfNames({ topology, stage }, names, { ...(hasTable && { errors: 'dynamodb' }) })
  return { ...graph, channels: channelsOfLive(live) }
}

/** The graph of processors of which only the names are known, with settings of the topology. */
export function graphOfNames(
  { topology, stage }: NamedStage['scope'],
  given: readonly string[],
  settings: { readonly errors?: 'dynamodb' } = {},
): Graph {
  const names = [...new Set(given)].sort()
  const written = {
    name: topology,
    // A topology has at least one.
    processors: Object.fromEntries((names.length === 0 ? ['none'] : names).map((name) => [name, () => {}])),
    ...settings,
  }
  const { topology: parsed, problems } = parseTopology(written, { file: 'topology', modulesIn: () => [] })
  if (parsed === undefined) throw new Error(`these names are no topology: ${JSON.stringify(problems)}`)
  const graph = buildGraph(parsed, { stage })
  return names.length === 0 ? { ...graph, processors: [] } : graph
}

/** The channels that mappings join to functions: the id of a mapping is `mapping/<channel>/<receiver>`. */
function channelsOfLive(live: readonly LiveResource[]): readonly GraphChannel[] {
  const mapped = live.filter(({ kind }) => kind === 'mapping').map(({ id }) => id.split('/'))
  return live.flatMap(({ kind, id, name: address }) => {
    const name = id.slice(id.indexOf('/') + 1)
    const to = mapped.flatMap(([, channel, receiver = '']) => (channel === name ? [receiver] : []))
    if ((kind !== 'stream' && kind !== 'queue') || to.length === 0 || name.startsWith('_')) return []
    // What names do not tell: a channel may have filters.
    const settings = { batch: 1, window: 0, retention: 24, filters: [] }
    const via = kind === 'stream' ? 'kinesis' : 'sqs'
    return [{ name, to, streams: [], via, fifo: address.endsWith('.fifo'), pack: 1, settings } as const]
  })
}
