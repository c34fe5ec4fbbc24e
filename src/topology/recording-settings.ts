import { nearest } from '../errors.ts'
import { parseField, placeOf } from './field.ts'
import { type Errors, type ErrorsStore, type Idempotence, RECORDING_DEFAULTS } from './recording.ts'
import { type Report, show } from './report.ts'
import { ERRORS_RULES } from './rules.ts'
import { type Fields, isPlainObject, readFields } from './user-code.ts'

const SPELLINGS =
  "Write 'dynamodb', { retention: 48 }, { queue: 'arn:…' }, { store: 'dynamodb', retention: 720 }, or { store: 's3', bucket: 'name' }."

const STORES = Object.keys(ERRORS_RULES) as readonly ErrorsStore[]

/** Parses `errors`, reporting all that is wrong with it; undefined after a problem. */
export function parseErrors(value: unknown, where: string, report: Report): Errors | undefined {
  const fields = typeof value === 'string' ? { store: value } : isPlainObject(value) && readFields(value, where, report)
  if (fields === undefined) return undefined
  if (fields === false) {
    report.error('TOPOLOGY_INVALID', where, `errors must be a store or an object; got ${show(value)}`, SPELLINGS)
    return undefined
  }
  const { store = 'sqs', ...given } = fields as Fields
  if (!isStore(store)) {
    const near = typeof store === 'string' ? nearest(store, STORES) : undefined
    const remedy = near === undefined ? SPELLINGS : `Did you mean "${near}"? ${SPELLINGS}`
    const what = `errors are kept by ${STORES.map((name) => `"${name}"`).join(', ')}; got ${show(store)}`
    report.error('TOPOLOGY_INVALID', typeof value === 'string' ? where : placeOf(where, 'store'), what, remedy)
    return undefined
  }
  return parseStore(store, given, where, report)
}

/** How long handled messages are remembered by a value of `idempotent` that its rule let pass; false: they are not. */
export function parseIdempotent(value: boolean | { readonly ttl?: number }): Idempotence | false {
  if (value === false) return false
  return { ttlHours: value === true ? RECORDING_DEFAULTS.ttl : (value.ttl ?? RECORDING_DEFAULTS.ttl) }
}

function parseStore(store: ErrorsStore, given: Fields, where: string, report: Report): Errors | undefined {
  const rules = ERRORS_RULES[store]
  const misfits = Object.keys(given).filter((name) => !Object.hasOwn(rules, name))
  for (const name of misfits) reportMisfit(name, store, placeOf(where, name), report)
  const known = Object.keys(given).filter((name) => Object.hasOwn(rules, name))
  const parsed = Object.fromEntries(
    known.map((name) => [
      name,
      parseField(rules, name, { value: given[name], where, report, isRequired: name === 'bucket' }),
    ]),
  )
  const { retention, queue, bucket, prefix } = parsed as Given
  let wrong = misfits.length > 0 || Object.values(parsed).includes(undefined)
  if (queue !== undefined && 'retention' in given) {
    const what = 'your own queue has its own retention, and attak does not change it'
    report.error('TOPOLOGY_INVALID', placeOf(where, 'retention'), what, 'Remove retention, or queue.')
    wrong = true
  }
  if (store === 's3' && !('bucket' in given)) {
    const what = 'the store "s3" needs the name of an existing bucket'
    report.error('TOPOLOGY_INVALID', where, what, "Write { store: 's3', bucket: 'name' }.")
    wrong = true
  }
  if (wrong) return undefined
  if (store === 's3') return { store, bucket: bucket!, prefix: folderOf(prefix) }
  return {
    store,
    ...(queue !== undefined && { queue }),
    retentionHours: retention ?? RECORDING_DEFAULTS.retention[store],
  }
}

interface Given {
  readonly retention?: number
  readonly queue?: string
  readonly bucket?: string
  readonly prefix?: string
}

function reportMisfit(name: string, store: ErrorsStore, where: string, report: Report): void {
  const others = STORES.filter((other) => Object.hasOwn(ERRORS_RULES[other], name))
  if (others.length > 0) {
    const what = `${name} does not fit the store "${store}"`
    const remedy = `Write store: ${others.map((other) => `"${other}"`).join(' or ')}, or remove ${name}.`
    report.error('TOPOLOGY_INVALID', where, what, remedy)
    return
  }
  const near = nearest(name, ['store', ...STORES.flatMap((other) => Object.keys(ERRORS_RULES[other]))])
  const hint = near === undefined ? 'Remove it, or correct its name.' : `Did you mean "${near}"?`
  report.error('TOPOLOGY_UNKNOWN_SETTING', where, `errors has no setting "${name}"`, hint)
}

function folderOf(prefix = ''): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}

function isStore(value: unknown): value is ErrorsStore {
  return STORES.includes(value as ErrorsStore)
}
