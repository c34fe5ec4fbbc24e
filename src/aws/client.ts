import { type Answer, openConnections } from './connections.ts'
import { type Environment, endpointOf } from './endpoint.ts'
import { type AwsFailure, brokenCall, failureOf } from './failure.ts'
import { type Credentials, signRequest } from './sign.ts'

/** What became of a call: the answer, or why there is none. */
export type AwsResult = AwsAnswer | AwsFailure

/** The answer of a service. */
export interface AwsAnswer {
  readonly ok: true
  /** Undefined for an empty body. */
  readonly value: unknown
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** One call of a service. */
export interface AwsCall {
  /** Absent means POST. */
  readonly method?: string
  /** As in its signature and endpoint: `kinesis`, `sqs`, `lambda`. */
  readonly service: string
  readonly region: string
  /** Escaped; absent means `/`. */
  readonly path?: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Ends the call as a failure `TIMEOUT`; absent means 30 s. */
  readonly withinMs?: number | undefined
}

/** Calls services of AWS. */
export interface AwsClient {
  /** Signs and sends one call. Never rejects, and never tries again what a service refused. */
  call(call: AwsCall): Promise<AwsResult>
  /** Where calls of a service go, without a slash at the end. */
  endpoint(service: string, region: string): string
  /** Closes the connections that are kept. May be called again. */
  close(): void
}

/** What a client works with. */
export interface AwsClientParts {
  /**
   * Read at each call: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, and `AWS_ENDPOINT_URL` with its
   * forms for single services. Read once: `AWS_CA_BUNDLE`. (`NODE_EXTRA_CA_CERTS` is read by Node.)
   */
  readonly env: Environment
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const CALL_MS = 30_000

/** Makes a client for what runs within a function: small, and quick to load. Opens no connection before the first call. */
export function createAwsClient({ env, now }: AwsClientParts): AwsClient {
  const connections = openConnections(() => env.AWS_CA_BUNDLE)
  const endpoint = (service: string, region: string) => endpointOf(env, service, region)

  const send = (
    { method = 'POST', service, region, path = '/', headers, body, withinMs = CALL_MS }: AwsCall,
    credentials: Credentials,
  ) => {
    const url = new URL(endpoint(service, region) + path)
    const bytes = Buffer.from(body)
    const unsigned = { method, service, region, host: url.host, path: url.pathname, headers, body: bytes }
    const signed = { ...signRequest(unsigned, credentials, now()), 'content-length': `${bytes.length}` }
    return connections.send({ method, url, headers: signed, body: bytes, withinMs })
  }

  return {
    endpoint,
    async call(call) {
      const credentials = credentialsIn(env)
      if (credentials === undefined) return NO_CREDENTIALS
      try {
        return resultOf(await send(call, credentials))
      } catch (error) {
        return brokenCall(error instanceof Error ? error : new Error(String(error)))
      }
    },
    close: connections.close,
  }
}

function credentialsIn(env: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, sessionToken: token || undefined }
}

const NO_CREDENTIALS: AwsFailure = {
  ok: false,
  code: 'NO_CREDENTIALS',
  message: 'the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  status: 0,
  passing: false,
}

function resultOf({ status, headers, body }: Answer): AwsResult {
  if (status < 200 || status > 299) return failureOf(status, headers['x-amzn-errortype'], body)
  try {
    return { ok: true, value: body === '' ? undefined : JSON.parse(body), headers }
  } catch {
    return { ok: false, code: 'UNREADABLE_ANSWER', message: body.slice(0, 300), status, passing: true }
  }
}
