import { failedWith } from '../../aws/sdk.ts'
import { AttakError, type ErrorCode } from '../../errors.ts'
import { isStrangeAnswer, textOf } from './answers.ts'
import { callOf, isStrange } from './calls.ts'

/** The subject of a failed call, for its message. */
export interface CallPlace {
  /** The operation, as in `could not …`: `write function/bill`. */
  readonly doing: string
  readonly region: string
}

/**
 * Whether an error means that the resource does not exist, in any service's wording. A proxy's error page does not
 * count.
 */
export function isAbsent(error: unknown): boolean {
  const names = ['ResourceNotFoundException', 'NoSuchEntityException', 'QueueDoesNotExist']
  const isNamed = failedWith(error, ...names, 'AWS.SimpleQueueService.NonExistentQueue')
  return isNamed || (statusOf(error) === 404 && !isStrange(error))
}

/** The status of the answer that a call failed with. */
export function statusOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  return (error.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode
}

/** Returns the result of `call`, or undefined if its resource does not exist. */
export async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** The same for a call that an emulator may not know, and answers in its own format. */
export async function unlessUnknown<T>(call: Promise<T>, emulated: boolean): Promise<T | undefined> {
  try {
    return await unlessAbsent(call)
  } catch (error) {
    if (emulated && isStrange(error)) return undefined
    throw error
  }
}

interface Mending {
  readonly matches: (error: Error) => boolean
  readonly code: ErrorCode
  readonly what: (error: Error, place: CallPlace) => string
  readonly remedy: string
}

/** The remedy for an answer that is not from AWS. */
export const CHECK_PROXY =
  'Something between here and AWS may have answered, such as a proxy: check the network and AWS_ENDPOINT_URL.'

const ACTION = /not authorized to perform:? ([\w-]+:\w+)(?:.*? on resource:? (\S+))?/

const MENDINGS: readonly Mending[] = [
  {
    matches: isStrange,
    code: 'AWS_REFUSED',
    what: strangeWhat,
    remedy: CHECK_PROXY,
  },
  {
    matches: (error) => callOf(error) !== undefined && /checksum/i.test(error.message),
    code: 'AWS_REFUSED',
    what: ({ message }) => `the answer was changed in transit: ${message}`,
    remedy: CHECK_PROXY,
  },
  {
    matches: named('CredentialsProviderError'),
    code: 'CREDENTIALS_MISSING',
    what: ({ message }) =>
      /from any providers$/.test(message) ? 'there are no AWS credentials' : `there are no AWS credentials: ${message}`,
    remedy:
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for single sign-on, run `aws sso login` first.',
  },
  {
    matches: named('ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'),
    code: 'CREDENTIALS_EXPIRED',
    what: () => 'the AWS session has expired',
    remedy: 'Sign in again (`aws sso login`), or set a new AWS_SESSION_TOKEN with its keys.',
  },
  {
    matches: named(
      ...['InvalidClientTokenId', 'UnrecognizedClientException', 'SignatureDoesNotMatch', 'InvalidSignatureException'],
      ...['InvalidAccessKeyId', 'AuthFailure', 'IncompleteSignature', 'MissingAuthenticationToken', 'NotAuthorized'],
    ),
    code: 'CREDENTIALS_REFUSED',
    what: ({ message }) => `AWS does not accept the credentials: ${message}`,
    remedy: 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, if they are of a session).',
  },
  {
    matches: isDenied,
    code: 'PERMISSION_MISSING',
    what: ({ message }) => deniedWhat(message),
    remedy: 'Grant it; `attak policy` prints all that deploying needs.',
  },
  {
    matches: (error) => 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'),
    code: 'AWS_UNREACHABLE',
    what: ({ message }, { region }) => `there is no such address in region "${region}": ${message}`,
    remedy: 'Check AWS_REGION (such as eu-west-1), AWS_ENDPOINT_URL if it is set, and the network.',
  },
  {
    matches: (error) => 'code' in error && /^E[A-Z_]+$/.test(String(error.code)),
    code: 'AWS_UNREACHABLE',
    what: ({ message }) => `the connection failed: ${message}`,
    remedy: 'Check the network, and AWS_ENDPOINT_URL if it is set; then run the same again.',
  },
  {
    matches: named('TimeoutError', 'RequestTimeout'),
    code: 'AWS_UNREACHABLE',
    what: ({ message }) => `AWS did not answer in time: ${message}`,
    remedy: 'Check the network; then run the same again.',
  },
  {
    matches: (error) => /LimitExceeded|QuotaExceeded|CodeStorageExceeded|OverLimit/.test(error.name),
    code: 'QUOTA_EXCEEDED',
    what: ({ message }) => message,
    remedy: 'Remove what is no longer needed, or ask AWS for more in Service Quotas; then run the same again.',
  },
  {
    matches: (error) => '$fault' in error || '$metadata' in error,
    code: 'AWS_REFUSED',
    what: ({ name, message }) => `${name}: ${message}`,
    remedy: 'Fix what the message names, then run the same again.',
  },
]

