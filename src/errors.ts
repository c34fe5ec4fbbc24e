/** Every code an {@link AttakError} or {@link Problem} carries, each documented in docs/reference/errors.md. */
export const ERROR_CODES = [
  'TOPOLOGY_NOT_FOUND',
  'TOPOLOGY_AMBIGUOUS',
  'TOPOLOGY_LOAD_FAILED',
  'TOPOLOGY_INVALID',
  'TOPOLOGY_UNKNOWN_SETTING',
  'TOPOLOGY_UNKNOWN_PROCESSOR',
  'TOPOLOGY_DUPLICATE_STREAM',
  'TOPOLOGY_SPLIT_ORDER',
  'TOPOLOGY_EMPTY_FOLDER',
  'TOPOLOGY_UNUSED_PROCESSOR',
  'TOPOLOGY_NAMED_BY_INDEX',
  'TOPOLOGY_OLD_SETTING',
  'TOPOLOGY_UNNAMED',
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
  'EVENT_CHANGED',
  'INVOKE_REFUSED',
  'INVOKE_FAILED',
  'STATE_REFUSED',
  'HOP_LIMIT',
  'TIMEOUT',
  'TIMER_PENDING',
  'RETRY_TOO_LONG',
  'PROCESS_EXIT',
  'BUILT_IN_CHANGED',
  'SETUP_FAILED',
  'TEARDOWN_FAILED',
  'STORE_FAILED',
  'SOURCE_FAILED',
  'SOURCE_NOT_DEPLOYED',
  'CLIENT_MISSING',
  'BROKER_FAILED',
  'WORKERS_RUNNING',
  'RECEIVER_INVALID',
  'INSTALL_FAILED',
  'CONFIG_INVALID',
  'RECORD_UNREADABLE',
  'RECORD_REFUSED',
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
  'VARIABLE_UNDECLARED',
  'VARIABLE_SHARED',
  'VARIABLE_EARLY',
  'ENVIRONMENT_TOO_LARGE',
  'USAGE',
  'FOLDER_NOT_EMPTY',
  'FOLDER_NOT_WRITABLE',
  'FILE_FAILED',
  'BUNDLE_FAILED',
  'BUNDLE_LOAD_FAILED',
  'BUNDLE_TOO_LARGE',
  'INCLUDE_REFUSED',
  'FILE_NOT_SHIPPED',
  'EXTERNAL_REFUSED',
  'PACKAGE_REQUIRES_MODULE',
] as const

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** One problem in what a user wrote: where it is, what it is, and the edit or command that fixes it. */
export interface Problem {
  readonly code: ErrorCode
  readonly severity: 'error' | 'warning'
  /** Where, as the user would say it: `stream "orders → bill"`, `processors.reverse.retries`, `input.json:3:7`. */
  readonly where: string
  readonly what: string
  readonly remedy: string
  /** It is in a file of the project, so that an edit there fixes it, and not in how the command was called. */
  readonly inFile?: true
  /** The user's own stack, where their code threw while loading. */
  readonly stack?: string
}

const ATTAK_ERROR = Symbol.for('attak.AttakError')

/**
 * A failure that the user can fix. Any other error is a bug of attak. `instanceof` also recognizes those of another copy of attak.
 */
export class AttakError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && ATTAK_ERROR in value
  }

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
    Object.defineProperty(this, ATTAK_ERROR, { value: true })
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

/** What the operating system refuses, by its code: what is wrong, and what to do. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOENT: ['there is no such file or folder', 'Check the path.'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'Check the path.'],
  EISDIR: ['is a folder, not a file', 'Give the path of a file, or remove the folder.'],
  EEXIST: ['exists already', 'Remove it, or give another path.'],
  ENOTEMPTY: ['is a folder that is not empty', 'Remove it, or give another path.'],
  ELOOP: ['its symbolic links lead in a circle', 'Correct the links.'],
  ENAMETOOLONG: ['the path is too long', 'Give a shorter path.'],
  EACCES: ['permission denied', 'Give your user the permission, or use another path.'],
  EPERM: ['not permitted', 'Give your user the permission, or use another path.'],
  EROFS: ['the file system is read-only', 'Use a path on another file system.'],
  ENOSPC: ['no space is left on the device', 'Free some space, or use a path on another file system.'],
  EDQUOT: ['your quota of disk space is used up', 'Free some space, or use a path on another file system.'],
  EFBIG: ['is too large for its file system', 'Use a path on another file system.'],
  EMFILE: ['too many files are open', 'Raise the limit: ulimit -n 4096.'],
  ENFILE: ['too many files are open on this machine', 'Close other programs, or raise the limit.'],
  EIO: ['its device cannot be read or written', 'Check the disk.'],
  ENXIO: ['its device does not exist', 'Give another path.'],
  ENODEV: ['its device does not exist', 'Give another path.'],
  EBUSY: ['is in use', 'Close what uses it, then try again.'],
  ETXTBSY: ['is a program that is running', 'End that program, or give another path.'],
  ENOMEM: ['there is not enough memory', 'Close other programs, then try again.'],
  ESTALE: ['its network file system was replaced', 'Mount it again.'],
}

interface SystemError extends Error {
  readonly code: string
  readonly syscall: string
  path?: string
}

function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as Partial<SystemError>
  return typeof code === 'string' && typeof syscall === 'string'
}

/**
 * Returns what the operating system refused as an error for the user, FILE_FAILED. Undefined for any other error, and for
 * codes that only a bug of attak can cause.
 */
export function errorOfSystem(error: unknown): AttakError | undefined {
  if (!isSystemError(error)) return undefined
  const [what, remedy] = SYSTEM_ERRORS[error.code] ?? []
  if (what === undefined || remedy === undefined) return undefined
  const { code, syscall } = error
  if (syscall === 'uv_cwd') {
    return new AttakError('FILE_FAILED', 'the current folder was removed', 'Change to another one.', { cause: error })
  }
  const message = `${error.path ?? syscall}: ${what} (${code}, ${syscall})`
  return new AttakError('FILE_FAILED', message, remedy, { cause: error })
}

/** Returns what the operating system refused, in words and by its code; of any other error, its message. */
export function wordsOfSystem(error: unknown): string {
  const [what] = isSystemError(error) ? (SYSTEM_ERRORS[error.code] ?? []) : []
  if (what !== undefined) return `${what} (${(error as SystemError).code})`
  return error instanceof Error ? error.message : String(error)
}

/** Whether an error of the operating system says that a path leads to no file: it was mistyped, and is not refused. */
export function isWrongPath(error: unknown): boolean {
  return isSystemError(error) && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code)
}

/**
 * Runs what reads or writes a file, and adds the file's path to what the operating system refuses: Node does not, once the file is
 * open. The action may return a promise.
 */
export function atPath<Value>(path: string, action: () => Value): Value {
  const fail = (error: unknown): never => {
    if (isSystemError(error)) error.path ??= path
    throw error
  }
  try {
    const value = action()
    return value instanceof Promise ? (value.catch(fail) as Value) : value
  } catch (error) {
    return fail(error)
  }
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
