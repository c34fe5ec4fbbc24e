import type { LogEntry } from '../../view/log-entry.ts'
import type { Unit } from './ready.ts'

/** What became of messages that were sent again, as far as logs tell. */
export interface Verdict {
  hear(entry: LogEntry): void
  /** Messages by what they came to; `further` counts failures of what they led to. */
  counts(): { readonly handled: number; readonly failed: number; readonly unheard: number; readonly further: number }
  /** Ids of messages that nothing was heard of. */
  unheard(): readonly string[]
}

/** What ends a message well: one that was skipped was handled before. */
const HANDLED: ReadonlySet<unknown> = new Set(['ok', 'skipped'])

/** Waits to hear of every message of these errors. */
export function verdictOn(units: readonly Unit[]): Verdict {
  const outcomes = new Map<string, 'handled' | 'failed' | undefined>()
  const nameOf = (processor: string, message: string | undefined) => `${processor} ${message}`
  for (const { record, events } of units) {
    for (const { id } of events) outcomes.set(nameOf(record.processor, id), undefined)
  }
  let further = 0
  const countOf = (outcome: 'handled' | 'failed' | undefined) =>
    [...outcomes.values()].filter((one) => one === outcome).length
  return {
    hear({ kind, processor, message, fields }) {
      const name = nameOf(processor, message)
      if (!outcomes.has(name)) further += kind === 'error' ? 1 : 0
      else if (kind === 'error') outcomes.set(name, 'failed')
      else if (kind === 'end' && HANDLED.has(fields.outcome)) outcomes.set(name, 'handled')
    },
    counts: () => ({ handled: countOf('handled'), failed: countOf('failed'), unheard: countOf(undefined), further }),
    unheard: () => [...outcomes].flatMap(([name, outcome]) => (outcome === undefined ? [name.split(' ')[1]!] : [])),
  }
}
