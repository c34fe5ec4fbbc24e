import type { HeldPolicy } from '../graph/holds.ts'
import type { ProcessorRuntime } from '../runtime/invocation.ts'
import type { Edge, Message, Root } from '../runtime/message.ts'
import type { Router } from '../runtime/routes.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { Copier } from './copy.ts'
import type { ResumedEvent } from './intake.ts'
import type { Queue } from './queue.ts'

/** An edge as it is simulated. */
export interface SimulatedEdge extends Edge {
  /** Its place among all edges. */
  readonly index: number
  readonly receiver: SimulatedProcessor
  readonly policy: HeldPolicy
  /** Makes the copy that a handler gets. */
  readonly copier: Copier
  /**
   * The unfinished messages of each key. Streams of one channel to one receiver share them, whoever sends, as in a
   * deployed function.
   */
  readonly lanes: Lanes
  /** Its receiver alone. */
  readonly alone: Receivers
}

/** The receivers of one topic's emits, and the copier for their snapshots. */
export interface SimulatedRoute {
  readonly topic: string
  /** Undefined when no processor receives them. */
  readonly receivers: Receivers | undefined
  /** The largest message that all of them carry. */
  readonly messageBytes: number
  /** Whether all of them keep the order of each key. */
  readonly orderedByKey: boolean
  readonly copier: Copier
}

/** A processor as it is simulated. */
export interface SimulatedProcessor extends ProcessorRuntime {
  /** Its place among the processors of the graph, from 1 on. */
  readonly place: number
  readonly route: Router<SimulatedRoute>
  /** The route of the last emit: most emits are like the one before. */
  lastRoute: SimulatedRoute | undefined
  /** Messages whose last outcome is ok. */
  handled: number
  emitted: number
}

/**
 * The messages of each key that one receiver gets over one channel: one is under way, and others wait for it. A key without
 * messages takes no room.
 */
export type Lanes = Map<string, Queue<SimulatedMessage> | undefined>

/** A receiver of an emit, and those after it, in the order of their streams. */
export interface Receivers {
  readonly edge: SimulatedEdge
  readonly next: Receivers | undefined
  /** How many they are. */
  readonly count: number
}

/** The parts of a {@link SimulatedMessage}. */
export type SimulatedParts = Pick<
  SimulatedMessage,
  'data' | 'topic' | 'key' | 'receivers' | 'parent' | 'root' | 'ordinal' | 'hop' | 'attempt' | 'id'
>

/**
 * A message as it is simulated: one for all receivers of an emit, until they get it. A class, since an accessor on a prototype
 * takes no room in a message, and a million may wait (row M2 of the benchmarks).
 */
export class SimulatedMessage implements Message {
  declare readonly data: unknown
  declare readonly topic: string | undefined
  declare readonly key: string | undefined
  /** Undefined when no processor receives it. */
  declare readonly receivers: Receivers | undefined
  declare readonly parent: Message | string | undefined
  declare readonly root: Root
  declare readonly ordinal: number
  declare readonly hop: number
  declare readonly attempt: number
  declare id: string | undefined
  declare forced?: true
  declare traceparent?: string | undefined

  // Assigned here and only declared above: fields that are defined cost a third of a dispatch on Node 20.
  constructor({ data, topic, key, receivers, parent, root, ordinal, hop, attempt, id }: SimulatedParts) {
    this.data = data
    this.topic = topic
    this.key = key
    this.receivers = receivers
    this.parent = parent
    this.root = root
    this.ordinal = ordinal
    this.hop = hop
    this.attempt = attempt
    this.id = id
  }

  /** To its first receiver. */
  get edge(): SimulatedEdge | undefined {
    return this.receivers?.edge
  }
}

/** Returns the receivers over these edges; undefined without any. */
export function receiversOver(edges: readonly SimulatedEdge[]): Receivers | undefined {
  if (edges.length === 1) return edges[0]!.alone
  let receivers: Receivers | undefined
  for (const edge of edges.toReversed()) receivers = { edge, next: receivers, count: (receivers?.count ?? 0) + 1 }
  return receivers
}

/** The names of receivers, in order. */
export function receiverNames(receivers: Receivers | undefined): string[] {
  const names: string[] = []
  for (let at = receivers; at !== undefined; at = at.next) names.push(at.edge.to)
  return names
}

/** The message of an event of the input. */
export function inputMessage(root: Root, edge: SimulatedEdge, { event, key, topic }: InputEvent): SimulatedMessage {
  const lineage = { parent: undefined, root, ordinal: 0, hop: 1, attempt: 1, id: undefined }
  return new SimulatedMessage({ data: event, topic, key, receivers: edge.alone, ...lineage })
}

/** Whether an event of the input is a resumed message of an earlier run. */
export function isResumed(input: InputEvent | ResumedEvent): input is ResumedEvent {
  return (input as Partial<ResumedEvent>).resumed !== undefined
}

/** The message of such an event, as it was. */
export function resumedMessage(root: Root, edge: SimulatedEdge, { event, ...input }: ResumedEvent): SimulatedMessage {
  const { key, topic, resumed } = input
  const { id, parent, hop, forced } = resumed
  root.id = resumed.root
  const lineage = { parent, root, ordinal: -1, hop, attempt: 1, id }
  const message = new SimulatedMessage({ data: event, topic, key, receivers: edge.alone, ...lineage })
  if (forced) message.forced = true
  return message
}

/** Returns a message for some of its receivers alone. */
export function messageTo(
  message: SimulatedMessage,
  receivers: Receivers,
  attempt = message.attempt,
): SimulatedMessage {
  if (receivers === message.receivers && attempt === message.attempt) return message
  const { data, topic, key, parent, root, ordinal, hop, id, forced, traceparent } = message
  const other = new SimulatedMessage({ data, topic, key, receivers, parent, root, ordinal, hop, attempt, id })
  if (forced) other.forced = true
  if (traceparent !== undefined) other.traceparent = traceparent
  return other
}
