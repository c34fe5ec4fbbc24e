import type { Problem } from '../errors.ts'
import type { Environment } from './environment.ts'

/** The variables that attak of 2017 read and attak does not read today, and what to do instead. */
const OLD: Readonly<Record<string, string>> = {
  AWS_ENVIRONMENT: 'Set ATTAK_STAGE, or give --stage.',
  INPUT_FILE: 'Give --input, or name the file as input in the topology.',
  AWS_ROLE: 'Set ATTAK_ROLE_ARN.',
  AWS_FUNCTION_NAME: 'Set name in the topology.',
  AWS_MEMORY_SIZE: 'Set memory (megabytes) in the topology or on a processor.',
  AWS_TIMEOUT: 'Set timeout (seconds) in the topology or on a processor.',
  AWS_RUN_TIMEOUT: 'Set timeout (seconds) in the topology or on a processor.',
  AWS_RUNTIME: 'Set runtime in the topology or on a processor.',
  AWS_VPC_SUBNETS: 'Set vpc in the topology or on a processor.',
  AWS_VPC_SECURITY_GROUPS: 'Set vpc in the topology or on a processor.',
  AWS_HANDLER: 'Remove it: attak finds the handler in each module.',
  AWS_DESCRIPTION: 'Remove it.',
  AWS_PUBLISH: 'Remove it.',
  AWS_FUNCTION_VERSION: 'Remove it.',
  CONFIG_FILE: 'Put its variables into .env.',
  CONTEXT_FILE: 'Remove it.',
  EXCLUDE_GLOBS: 'Remove it: attak uploads only what a processor imports or includes.',
  PACKAGE_DIRECTORY: 'Remove it: attak builds what it uploads by itself.',
  PREBUILT_DIRECTORY: 'Remove it: attak builds what it uploads by itself.',
}

/** These changed what a command did, so they are reported wherever they are set. A shell may have the others for other programs. */
const ANYWHERE: ReadonlySet<string> = new Set(['AWS_ENVIRONMENT', 'INPUT_FILE'])

/** Returns a warning for each variable of attak 2017 that is set, except those in `answered`. An empty one is not set. */
export function oldVariableProblems(
  { added, variables }: Environment,
  answered: readonly string[] = [],
): readonly Problem[] {
  return Object.entries(OLD).flatMap(([name, remedy]) => {
    const isInFile = Object.hasOwn(added, name)
    if (!variables[name] || answered.includes(name) || !(isInFile || ANYWHERE.has(name))) return []
    return [
      {
        code: 'TOPOLOGY_OLD_SETTING',
        severity: 'warning',
        where: isInFile ? `.env: ${name}` : name,
        what: 'attak does not read this variable: it was one of attak 2017',
        remedy,
      },
    ]
  })
}
