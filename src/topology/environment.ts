import type { Environment, EnvironmentValue } from './deployment.ts'
import { type Report, show } from './report.ts'
import { isPlainObject, readFields } from './user-code.ts'

const FREE = 'Remove it: your code can read it anyway. For your own value, choose another name.'
const SPELLINGS = "Write ['NAME'] to take it from the environment of whoever deploys, or { NAME: 'value' }."

/**
 * Parses `environment`: a list of names to take from the deployer's environment, or a map of names to texts, or `true`
 * for one to take. Reports each name and value that cannot be.
 */
export function parseEnvironment(value: unknown, where: string, report: Report): Environment {
  const given = entriesOf(value, where, report)
  const parsed: Record<string, EnvironmentValue> = {}
  for (const [name, text] of given) {
    const fault = faultOf(name, text)
    const isReserved = typeof name === 'string' && RESERVED.test(name)
    if (isReserved)
      report.error('TOPOLOGY_INVALID', where, `the variable "${name}" is set by the platform or by attak`, FREE)
    else if (fault !== undefined) report.error('TOPOLOGY_INVALID', where, fault, SPELLINGS)
    else parsed[name as string] = text === true ? { kind: 'taken' } : { kind: 'value', value: text as string }
  }
  return parsed
}

function entriesOf(value: unknown, where: string, report: Report): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((name) => [name, true] as const)
  if (isPlainObject(value)) return Object.entries(readFields(value, where, report) ?? {})
  report.error('TOPOLOGY_INVALID', where, `environment must be a list or a map; got ${show(value)}`, SPELLINGS)
  return []
}

function faultOf(name: unknown, text: unknown): string | undefined {
  if (typeof name !== 'string') return `a variable's name must be a string; got ${show(name)}`
  if (!/^[A-Za-z]\w+$/.test(name)) {
    return `the variable ${show(name)} must be two or more letters, digits and "_", and begin with a letter`
  }
  return text === true || typeof text === 'string' ? undefined : `${name} must be a text or true; got ${show(text)}`
}

/** Source: Lambda's guide, "Defined runtime environment variables", those that are reserved; read 2026-11-21. */
const RESERVED =
  /^(?:AWS_(?:DEFAULT_REGION|REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_\w+)|LAMBDA_(?:TASK_ROOT|RUNTIME_DIR)|ATTAK_\w+)$/
