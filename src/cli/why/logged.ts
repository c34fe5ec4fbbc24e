import { fieldsOf } from '../../runtime/text.ts'
import { type Thrown, thrownIn } from '../../runtime/thrown.ts'
import type { LogEntry } from '../../view/log-entry.ts'
import type { Fact, Found } from './fact.ts'

/** What a line of a deployed function says of a message; undefined for those that say nothing of its way. */
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
  return {
    ...{ message, processor, root, time },
    ...textsIn(fields, 'parent', 'from', 'topic', 'key', 'position', 'outcome'),
    ...numbersIn(fields, 'hop', 'attempt'),
    ...(kind === 'error' && { outcome: 'failed' }),
    ...errorIn(fields),
    ...event,
  }
}

/** What a fact is to who looks for it by its id. */
export function foundOf({ message, processor, root = message, parent, from, topic, outcome, time }: Fact): Found {
  const said = { parent, from, topic, outcome, time }
  const defined = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  return { message, processor, root, ...defined }
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
