import type { CloudStage, LogQuery } from '../../deploy/cloud.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { idOf } from '../../runtime/message.ts'
import { positionIn } from '../../runtime/position.ts'
import { fieldsOf } from '../../runtime/text.ts'
import { type Thrown, thrownIn } from '../../runtime/thrown.ts'
import type { LogEntry } from '../../view/log-entry.ts'
import { readEntry } from '../../view/log-entry.ts'
import type { Hint } from '../hint.ts'
import { type Fact, factsOfRecord, foundInRecords, foundOf, type Source } from './fact.ts'

/** The parts of a deployed stage that are searched. */
export interface LiveParts {
  readonly live: Pick<CloudStage, 'logs' | 'readBack'>
  /** Whose logs are read. */
  readonly processors: readonly string[]
  /** Lines before it are not read; milliseconds since 1970. */
  readonly fromMs: number
  /** The error records of the stage. */
  readonly records: readonly ErrorRecord[]
  /** Those that were seen here before, and that its store may have no longer. */
  readonly remembered: readonly ErrorRecord[]
  /** Writes the commands that remedies name. */
  readonly hint: Hint
}

/** How long before its failure a message's trace may have begun. */
const WAY_MS = 86_400_000

/** Looks messages up in a deployed stage: in its error records, in its logs, and in what its streams still hold. */
export function liveSource({ live, processors, fromMs, records, remembered, hint }: LiveParts): Source {
  const known = [...new Map([...remembered, ...records].map((record) => [record.id, record])).values()]
  const readFacts = async (asked: Omit<LogQuery, 'processors'>): Promise<readonly Fact[]> => {
    const lines = await live.logs({ processors, ...asked })
    return lines.map((line) => factOfEntry(readEntry(line))).filter((fact) => fact !== undefined)
  }
  return {
    remedy: `List errors with ${hint('errors list')}; look further back with --since; check --stage and --region.`,
    async find(prefix) {
      if (prefix === undefined) return foundInRecords(records, prefix)
      const found = foundInRecords(known, prefix)
      if (found.length > 0) return found
      const facts = await readFacts({ message: prefix, fromMs })
      return facts.filter(({ message }) => message.startsWith(prefix)).map(foundOf)
    },
    async trace({ root, time }) {
      const foundMs = time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time)
      const own = known.flatMap(factsOfRecord).filter((fact) => fact.root === root)
      const logged = await readFacts({ root, fromMs: Math.min(fromMs, foundMs - WAY_MS) })
      return [...logged.filter((fact) => fact.root === root), ...own]
    },
    details: (steps) => Promise.all(steps.map((step) => eventOf(live, step))),
  }
}

/** The event of a step, read back from where it stood; else why that cannot be. */
async function eventOf(live: LiveParts['live'], step: Fact): Promise<Fact> {
  const { message, processor, position, event } = step
  if (event !== undefined || processor === undefined) return { message, processor }
  if (position === undefined) return { message, processor, missing: 'no log line and no record has it' }
  try {
    const { messages, missing } = await live.readBack(position, processor)
    const own = messages.find((each) => idOf(each) === message)
    if (own === undefined) return { message, processor, missing }
    return { message, processor, event: own.data === undefined ? {} : { data: own.data } }
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { message, processor, missing: `it could not be read from the stream: ${why}` }
  }
}

/** Returns what a line of a deployed function shows of a message; undefined for lines without a message's path. */
export function factOfEntry({ kind, message, root, processor, timeMs, fields }: LogEntry): Fact | undefined {
  if (message === undefined || root === undefined) return undefined
  const time = new Date(timeMs).toISOString()
  const event = 'data' in fields && { event: { data: fields.data } }
  if (kind === 'output') {
    const id = textIn(fields, 'id')
    if (id === undefined) return undefined
    const way = { parent: message, from: processor, ...textsIn(fields, 'topic', 'key') }
    return { message: id, processor: undefined, root, time, ...way, event: {}, ...event }
  }
  if (kind !== 'end' && kind !== 'error') return undefined
  const position = positionIn(fields.position)
  return {
    ...{ message, processor, root, time },
    ...textsIn(fields, 'parent', 'from', 'topic', 'key', 'outcome'),
    ...(position && { position }),
    ...numbersIn(fields, 'hop', 'attempt'),
    ...(kind === 'error' && { outcome: 'failed' }),
    ...errorIn(fields),
    ...event,
  }
}

function textIn(fields: LogEntry['fields'], name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

function textsIn<Name extends string>(fields: LogEntry['fields'], ...names: Name[]) {
  const found = names.filter((name) => typeof fields[name] === 'string').map((name) => [name, fields[name]])
  return Object.fromEntries(found) as Partial<Record<Name, string>>
}

function numbersIn<Name extends string>(fields: LogEntry['fields'], ...names: Name[]) {
  const found = names.filter((name) => typeof fields[name] === 'number').map((name) => [name, fields[name]])
  return Object.fromEntries(found) as Partial<Record<Name, number>>
}

function errorIn({ error }: LogEntry['fields']): { readonly error?: Thrown } {
  const fields = fieldsOf(error)
  if (typeof fields?.name !== 'string' || typeof fields.message !== 'string') return {}
  return { error: thrownIn(fields) }
}
