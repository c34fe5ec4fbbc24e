import { nearest } from '../errors.ts'
import { parseField, placeOf } from './field.ts'
import { isName, NAME_RULE, renameRemedy } from './name.ts'
import { type Report, show } from './report.ts'
import type { SourceRules, SourceTable, SourceType, TopologySource } from './source.ts'
import { type Fields, isPlainObject, readFields, runUserCode } from './user-code.ts'

/** What sources are parsed with. */
export interface SourceParsing {
  readonly table: SourceTable
  /** The processors that there are; undefined if that is not known. */
  readonly names: ReadonlySet<string> | undefined
  readonly report: Report
}

const COMMON = ['type', 'to', 'topic']

/**
 * Parses `sources`, and the spellings `api` and `schedule`, which are sources too. Those that could be understood come back,
 * with all else reported.
 */
export function parseSources({ sources, api, schedule }: Fields, parsing: SourceParsing): readonly TopologySource[] {
  const read = (where: string, entries: () => readonly Entry[]) => {
    return (runUserCode(entries, where, parsing.report)?.value ?? []) as readonly Entry[]
  }
  const given = [
    ...read('sources', () => entriesOf(sources, 'sources', parsing)),
    ...read('api', () => fromApi(api, parsing)),
    ...read('schedule', () => fromSchedule(schedule, parsing)),
  ]
  const parsed = given.flatMap((entry) => parseSource(entry, parsing) ?? [])
  const seen = new Set<string>()
  for (const { name } of parsed) {
    const what = `two sources are called "${name}"`
    if (seen.has(name)) parsing.report.error('TOPOLOGY_INVALID', `sources.${name}`, what, 'Rename one of them.')
    seen.add(name)
  }
  return parsed
}

interface Entry {
  readonly name: string
  readonly where: string
  readonly fields: Fields
}

const SPELLING = "Write { orders: { type: 'http', to: 'intake', path: '/orders' } }."

function entriesOf(value: unknown, where: string, { report }: SourceParsing): readonly Entry[] {
  if (value === undefined) return []
  const fields = isPlainObject(value) ? readFields(value, where, report) : undefined
  if (fields === undefined) {
    report.error('TOPOLOGY_INVALID', where, `${where} must be a map by name; got ${show(value)}`, SPELLING)
    return []
  }
  return Object.entries(fields).flatMap(([name, source]) => entryOf(name, source, `${where}.${name}`, report) ?? [])
}

function entryOf(name: string, source: unknown, where: string, report: Report): Entry | undefined {
  const fields = isPlainObject(source) ? readFields(source, where, report) : undefined
  if (fields !== undefined) return { name, where, fields }
  report.error('TOPOLOGY_INVALID', where, `a source must be an object; got ${show(source)}`, SPELLING)
  return undefined
}

const API_SPELLING = "Write api: 'processor', or api: { 'GET /orders/:id': 'processor' }."

/** `api: 'name'` is every request to the processor; `api: { 'GET /orders/:id': 'name' }` is one source for each route. */
function fromApi(api: unknown, { report }: SourceParsing): readonly Entry[] {
  if (api === undefined) return []
  if (typeof api === 'string') {
    return [{ name: 'api', where: 'api', fields: { type: 'http', to: api, path: '/*', method: 'ANY' } }]
  }
  const routes = isPlainObject(api) ? readFields(api, 'api', report) : undefined
  if (routes === undefined) {
    report.error(
      'TOPOLOGY_INVALID',
      'api',
      `api must be a processor or a map of routes; got ${show(api)}`,
      API_SPELLING,
    )
    return []
  }
  return Object.entries(routes).flatMap(([route, to], index) => {
    const [, method = 'ANY', path = ''] = /^(?:([A-Za-z]+)\s+)?(\/\S*)$/.exec(route.trim()) ?? []
    const where = `api[${JSON.stringify(route)}]`
    if (path === '' || typeof to !== 'string') {
      const what =
        path === '' ? `${JSON.stringify(route)} is no route` : `a route leads to a processor; got ${show(to)}`
      report.error('TOPOLOGY_INVALID', where, what, API_SPELLING)
      return []
    }
    return [{ name: `api-${index + 1}`, where, fields: { type: 'http', to, path, method: method.toUpperCase() } }]
  })
}

const SCHEDULE_SPELLING =
  "Write schedule: { nightly: { to: 'processor', cron: '0 3 * * *' } }, or { to, rate: '5 minutes' }."

