import type { ErrorCode, Problem } from '../errors.ts'
import { withoutPasswords } from './secret.ts'

/** Collects all problems of a topology file. */
export interface Report {
  readonly problems: readonly Problem[]
  /** Notes an error; `what` is followed by the file's name. */
  error(code: ErrorCode, where: string, what: string, remedy: string, stack?: string): void
  /** Notes what works but may surprise. */
  warn(code: ErrorCode, where: string, what: string, remedy: string): void
}

/** Makes an empty report on `file`, named as the user should see it. */
export function createReport(file: string): Report {
  const problems: Problem[] = []
  return {
    problems,
    error(code, where, what, remedy, stack) {
      const problem: Problem = { code, severity: 'error', where, what: `${what} (${file})`, remedy }
      problems.push(stack === undefined ? problem : { ...problem, stack })
    },
    warn(code, where, what, remedy) {
      problems.push({ code, severity: 'warning', where, what: `${what} (${file})`, remedy })
    },
  }
}

const SHOWN_CHARACTERS = 60

/** A value in a few words, for a message: `"3"`, `-1`, `a function`, `{"firstMs":"soon"}`. Cut after 60 characters. */
export function show(value: unknown): string {
  if (typeof value === 'function') return showFunction(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' && typeof value !== 'string') return String(value)
  const text = showJson(value)
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}

function showJson(value: unknown): string {
  try {
    return JSON.stringify(value, showUnwritable) ?? 'an object'
  } catch {
    return isList(value) ? 'a list' : 'an object'
  }
}

/** Shows what JSON refuses or leaves out. */
function showUnwritable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return withoutPasswords(value)
  return typeof value === 'symbol' ? String(value) : value
}

function isList(value: unknown): boolean {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** A function's name is the user's too: it may be anything, or throw. */
function showFunction(value: { readonly name: unknown }): string {
  try {
    return typeof value.name === 'string' && value.name !== '' ? `the function ${value.name}` : 'a function'
  } catch {
    return 'a function'
  }
}
