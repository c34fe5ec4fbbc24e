/** A request as a handler gets it; the last two have the names of attak 2017. */
export interface HttpEvent {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  /** The value of a JSON body, else its text; base64 of what is no UTF-8. Absent without a body. */
  readonly body?: unknown
  readonly isBase64Encoded?: true
  readonly httpMethod: string
  readonly queryStringParameters: HttpEvent['query']
}