/** Returns a failed AWS call as an error with a remedy; any other error unchanged. */
export function mended(error: unknown, place: CallPlace): unknown {
  if (error instanceof AttakError || !(error instanceof Error)) return error
  const mending = MENDINGS.find(({ matches }) => matches(error))
  if (mending === undefined) return error
  const { code, what, remedy } = mending
  const message = `could not ${place.doing}: ${what(error, place)}`
  // A remedy follows the message, and is to stand behind all of it.
  return new AttakError(code, message.replace(/\s*[\r\n\u2028\u2029]\s*/g, ' '), remedy, { cause: bare(error) })
}

/** Runs `work`. Its failures are thrown as {@link mended} returns them. */
export async function mending<Given>(place: CallPlace, work: () => Promise<Given>): Promise<Given> {
  try {
    return await work()
  } catch (error) {
    throw mended(error, place)
  }
}

/** The failure of a call that nothing else has explained: its message names the call. */
export function mendedCall(error: unknown, region: string): unknown {
  const call = callOf(error)
  return mended(error, { doing: call === undefined ? 'call AWS' : `call ${call.service} ${call.operation}`, region })
}

/** A failure without the request that the SDK puts on it, in whose headers a session's token is. */
function bare({ name, message, stack }: Error): Error {
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) })
}

function named(...names: readonly string[]): (error: Error) => boolean {
  return (error) => names.includes(error.name)
}

/** How much of an answer is shown that is not of AWS. */
const MOST_SHOWN = 100

/** The beginning of an answer's text, in quotes. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)
}

function strangeWhat(error: Error): string {
  const { service = 'AWS', operation = '' } = callOf(error) ?? {}
  const body = bodyOf(error)
  const content = body === '' ? 'and an empty body' : `and the body ${quoted(body)}`
  const flaw = isStrangeAnswer(error) ? `${error.message}, ` : ''
  return `the answer to ${`${service} ${operation}`.trim()} did not come from AWS: ${flaw}it has status ${statusOf(error)} ${content}`
}

/** Returns the text of an answer, as far as it was stored. */
function bodyOf(error: Error): string {
  if ('$responseBodyText' in error) return String(error.$responseBodyText)
  return '$response' in error ? textOf((error.$response as { readonly body?: unknown } | undefined)?.body) : ''
}

function isDenied(error: Error): boolean {
  return (
    /^(?:AccessDenied|AuthorizationError|UnauthorizedOp)/.test(error.name) ||
    ACTION.test(error.message) ||
    statusOf(error) === 403
  )
}

function deniedWhat(message: string): string {
  const [, action, resource] = ACTION.exec(message) ?? []
  if (action === undefined) return message
  return `the permission ${action} is missing${resource === undefined ? '' : ` on ${resource.replace(/[,.]$/, '')}`}`
}
