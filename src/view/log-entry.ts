import type { LogLine as CloudLine } from '../deploy/cloud.ts'
import { fieldsOf, jsonIn } from '../runtime/text.ts'

/** A line of a deployed function. */
export type LogLine = Pick<CloudLine, 'timeMs' | 'processor' | 'text' | 'isPlatform'>

/** A parsed log line of a deployed function. */
export interface LogEntry extends Pick<LogLine, 'timeMs' | 'processor'> {
  /**
   * `log` is what a handler wrote, or the setup of a processor: that has no message. `end` is the outcome of an attempt. `error` is a message that finally failed.
   * `output` is an emit without a subscriber. `platform` is the platform's line about an invocation. `text` is anything
   * else, such as a crash.
   */
  readonly kind: 'log' | 'end' | 'error' | 'output' | 'platform' | 'text'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message?: string
  readonly root?: string
  /** All that the line holds; of a line that is not JSON, `{ text }`. */
  readonly fields: Readonly<Record<string, unknown>>
}

const LEVELS: ReadonlySet<unknown> = new Set(['debug', 'info', 'warn', 'error'])

/** Reads a line. */
export function readEntry({ timeMs, processor, text, isPlatform = false }: LogLine): LogEntry {
  const fields = text.startsWith('{') ? fieldsOf(jsonIn(text)) : undefined
  if (fields !== undefined && isOfAttak(fields)) {
    const { attak, level, message, root, time } = fields
    const written = typeof time === 'string' ? Date.parse(time) : Number.NaN
    return {
      timeMs: Number.isNaN(written) ? timeMs : written,
      processor,
      kind: attak as LogEntry['kind'],
      level: LEVELS.has(level) ? (level as LogEntry['level']) : 'info',
      ...(message !== undefined && { message: message as string, root: root as string }),
      fields,
    }
  }
  const kind = isPlatform ? 'platform' : 'text'
  const level = !isPlatform && /error|timed out|exited/i.test(text) ? 'error' : 'info'
  return { timeMs, processor, kind, level, fields: fields ?? { text } }
}

/** Whether a line has the fields that attak writes into each line of its kind. Code of the user may write similar lines. */
function isOfAttak({ attak, message, root, text, outcome, error, topic }: LogEntry['fields']): boolean {
  // `setup` and `teardown` write lines that belong to no message.
  if (attak === 'log' && message === undefined && root === undefined) return typeof text === 'string'
  if (typeof message !== 'string' || typeof root !== 'string') return false
  if (attak === 'log') return typeof text === 'string'
  if (attak === 'output') return typeof topic === 'string'
  if (attak === 'error') return error !== undefined
  return attak === 'end' && (WELL.has(outcome) || (typeof outcome === 'string' && error !== undefined))
}

/** Outcomes without an error. */
const WELL: ReadonlySet<unknown> = new Set(['ok', 'skipped'])

/** Reads lines that came together, in the order in which they were written: a service may have stamped them in another. */
export function readEntries(lines: readonly LogLine[]): readonly LogEntry[] {
  return lines.map(readEntry).sort((a, b) => a.timeMs - b.timeMs)
}
