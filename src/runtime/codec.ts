import { idOf, type Message, parentIdOf, rootIdOf, traceparentOf } from './message.ts'

/** Where a message was made. */
export interface Origin {
  readonly topology: string
  readonly stage: string
  readonly processor: string
  /** RFC 3339, UTC. */
  readonly time: string
}

/**
 * A message as it travels: a CloudEvent in JSON format, so that anything else can read it.
 * Source: CloudEvents 1.0.2, JSON event format and the partitioning and distributed tracing extensions, read 2026-11-21.
 */
export function encodeMessage(message: Message, origin: Origin): string {
  return JSON.stringify({
    specversion: '1.0',
    id: idOf(message),
    source: `/${origin.topology}/${origin.stage}/${origin.processor}`,
    type: message.topic ?? 'attak.input',
    time: origin.time,
    partitionkey: message.key,
    traceparent: traceparentOf(message),
    attakroot: rootIdOf(message.root),
    attakparent: parentIdOf(message),
    attakhop: message.hop,
    attakattempt: message.attempt,
    data: message.data,
  })
}
