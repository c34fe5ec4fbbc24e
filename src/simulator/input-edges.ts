import { AttakError, nearest } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { ResumedEvent } from './intake.ts'
import type { SimulatedEdge } from './message.ts'
import type { Network } from './network.ts'

/** Finds the edges that events of the input take. */
export interface InputEdges {
  /** Throws TOPOLOGY_UNKNOWN_PROCESSOR for the event at `position` of the input. */
  to(name: string, position: number): SimulatedEdge
  /** Returns the stream that an event came over before it was resumed; else the edge of inputs to its receiver. */
  of(resumed: ResumedEvent, position: number): SimulatedEdge
}

/** Makes it. Most events go where the one before went. */
export function openInputEdges({ inputs, streams }: Pick<Network, 'inputs' | 'streams'>, graph: Graph): InputEdges {
  let lastTo: string | undefined
  let last: SimulatedEdge | undefined
  const to = (name: string, position: number): SimulatedEdge => {
    if (name === lastTo && last !== undefined) return last
    last = inputs.get(name)
    if (last === undefined) throw unknownReceiver(name, inputs.keys(), position)
    lastTo = name
    return last
  }
  return {
    to,
    of({ to: name, topic = '', resumed: { from } }, position) {
      const came = streams.find(
        (edge, index) =>
          edge.from === from && edge.to === name && (graph.streams[index]!.topics?.includes(topic) ?? true),
      )
      return came ?? to(name, position)
    },
  }
}

function unknownReceiver(name: string, names: Iterable<string>, position: number): AttakError {
  const near = nearest(name, names)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return new AttakError(
    'TOPOLOGY_UNKNOWN_PROCESSOR',
    `input event ${position + 1}: no processor named "${name}".${hint}`,
    'Send it to a processor of the topology.',
  )
}
