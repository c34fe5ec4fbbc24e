/** What a request failed with. */
export interface Failure {
  /** The names of Kafka's errors: `['ILLEGAL_GENERATION']`; none if there was no answer. */
  readonly names: readonly string[]
  /** There was no answer. */
  readonly isLost: boolean
  /** Another server has it. */
  readonly isMoved: boolean
  /** The same request may succeed later. */
  readonly isPassing: boolean
}

interface ClientError {
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
  readonly apiId?: string
  readonly canRetry?: boolean
  readonly serverErrorMessage?: string | null
}

const LOST = ['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'PLT_KFK_MULTIPLE', 'PLT_KFK_UNEXPECTED_CORRELATION_ID']
const MOVED = [
  ...['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE'],
  ...['UNKNOWN_TOPIC_OR_PARTITION', 'FENCED_LEADER_EPOCH', 'KAFKA_STORAGE_ERROR'],
]

/** Reads what a request failed with. */
export function failureOf(error: unknown): Failure {
  const { code = '', apiId, canRetry = false, errors = [] } = error as ClientError
  const found = apiId === undefined ? errors.map((one) => one as ClientError) : [{ apiId, canRetry }]
  const answers = found.filter((one) => one.apiId !== undefined)
  const names = answers.map((one) => one.apiId!)
  const isLost = answers.length === 0 && LOST.includes(code)
  return {
    ...{ names, isLost, isMoved: names.some((name) => MOVED.includes(name)) },
    isPassing: isLost || (answers.length > 0 && answers.every((one) => one.canRetry === true)),
  }
}

/** Whether a request failed with one of these errors of Kafka. */
export function hasFailed(error: unknown, ...wanted: readonly string[]): boolean {
  return failureOf(error).names.some((name) => wanted.includes(name))
}

/** Says why a request failed, by its innermost error: `ECONNREFUSED`, `TOPIC_AUTHORIZATION_FAILED: …`. */
export function reasonOf(error: unknown): string {
  const { apiId, message = '', cause, errors, code = '', serverErrorMessage } = error as ClientError
  if (apiId !== undefined) return `${apiId}: ${serverErrorMessage ?? message}`
  const inner = errors?.[0] ?? cause
  const reason = inner === undefined ? '' : reasonOf(inner)
  if (/^PLT_KFK_AUTHENTICATION/.test(code)) return `${message} ${reason}`.trim()
  return reason || (code === '' || code.startsWith('PLT_') ? message : `${code} (${message})`)
}
