/** Every code an {@link AttakError} or {@link Problem} carries, each documented in docs/errors.md. */
export const ERROR_CODES = [
  'TOPOLOGY_NOT_FOUND',
  'TOPOLOGY_LOAD_FAILED',
  'TOPOLOGY_INVALID',
  'TOPOLOGY_UNKNOWN_SETTING',
  'TOPOLOGY_UNKNOWN_PROCESSOR',
  'TOPOLOGY_DUPLICATE_STREAM',
  'TOPOLOGY_SPLIT_ORDER',
  'TOPOLOGY_EMPTY_FOLDER',
  'TOPOLOGY_UNUSED_PROCESSOR',
  'TOPOLOGY_NAMED_BY_INDEX',
  'PROCESSOR_NOT_FOUND',
  'PROCESSOR_LOAD_FAILED',
  'PROCESSOR_NO_HANDLER',
  'INPUT_NOT_FOUND',
  'INPUT_INVALID',
  'INPUT_AMBIGUOUS',
  'EVENT_REFUSED',
  'EMIT_REFUSED',
  'EMIT_TOO_LARGE',
  'EMIT_NOT_ACCEPTED',
  'EMIT_AFTER_END',
  'INVOKE_REFUSED',
  'INVOKE_FAILED',
  'HOP_LIMIT',
  'TIMEOUT',
  'RETRY_TOO_LONG',
  'PROCESS_EXIT',
  'STORE_FAILED',
  'RECORD_UNREADABLE',
  'ERROR_NOT_FOUND',
  'REPLAYED_ALREADY',
  'EVENT_GONE',
  'RESOURCE_NOT_OURS',
  'DATA_LOSS_REFUSED',
  'MESSAGE_NOT_FOUND',
  'NOT_DEPLOYED',
  'DEPLOY_FAILED',
  'DEPLOY_CANCELLED',
  'DEPLOY_OVERTAKEN',
  'DEPLOY_OUTDATED',
  'CREDENTIALS_MISSING',
  'CREDENTIALS_EXPIRED',
  'CREDENTIALS_REFUSED',
  'PERMISSION_MISSING',
  'REGION_MISSING',
  'AWS_UNREACHABLE',
  'AWS_REFUSED',
  'QUOTA_EXCEEDED',
  'ROLE_NOT_FOUND',
  'VARIABLE_MISSING',
  'ENVIRONMENT_TOO_LARGE',
  'USAGE',
  'FOLDER_NOT_EMPTY',
  'FOLDER_NOT_WRITABLE',
  'BUNDLE_FAILED',
  'BUNDLE_LOAD_FAILED',
  'BUNDLE_TOO_LARGE',
  'INCLUDE_REFUSED',
  'EXTERNAL_REFUSED',
] as const

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** One thing wrong with what a user wrote: where it is, what it is, and the edit or command that mends it. */
export interface Problem {
  readonly code: ErrorCode
  readonly severity: 'error' | 'warning'
  /** Where, as the user would say it: `stream "orders → bill"`, `processors.reverse.retries`, `input.json:3:7`. */
  readonly where: string
  readonly what: string
  readonly remedy: string
  /** The user's own stack, where their code threw while loading. */
  readonly stack?: string
}

/** A failure that the user can mend. Anything else that is thrown is a bug of attak. */
export class AttakError extends Error {
  readonly code: ErrorCode
  readonly remedy: string
  /** All that is wrong, where one call found several things; the error itself then speaks for the first. */
  readonly problems: readonly Problem[]

  constructor(
    code: ErrorCode,
    message: string,
    remedy: string,
    options: { readonly cause?: unknown; readonly problems?: readonly Problem[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'AttakError'
    this.code = code
    this.remedy = remedy
    this.problems = options.problems ?? []
  }
}

/** Makes one error of at least one problem of severity `error`. */
export function errorOf(problems: readonly Problem[]): AttakError {
  const first = problems.find((problem) => problem.severity === 'error') ?? problems[0]
  if (first === undefined) throw new Error('errorOf needs a problem')
  return new AttakError(first.code, `${first.where}: ${first.what}`, first.remedy, { problems })
}

/**
 * The nearest of `names` to a mistyped `name`, or undefined when none is near: a third of the shorter one may
 * differ, two characters more after the same start; two that changed places count as one. One or two characters are only
 * near to themselves in another case.
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  if (name.length > LONGEST_NAME) return undefined
  const wanted = name.toLowerCase()
  for (const candidate of names) {
    const known = candidate.toLowerCase()
    const distance = editDistance(wanted, known)
    const sameStart = wanted.slice(0, 4) === known.slice(0, 4) ? 2 : 0
    const forgiven = Math.floor(Math.min(wanted.length, known.length) / 3) + sameStart
    if (distance <= forgiven && distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Nobody mistypes a longer one, and comparing takes time in proportion to its length. */
const LONGEST_NAME = 256

/** Of Damerau: characters left out, put in, exchanged for another, or neighbours that changed places. */
function editDistance(from: string, to: string): number {
  let beforeThat: readonly number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const substitution = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swap = swapped ? beforeThat[column - 2]! + 1 : substitution
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, substitution, swap))
    }
    ;[beforeThat, previous] = [previous, current]
  }
  return previous[to.length]!
}
