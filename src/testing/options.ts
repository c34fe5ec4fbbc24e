import { errorOf, nearest, type Problem } from '../errors.ts'
import { isName, NAME_RULE } from '../topology/name.ts'

interface Rule {
  readonly fits: (value: unknown) => boolean
  readonly must: string
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

const RULES: Readonly<Record<string, Rule>> = {
  seed: { fits: (value) => typeof value === 'string', must: 'be a string' },
  stage: { fits: (value) => typeof value === 'string' && isName(value), must: NAME_RULE },
  built: { fits: (value) => typeof value === 'boolean', must: 'be true or false' },
  replace: { fits: isObject, must: 'be an object: { processor: handler }' },
}

/** Checks the options of `createTestDriver`. Throws USAGE with all problems. */
export function checkOptions(options: unknown): void {
  if (!isObject(options)) throw errorOf([usage('options', `must be an object; got ${textOf(options)}`, 'Correct it.')])
  const problems = Object.entries(options as object).flatMap(([name, value]): Problem[] => {
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
    if (rule === undefined) return [unknown(name)]
    if (value === undefined || rule.fits(value)) return []
    return [usage(`options.${name}`, `must ${rule.must}; got ${textOf(value)}`, 'Correct it.')]
  })
  if (problems.length > 0) throw errorOf(problems)
}

/** Writes a value that a user gave by mistake: `"1000"`, `null`, `function`. */
export function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function unknown(name: string): Problem {
  const names = Object.keys(RULES)
  const near = nearest(name, names)
  const remedy = near === undefined ? `The options are ${names.join(', ')}.` : `Did you mean "${near}"?`
  return usage(`options.${name}`, 'a test driver has no such option', remedy)
}

function usage(where: string, what: string, remedy: string): Problem {
  return { code: 'USAGE', severity: 'error', where, what, remedy }
}
