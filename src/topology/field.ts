import { type Report, show } from './report.ts'
import type { Rules } from './rules.ts'
import { runUserCode } from './user-code.ts'

/** The place of a field for a message: `processors.reverse.retries`, or the stream it belongs to. */
export function placeOf(where: string, field: string): string {
  if (where === '') return field === '' ? '""' : field
  return where.startsWith('stream "') ? where : `${where}.${field}`
}

/** A field's value, as JSON would give it; undefined after its rule refused it, which is then reported. */
export function parseField(rules: Rules, name: string, value: unknown, where: string, report: Report): unknown {
  const { schema, must } = rules[name]!
  const fits = (candidate: unknown) => schema().safeParse(candidate).success
  const place = placeOf(where, name)
  const read = () => withPlainObjects(() => (fits(value) ? copyThat(fits, value) : undefined))
  const ran = runUserCode(read, place, report)
  if (ran === undefined || ran.value !== undefined) return ran?.value
  const what = `${name} must be ${must}; got ${show(value)}`
  report.error('TOPOLOGY_INVALID', place, what, `Set ${name} to ${must}, or leave it out.`)
  return undefined
}

/** The value as JSON holds it; undefined where that does not fit: a getter may give something else the next time. */
function copyThat(fits: (copy: unknown) => boolean, value: unknown): unknown {
  if (typeof value !== 'object') return value
  const copy: unknown = JSON.parse(JSON.stringify(value))
  return fits(copy) ? copy : undefined
}

/** Calls what lists inherited fields too, as zod does. Fields that a project adds to `Object.prototype` are not listed meanwhile. */
function withPlainObjects<Result>(code: () => Result): Result {
  const added = Object.keys(Object.prototype).flatMap((name) => {
    const property = Object.getOwnPropertyDescriptor(Object.prototype, name)
    return property?.configurable === true ? [{ name, property }] : []
  })
  const list = (enumerable: boolean) => {
    for (const { name, property } of added) Object.defineProperty(Object.prototype, name, { ...property, enumerable })
  }
  list(false)
  try {
    return code()
  } finally {
    list(true)
  }
}
