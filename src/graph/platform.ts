import type { Problem } from '../errors.ts'

/**
 * The variables that every function has without declaring them. Source: Lambda's guide, "Defined runtime environment
 * variables" and "Building with Node.js"; read 2026-11-28.
 */
const OF_PLATFORM: ReadonlySet<string> = new Set([
  ...['_HANDLER', '_X_AMZN_TRACE_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_EXECUTION_ENV', 'AWS_ACCESS_KEY'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR'],
  ...['LANG', 'PATH', 'LD_LIBRARY_PATH', 'NODE_PATH', 'PYTHONPATH', 'GEM_PATH', 'TZ'],
  ...['AWS_XRAY_CONTEXT_MISSING', 'AWS_XRAY_DAEMON_ADDRESS'],
  // What attak sets.
  'NODE_OPTIONS',
])

/**
 * Returns whether code may read a variable that `environment` does not declare: every function has it, or it is NODE_ENV, by
 * which packages and frameworks distinguish development from production.
 */
export function isGiven(name: string): boolean {
  return OF_PLATFORM.has(name) || name === 'NODE_ENV' || /^(?:AWS_LAMBDA_|ATTAK_)\w+$/.test(name)
}

/** Warns of code at `where` (`lib/bill.ts:3:7`) that reads a variable which the `environment` of its processors does not declare. */
export function undeclaredProblem(name: string, where: string, processors: readonly string[]): Problem {
  const quoted = processors.map((processor) => `"${processor}"`).join(', ')
  const whose = processors.length === 0 ? 'environment' : `the environment of ${quoted}`
  return {
    code: 'VARIABLE_UNDECLARED',
    severity: 'warning',
    where,
    what: `reads the variable ${shownName(name)}, which ${whose} does not declare, so it is undefined when deployed`,
    remedy: `Declare it at the processor or the topology: environment: [${quotedName(name)}].`,
  }
}

/** Returns the name of a variable as code writes it if it is not a word: a line break would end the line of a problem. */
export function shownName(name: string): string {
  return isWord(name) ? name : JSON.stringify(name)
}

function quotedName(name: string): string {
  return isWord(name) ? `'${name}'` : JSON.stringify(name)
}

function isWord(name: string): boolean {
  return /^[\w.-]+$/.test(name)
}
