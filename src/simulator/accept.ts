import type { Graph } from '../graph/graph.ts'
import { addEmit, nextOrdinal } from '../runtime/emit.ts'
import { encodeMessage } from '../runtime/event.ts'
import type { InvocationHost } from '../runtime/invocation.ts'
import { idOf, type Message } from '../runtime/message.ts'
import { dataRefusal, hopRefusal, keyRefusal, sizeRefusal } from '../runtime/refusal.ts'
import { isPlain } from '../runtime/text.ts'
import type { Copier } from './copy.ts'
import { CHARACTER_BYTES, SCALAR_BYTES } from './copy-walk.ts'
import { SimulatedMessage, type SimulatedProcessor, type SimulatedRoute } from './message.ts'

/**
 * Makes the function that accepts the emits of a simulation: one snapshot and one message each, however many processors
 * receive it.
 */
export function acceptorOf(graph: Graph): InvocationHost['accept'] {
  const { hopLimit } = graph
  const checkSize = sizeChecker(graph)
  return (invocation, topic, data, key) => {
    const parent = invocation.message
    const { receivers, copier, orderedByKey, messageBytes } = routeTo(invocation.runtime as SimulatedProcessor, topic)
    if (parent.hop >= hopLimit && receivers !== undefined) throw hopRefusal(topic, hopLimit)
    if (key !== undefined && !orderedByKey) throw keyRefusal(topic)
    const snapshot = snapshotOf(copier, topic, data)
    const message = new SimulatedMessage({
      data: snapshot,
      topic,
      key,
      receivers,
      parent,
      root: parent.root,
      ordinal: nextOrdinal(invocation, topic, key),
      hop: parent.hop + 1,
      attempt: 1,
      id: undefined,
    })
    checkSize(message, copier.mostBytes, messageBytes)
    addEmit(invocation, message)
    return undefined
  }
}

/**
 * Makes the function that throws EMIT_TOO_LARGE for a message that is larger than a limit. It gets an upper bound of the bytes
 * of its data; bytes are counted only when that bound exceeds the limit.
 */
export function sizeChecker({
  name,
  stage,
}: Pick<Graph, 'name' | 'stage'>): (message: Message, mostDataBytes: number, messageBytes: number) => void {
  const origin = { topology: name, stage, time: new Date(0).toISOString() }
  return (message, mostDataBytes, messageBytes) => {
    const { topic = '', key } = message
    const metadataBytes = MOST_METADATA_BYTES + 6 * topic.length + (key === undefined ? 0 : 9 * key.length)
    if (mostDataBytes + metadataBytes <= messageBytes) return
    if (metadataBytes + mostBytesOf(message.data) <= messageBytes) return
    const bytes = Buffer.byteLength(encodeMessage(message, origin)) + Buffer.byteLength(key ?? idOf(message))
    if (bytes > messageBytes) throw sizeRefusal(topic, bytes, messageBytes)
  }
}

/** More than what a message carries beside data, topic and key: names of 40 characters and ids of 32. */
const MOST_METADATA_BYTES = 1024

/**
 * Returns an upper bound of the bytes of plain data as JSON. Looks through each string, where a copier counts six bytes for each
 * character; that takes a fifth of the time of writing it.
 */
function mostBytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length * (isPlain(value) ? 1 : CHARACTER_BYTES) + 3
  if (typeof value !== 'object' || value === null) return SCALAR_BYTES
  let bytes = 2
  for (const [name, item] of Object.entries(value)) bytes += mostBytesOf(name) + mostBytesOf(item) + 1
  return bytes
}

function routeTo(processor: SimulatedProcessor, topic: string): SimulatedRoute {
  const { lastRoute } = processor
  if (lastRoute !== undefined && lastRoute.topic === topic) return lastRoute
  const route = processor.route(topic)
  processor.lastRoute = route
  return route
}

function snapshotOf(copier: Copier, topic: string, data: unknown): unknown {
  try {
    return copier.copy(data)
  } catch (error) {
    throw dataRefusal(topic, data, error)
  }
}
