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
   * The messages of each key that are not done. Streams of one channel to one receiver share them, whoever sends, as a
   * deployed function does.
   */
  readonly lanes: Lanes
  /** Along it alone. */
  readonly way: Way
}

/** Where the emits of one topic go, and what takes their snapshots. */
export interface SimulatedRoute {
  readonly topic: string
  /** Undefined when nobody hears them. */
  readonly way: Way | undefined
  /** The largest message that all of them carry. */
  readonly messageBytes: number
  /** Whether all of them keep the order of each key. */
  readonly orderedByKey: boolean
  readonly copier: Copier
}

/** A processor as it is simulated. */
export interface SimulatedProcessor extends ProcessorRuntime {
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
export interface Way {
  readonly edge: SimulatedEdge
  readonly next: Way | undefined
  /** How many receivers that is. */
  readonly receivers: number
}

/** What a {@link SimulatedMessage} is made of. */
export type SimulatedParts = Pick<SimulatedMessage, 'data' | 'topic' | 'key' | 'way' | 'ordinal'>

/**
 * A message as it is simulated: one for all receivers of an emit, until they get it. A class, since what is the same in
 * most messages takes no room on a prototype (row M2 of the benchmarks).
 */
export class SimulatedMessage implements Message {
  declare readonly data: unknown
  declare readonly topic: string | undefined
  declare readonly key: string | undefined
  /** To whom it goes; undefined when nobody hears it. */
  declare readonly way: Way | undefined
  declare readonly parent: Message | string | undefined
  declare readonly root: Root
  declare readonly ordinal: number
  declare readonly hop: number
  declare id: string | undefined
  declare traceparent?: string | undefined

  // Assigned here and only declared above: fields that are defined cost a third of a dispatch on Node 20.
  constructor(parent: Message | undefined, root: Root, { data, topic, key, way, ordinal }: SimulatedParts) {
    this.data = data
    this.topic = topic
    this.key = key
    this.way = way
    this.parent = parent
    this.root = root
    this.ordinal = ordinal
    this.hop = parent === undefined ? 1 : parent.hop + 1
    this.id = undefined
  }

  /** To its first receiver. */
  get edge(): SimulatedEdge | undefined {
    return this.way?.edge
  }

  get attempt(): number {
    return 1
  }
}

/** The way of what one processor alone hears. */
export function wayAlong(edge: SimulatedEdge): Way {
  return { edge, next: undefined, receivers: 1 }
}

/** The way of what is heard over all these edges; undefined without any. */
export function wayAlongAll(edges: readonly SimulatedEdge[]): Way | undefined {
  if (edges.length === 1) return edges[0]!.way
  let way: Way | undefined
  for (const edge of edges.toReversed()) way = { edge, next: way, receivers: (way?.receivers ?? 0) + 1 }
  return way
}

/** The names of the receivers along a way. */
export function wayNames(way: Way | undefined): string[] {
  const names: string[] = []
  for (let along = way; along !== undefined; along = along.next) names.push(along.edge.to)
  return names
}

/** The message of an event of the input. */
export function inputMessage(root: Root, { way }: SimulatedEdge, { event, key, topic }: InputEvent): SimulatedMessage {
  return new SimulatedMessage(undefined, root, { data: event, topic, key, way, ordinal: 0 })
}

/** Whether an event of the input was on its way before. */
export function isResumed(input: InputEvent | ResumedEvent): input is ResumedEvent {
  return (input as Partial<ResumedEvent>).resumed !== undefined
}

/** The message of such an event, as it was. */
export function resumedMessage(root: Root, edge: SimulatedEdge, { event, ...input }: ResumedEvent): SimulatedMessage {
  const { key, topic, resumed } = input
  const { id, parent, hop, forced } = resumed
  root.id = resumed.root
  const lineage = { parent, root, hop, id, ordinal: -1, ...(forced && { forced }) }
  return { data: event, topic, key, way: edge.way, edge, ...lineage, attempt: 1 }
}

/** Returns a message as the receivers of `way` get it, which is the rest of its own way. */
export function messageAlong(message: SimulatedMessage, way: Way): SimulatedMessage {
  if (way === message.way) return message
  const along = new SimulatedMessage(message.parent as Message | undefined, message.root, { ...partsOf(message), way })
  along.id = message.id
  if (message.traceparent !== undefined) along.traceparent = message.traceparent
  return along
}

/** A message of its own for the next attempt: whoever still holds the one before sees what it was. */
export function nextAttemptOf(message: SimulatedMessage): SimulatedMessage {
  const edge = message.edge!
  return { ...message, way: edge.way, edge, attempt: message.attempt + 1 }
}

function partsOf({ data, topic, key, way, ordinal }: SimulatedMessage): SimulatedParts {
  return { data, topic, key, way, ordinal }
}
