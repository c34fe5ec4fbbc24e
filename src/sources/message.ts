import { hexDigestOf } from '../runtime/digest.ts'
import type { SourceEvent, SourceWorld } from '../runtime/source.ts'
import type { TopologySource } from '../topology/source.ts'

/** The id of the tree of an event: the same each time it comes. */
export function rootId(
  { scope }: Pick<SourceWorld, 'scope'>,
  { name }: Pick<TopologySource, 'name'>,
  words: readonly (string | number)[],
): string {
  return hexDigestOf(JSON.stringify([scope, name, ...words]))
}

/** Source: https://www.w3.org/TR/trace-context/, read 2026-11-21. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The trace context of a message, if it is valid. */
export function traceOf(traceparent: unknown): Pick<SourceEvent, 'traceparent'> {
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}
}
