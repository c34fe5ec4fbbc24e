import type * as z from 'zod/mini'
import { nearest } from '../errors.ts'
import { type Report, show } from './report.ts'
import type { Rules } from './rules.ts'
import { runUserCode } from './user-code.ts'

/** The place of a field for a message: `processors.reverse.retries`, or the stream it belongs to. */
export function placeOf(where: string, field: string): string {
  if (where === '') return field === '' ? '""' : field
  return where.startsWith('stream "') ? where : `${where}.${field}`
}

/** A field that is parsed, and where its problems are reported. */
export interface FieldParts {
  readonly value: unknown
  /** The place of the whole. */
  readonly where: string
  readonly report: Report
  /** Whether the whole needs this field. */
  readonly isRequired?: boolean
}

/** Returns a field's value, as JSON would give it. Reports a value that its rule refuses, and then returns undefined. */
export function parseField(rules: Rules, name: string, { value, where, report, isRequired }: FieldParts): unknown {
  const { schema, must } = rules[name]!
  const fits = (candidate: unknown) => schema().safeParse(candidate).success
  const place = placeOf(where, name)
  const read = () => withPlainObjects(() => (fits(value) ? copyThat(fits, value) : undefined))
  const ran = runUserCode(read, place, report)
  if (ran === undefined || ran.value !== undefined) return ran?.value
  const what = `${name} must be ${must}; got ${show(value)}`
  const near = withPlainObjects(() => nearIn(schema(), value))
  const set = `Set ${name} to ${must}${isRequired ? '' : ', or leave it out'}.`
  report.error('TOPOLOGY_INVALID', place, what, near === undefined ? set : `Did you mean ${show(near)}?`)
  return undefined
}

/** Returns the text nearest to a refused one, or to a refused one in a list, if its rule lists the allowed texts. */
function nearIn(schema: z.ZodMiniType, value: unknown): string | undefined {
  for (const text of textsIn(value)) {
    const { error } = schema.safeParse(text)
    const near = error && nearest(text, issuesOf(error).flatMap(allowedBy))
    if (near !== undefined) return near
  }
  return undefined
}

/** A list of more texts is no typing error. */
const MOST_TEXTS = 100

/** Returns a text, or the texts of a list: none if reading it throws, as a getter or a Proxy of the user may. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  try {
    return Array.isArray(value) ? value.slice(0, MOST_TEXTS).filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}

/** Returns all issues of an error, those of the parts of a union too. */
function issuesOf({ issues }: z.core.$ZodError): readonly z.core.$ZodIssue[] {
  return [...issues, ...issues.flatMap((issue) => (issue.code === 'invalid_union' ? issue.errors.flat() : []))]
}

function allowedBy(issue: z.core.$ZodIssue): readonly string[] {
  return issue.code === 'invalid_value' ? issue.values.filter((value) => typeof value === 'string') : []
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