/** `schedule` is a map by name or a list, of what a source of the type `schedule` takes. `processor` is read as `to`. */
function fromSchedule(schedule: unknown, { report }: SourceParsing): readonly Entry[] {
  if (schedule === undefined) return []
  const entries = Array.isArray(schedule)
    ? schedule.map((entry, index) => [`schedule-${index + 1}`, entry, `schedule[${index}]`] as const)
    : isPlainObject(schedule)
      ? Object.entries(readFields(schedule, 'schedule', report) ?? {}).map(
          ([name, entry]) => [name, entry, `schedule.${name}`] as const,
        )
      : undefined
  if (entries === undefined) {
    const what = `schedule must be a map or a list; got ${show(schedule)}`
    report.error('TOPOLOGY_INVALID', 'schedule', what, SCHEDULE_SPELLING)
    return []
  }
  return entries.flatMap(([name, entry, where]) => {
    const read = entryOf(name, entry, where, report)
    if (read === undefined) return []
    const { processor, ...fields } = read.fields
    return [{ name, where, fields: { ...(processor !== undefined && { to: processor }), ...fields, type: 'schedule' } }]
  })
}

function parseSource(
  { name, where, fields }: Entry,
  { table, names, report }: SourceParsing,
): TopologySource | undefined {
  if (!isName(name)) {
    report.error('TOPOLOGY_INVALID', where, `the name of a source must ${NAME_RULE}`, renameRemedy(name))
    return undefined
  }
  if (names?.has(name) === true) {
    const what = `a source and a processor are both called "${name}"`
    report.error('TOPOLOGY_INVALID', where, what, 'Rename one of them, so that an input can name it.')
  }
  const type = typeOf(fields.type, where, table, report)
  const to = targetOf(fields.to, where, names, report)
  const { topic } = fields
  if (topic !== undefined && (typeof topic !== 'string' || topic === '')) {
    const what = `a topic must be a string that is not empty; got ${show(topic)}`
    report.error('TOPOLOGY_INVALID', placeOf(where, 'topic'), what, 'Name the topic, or leave it out.')
  }
  if (type === undefined) return undefined
  const settings = settingsOf(fields, where, { rules: table[type], type, report })
  if (to === undefined) return undefined
  return { name, type, to, ...(topic !== undefined && { topic: String(topic) }), settings }
}

function typeOf(value: unknown, where: string, table: SourceTable, report: Report): SourceType | undefined {
  const types = Object.keys(table) as SourceType[]
  if (types.includes(value as SourceType)) return value as SourceType
  const near = typeof value === 'string' ? nearest(value, types) : undefined
  const what = value === undefined ? 'a source needs a type' : `there is no type of source ${show(value)}`
  const list = `The types are ${types.map((type) => `"${type}"`).join(', ')}.`
  report.error(
    'TOPOLOGY_INVALID',
    placeOf(where, 'type'),
    what,
    near === undefined ? list : `Did you mean "${near}"? ${list}`,
  )
  return undefined
}

function targetOf(value: unknown, where: string, names: SourceParsing['names'], report: Report): string | undefined {
  if (typeof value !== 'string') {
    const what =
      value === undefined ? 'a source needs a processor' : `to must be the name of a processor; got ${show(value)}`
    report.error('TOPOLOGY_INVALID', placeOf(where, 'to'), what, "Add to: 'processor'.")
    return undefined
  }
  if (names?.has(value) !== false) return value
  const near = nearest(value, names)
  const remedy = near === undefined ? `Rename it, or add a processor "${value}".` : `Did you mean "${near}"?`
  report.error('TOPOLOGY_UNKNOWN_PROCESSOR', placeOf(where, 'to'), `no processor named "${value}"`, remedy)
  return undefined
}

interface SettingsParts {
  readonly rules: SourceRules
  readonly type: string
  readonly report: Report
}

function settingsOf(fields: Fields, where: string, { rules, type, report }: SettingsParts): TopologySource['settings'] {
  const { settings, required = [], oneOf } = rules
  const known = Object.keys(settings)
  for (const name of Object.keys(fields)) {
    if (COMMON.includes(name) || known.includes(name)) continue
    const near = nearest(name, known)
    const remedy = near === undefined ? `It has: ${known.join(', ')}.` : `Did you mean "${near}"?`
    report.error(
      'TOPOLOGY_UNKNOWN_SETTING',
      placeOf(where, name),
      `a source of type "${type}" has no setting "${name}"`,
      remedy,
    )
  }
  for (const name of required) {
    if (fields[name] !== undefined) continue
    const what = `a source of type "${type}" needs ${name}`
    report.error('TOPOLOGY_INVALID', where, what, `Add ${name}: it must be ${settings[name]!.must}.`)
  }
  const given = oneOf?.filter((name) => fields[name] !== undefined)
  if (oneOf !== undefined && given?.length !== 1) {
    const what = given?.length === 0 ? `needs ${oneOf.join(' or ')}` : `has both ${given?.join(' and ')}`
    report.error('TOPOLOGY_INVALID', where, `a source of type "${type}" ${what}`, `Give one of ${oneOf.join(' and ')}.`)
  }
  const present = known.filter((name) => fields[name] !== undefined)
  const needed = [...required, ...(oneOf ?? [])]
  const values = present.map((name) => {
    const parts = { value: fields[name], where, report, isRequired: needed.includes(name) }
    return [name, parseField(settings, name, parts)] as const
  })
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}
