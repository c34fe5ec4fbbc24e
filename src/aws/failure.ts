/** Why a call had no answer. */
export interface AwsFailure {
  readonly ok: false
  /** The service's word for it (`ResourceNotFoundException`), or the connection's (`ECONNRESET`, `TIMEOUT`). */
  readonly code: string
  readonly message: string
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** Whether the same call may succeed later: too many calls, a fault of the service, a broken connection. */
  readonly passing: boolean
}

/** What a service said instead of an answer, in any of the JSON protocols or in S3's XML: its word and its sentence. */
export function failureOf(status: number, type: string | undefined, body: string): AwsFailure {
  const said = fieldsIn(body)
  const word = textIn(type, said.__type, said.code, said.Code) ?? `HTTP ${status}`
  // `com.amazonaws.kinesis#ResourceNotFoundException`, `ResourceNotFoundException:http://…`
  const code = word.replace(/^.*#/, '').replace(/:.*$/, '')
  const message = textIn(said.message, said.Message) ?? body.slice(0, MOST_TEXT)
  return { ok: false, code, message, status, passing: status >= 500 || status === 429 || isPassing(code) }
}

/** Why there was no answer at all. */
export function brokenCall(error: NodeJS.ErrnoException): AwsFailure {
  const { code = error.name, message } = error
  return { ok: false, code, message, status: 0, passing: !LASTING.test(code) }
}

/** Whether a service's word for a refusal, of a call or of one entry of it, says that the same may be taken later. */
export function isPassing(code: string): boolean {
  return PASSING.test(code)
}

/** Sources: the errors of Kinesis PutRecords, SQS SendMessageBatch, Lambda Invoke and all services, read 2026-11-21. */
const PASSING =
  /Throttl|ThroughputExceeded|TooManyRequests|RequestLimit|LimitExceeded|Internal|Unavailable|Timeout|SlowDown|NotReady/i
/** Connections that fail now and will fail again: names that do not exist, certificates that are not trusted. */
const LASTING = /^ENOTFOUND$|CERT|SELF_SIGNED|^ERR_TLS|^ERR_INVALID|^ENOENT$|UNABLE_TO/
const MOST_TEXT = 300
const XML_FIELD = /<(Code|Message)>([^<]*)</g

function fieldsIn(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body))
  } catch {
    return Object.fromEntries([...body.matchAll(XML_FIELD)].map(([, name = '', text]) => [name, text]))
  }
}

function textIn(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
