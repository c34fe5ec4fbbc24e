/** What became of a call: the answer, or why there is none. */
export type AwsResult =
  | { readonly ok: true; readonly value: unknown; readonly headers: Readonly<Record<string, string>> }
  | ({ readonly ok: false } & AwsFailure)

/** Why a call had no answer. */
export interface AwsFailure {
  /** The service's word for it (`ResourceNotFoundException`), or the connection's (`ECONNRESET`, `TIMEOUT`). */
  readonly code: string
  readonly message: string
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** Whether the same call may succeed later: too many calls, a fault of the service, a broken connection. */
  readonly passing: boolean
}

/** One call of a service. */
export interface AwsCall {
  /** As in its signature and endpoint: `kinesis`, `sqs`, `lambda`. */
  readonly service: string
  readonly region: string
  /** Absent means POST to `/`. */
  readonly path?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Ends the call as a failure `TIMEOUT`; absent means 30 s. */
  readonly withinMs?: number
}

/** Calls services of AWS. */
export interface AwsClient {
  /** Signs and sends one call, once. Never rejects: what went wrong is in the result. */
  call(call: AwsCall): Promise<AwsResult>
  /** Where calls of a service go: `https://kinesis.eu-west-1.amazonaws.com`, or what the environment says. */
  endpoint(service: string, region: string): string
  /** Closes the connections that are kept. May be called again. */
  close(): void
}
