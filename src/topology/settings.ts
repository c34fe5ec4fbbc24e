import { nearest } from '../errors.ts'
import type { DeliverySettings } from './delivery.ts'
import type { DeploymentSettings, Environment } from './deployment.ts'
import { parseEnvironment } from './environment.ts'
import { parseField, placeOf } from './field.ts'
import type { KnownSettings, Level } from './known-settings.ts'
import { readOldSettings } from './old-settings.ts'
import type { Errors, IdempotentDefinition } from './recording.ts'
import { parseErrors, parseIdempotent } from './recording-settings.ts'
import { type Report, show } from './report.ts'
import { BACKOFF_RULES } from './rules.ts'
import { isStandardSchema, type StandardSchema } from './schema.ts'
import type { Backoff, Recording, TopologyProcessor } from './topology.ts'
import { type Fields, isPlainObject, readFields, runUserCode } from './user-code.ts'

/** The settings of any level, in normal form; absent means not given. */
export interface Settings extends DeliverySettings, DeploymentSettings, Recording {
  readonly retries?: number
  readonly backoff?: Partial<Backoff>
  readonly timeoutMs?: number
  readonly hopLimit?: number
  readonly callback?: boolean
  readonly input?: StandardSchema
  readonly invokes?: readonly string[]
  readonly environment?: Environment
  readonly concurrency?: number
  readonly logRetention?: number
  readonly stream?: string
  readonly errors?: Errors
}

/** What settings are parsed with. */
export interface Parsing {
  readonly known: KnownSettings
  readonly report: Report
}

/**
 * Parses the settings among `fields`, reporting each wrong and each unknown one. `where` is the place of the whole:
 * empty for the topology. The topology's own `input` (events, not a schema) is left to its reader.
 */
export function parseSettings(level: Level, given: Fields, where: string, { known, report }: Parsing): Settings {
  const { rules } = known
  const fields = readOldSettings(level, given, where, report)
  const taken = known.fields[level]
  reportUnknown(fields, { kind: level, taken, levels: known.fields }, where, report)
  const ruled = taken.filter((name) => Object.hasOwn(rules, name) && name in fields)
  const values = Object.fromEntries(
    ruled.map((name) => [name, parseField(rules, name, { value: fields[name], where, report })]),
  )
  const read = <Value>(name: string, parse: () => Value) =>
    runUserCode(parse, placeOf(where, name), report)?.value as Value | undefined
  const { timeout, idempotent, ...settings } = values as Record<string, unknown> & Respelt
  return {
    ...settings,
    ...(timeout !== undefined && { timeoutMs: Math.max(1, Math.round(timeout * 1000)) }),
    ...(fields.backoff !== undefined && {
      backoff: read('backoff', () => parseBackoff(fields.backoff, where, report)) ?? {},
    }),
    ...(fields.environment !== undefined &&
      taken.includes('environment') && {
        environment:
          read('environment', () => parseEnvironment(fields.environment, placeOf(where, 'environment'), report)) ?? {},
      }),
    ...(idempotent !== undefined && { idempotent: parseIdempotent(idempotent) }),
    ...(level === 'topology' &&
      fields.errors !== undefined &&
      read('errors', () => errorsOf(fields.errors, where, report))),
    ...(level === 'processor' &&
      fields.input !== undefined &&
      read('input', () => parseSchema(fields.input, where, report))),
  }
}

/** Settings that have another form behind the parser. */
interface Respelt {
  readonly timeout?: number
  readonly idempotent?: IdempotentDefinition
}

function errorsOf(value: unknown, where: string, report: Report): Pick<Settings, 'errors'> {
  const errors = parseErrors(value, placeOf(where, 'errors'), report)
  return errors === undefined ? {} : { errors }
}

interface Taking {
  readonly kind: string
  readonly taken: readonly string[]
  readonly levels: Readonly<Record<string, readonly string[]>>
}

/** Reports every field that is not among `taken`, with the nearest name or the level that takes it. */
function reportUnknown(fields: Fields, { kind, taken, levels: all }: Taking, where: string, report: Report) {
  for (const name of Object.keys(fields)) {
    if (taken.includes(name)) continue
    const near = nearest(name, taken)
    const levels = Object.entries(all).filter(([, names]) => names.includes(name))
    const hint =
      near !== undefined
        ? `Did you mean "${near}"?`
        : levels.length > 0
          ? `It is a setting of a ${levels.map(([level]) => level).join(' or a ')}.`
          : 'Remove it, or correct its name.'
    report.error('TOPOLOGY_UNKNOWN_SETTING', placeOf(where, name), `a ${kind} has no setting "${name}"`, hint)
  }
}

function parseBackoff(value: unknown, where: string, report: Report): Partial<Backoff> {
  const place = placeOf(where, 'backoff')
  const names = Object.keys(BACKOFF_RULES)
  if (!isPlainObject(value)) {
    const what = `backoff must be an object; got ${show(value)}`
    report.error('TOPOLOGY_INVALID', place, what, `Give any of { ${names.join(', ')} }.`)
    return {}
  }
  const fields = readFields(value, place, report) ?? {}
  reportUnknown(fields, { kind: 'backoff', taken: names, levels: {} }, place, report)
  const known = names.filter((name) => name in fields)
  return Object.fromEntries(
    known.map((name) => [name, parseField(BACKOFF_RULES, name, { value: fields[name], where: place, report })]),
  )
}

function parseSchema(value: unknown, where: string, report: Report): Pick<TopologyProcessor, 'input'> {
  if (isStandardSchema(value)) return { input: value }
  const what = `input must be a schema of a library that speaks Standard Schema; got ${show(value)}`
  const remedy = 'Give a schema of zod 3.24 or later, valibot 1, arktype 2 or the like.'
  report.error('TOPOLOGY_INVALID', placeOf(where, 'input'), what, remedy)
  return {}
}
