import type { SourceEvent } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'

/** The event of a schedule that is due at a time, in milliseconds since 1970. */
export function scheduledEvent({ name, to, topic, settings }: TopologySource, atMs: number): SourceEvent {
  const usual = { source: name, time: new Date(atMs).toISOString() }
  const event = 'event' in settings ? structuredClone(settings.event) : usual
  return { to, event, ...(topic !== undefined && { topic }) }
}
