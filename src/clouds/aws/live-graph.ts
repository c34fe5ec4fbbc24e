import { crashesPart } from '../../aws/names.ts'
import type { StageName } from '../../deploy/cloud.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import { ERRORS_PART } from '../../graph/names.ts'
import type { LiveResource } from '../../graph/resource.ts'
import { buildGraph, parseTopology } from '../../project/parse.ts'
import { viaOfHolder } from './channels.ts'

/** A graph, with what its channels do not show of a stage that is read without its project. */
export interface LiveGraph {
  readonly graph: Graph
  /** Whether there is a queue of crashes for FIFO queues. */
  readonly fifo: boolean
}

/** Returns the graph of the live resources, as far as their names determine it. */
export function liveGraphOf(stage: StageName, live: readonly LiveResource[]): LiveGraph {
  return { graph: graphOfLive(stage, live), fifo: live.some(({ id }) => id === `queue/${crashesPart(true)}`) }
}

/**
 * Returns the graph of the live resources: its processors, the channels that they receive from, and attak's store of
 * errors. Streams, and a user's queue or bucket for errors, are only known to the project.
 */
export function graphOfLive({ topology, stage }: StageName, live: readonly LiveResource[]): Graph {
  const names = [...new Set(live.flatMap(({ processor }) => processor ?? []))].sort()
  const hasTable = live.some(({ id }) => id === `table/${ERRORS_PART}`)
  const written = {
    name: topology,
    // A topology has at least one.
    processors: Object.fromEntries((names.length === 0 ? ['none'] : names).map((name) => [name, () => {}])),
    ...(hasTable && { errors: 'dynamodb' }),
  }
  const { topology: parsed, problems } = parseTopology(written, { file: 'topology', modulesIn: () => [] })
  if (parsed === undefined) throw new Error(`these names are no topology: ${JSON.stringify(problems)}`)
  const graph = buildGraph(parsed, { stage })
  return { ...graph, ...(names.length === 0 && { processors: [] }), channels: channelsOfLive(live) }
}

/** The channels that mappings join to functions: the id of a mapping is `mapping/<channel>/<receiver>`. */
function channelsOfLive(live: readonly LiveResource[]): readonly GraphChannel[] {
  const mapped = live.filter(({ kind }) => kind === 'mapping').map(({ id }) => id.split('/'))
  return live.flatMap(({ kind, id, name: address }) => {
    const name = id.slice(id.indexOf('/') + 1)
    const to = mapped.flatMap(([, channel, receiver = '']) => (channel === name ? [receiver] : []))
    if ((kind !== 'stream' && kind !== 'queue') || to.length === 0 || name.startsWith('_')) return []
    // The names do not contain these settings: a channel may have filters.
    const settings = { batch: 1, window: 0, retention: 24, filters: [] }
    const via = viaOfHolder(kind)
    return [{ name, to, streams: [], via, fifo: address.endsWith('.fifo'), pack: 1, settings } as const]
  })
}
