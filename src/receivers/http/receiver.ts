import { Retry } from '../../topology/handler.ts'
import { oneOf, type Properties, receiverOf, whole } from '../receiver.ts'

/** The most characters of an answer that an error shows. */
const MOST_SHOWN = 500

/** Names and values as HTTP has them. Source: RFC 9110, section 5, read 2026-11-28. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Sends each message to an address as JSON, with its id as `Idempotency-Key`. Any status but 200 to 299 fails the message. With
 * 429 or 503 and `Retry-After` it is tried again after that time.
 */
export const httpReceiver = receiverOf({
  name: 'http',
  rules: {
    url: {
      must: 'an address that begins with http:// or https://, with "%" in a password written as %25',
      fits: (value) => typeof value === 'string' && targetOf(value) !== undefined,
      isRequired: true,
    },
    method: oneOf('POST', 'PUT', 'PATCH'),
    headers: {
      must: 'a map of the names of HTTP headers to texts',
      fits: (value) =>
        typeof value === 'object' &&
        value !== null &&
        Object.entries(value).every(
          ([name, one]) => HEADER_NAME.test(name) && typeof one === 'string' && HEADER_VALUE.test(one),
        ),
    },
    timeoutMs: whole(1, 900_000),
  },
  open({ url, method = 'POST', headers, timeoutMs = 10_000 }) {
    const { href, shown, authorization } = targetOf(String(url))!
    return {
      async handle(message, { id, signal, traceparent }) {
        const sent = new Headers({ 'content-type': 'application/json', 'idempotency-key': id })
        if (traceparent !== undefined) sent.set('traceparent', traceparent)
        if (authorization !== undefined) sent.set('authorization', authorization)
        for (const [name, value] of Object.entries((headers ?? {}) as Properties)) sent.set(name, String(value))
        const request = {
          ...{ method: String(method), headers: sent, body: JSON.stringify(message ?? null) },
          redirect: 'manual' as const,
          signal: AbortSignal.any([AbortSignal.timeout(Number(timeoutMs)), ...(signal === undefined ? [] : [signal])]),
        }
        const response = await fetch(href, request).catch((error: Error) => {
          throw new Error(`${method} ${shown} failed: ${reasonOf(error)}`, { cause: error })
        })
        // Nobody needs the answer to a message that was taken.
        const text = await beginningOf(response, response.ok ? 0 : MOST_SHOWN)
        if (response.ok) return
        const said = `${method} ${shown} was answered with ${response.status}: ${text}`
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
        const isLater = response.status === 429 || response.status === 503
        if (isLater && seconds >= 0 && seconds <= MOST_SECONDS) throw new Retry(seconds * 1000, said)
        throw new Error(said)
      },
    }
  },
})

const MOST_SECONDS = 900

/** Where messages are sent. */
interface Target {
  /** Without user and password, which `fetch` refuses. */
  readonly href: string
  /** For people: passwords may stand in the query, too. */
  readonly shown: string
  readonly authorization?: string
}

/** Reads an address; undefined if it is none. Its user and password become a header, as with other clients of HTTP. */
function targetOf(address: string): Target | undefined {
  try {
    const url = new URL(address)
    if (!/^https?:\/\//i.test(address)) return undefined
    const { origin, pathname, username, password } = url
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    url.username = ''
    url.password = ''
    const target = { href: url.href, shown: `${origin}${pathname}` }
    return login === ':' ? target : { ...target, authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  } catch {
    return undefined
  }
}

/** Why a request failed: `fetch` says only that it did. */
function reasonOf(error: Error): string {
  const { cause } = error as { readonly cause?: Partial<AggregateError> & { readonly code?: string } }
  const [first] = cause?.errors ?? []
  return cause?.message || (first as Error | undefined)?.message || cause?.code || error.message
}

/** Reads so many characters of an answer, which may have no end, and leaves the rest. */
async function beginningOf({ body }: Response, most: number): Promise<string> {
  const reader = body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < most) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // What came of it says enough.
  }
  reader.cancel().catch(() => {})
  return text.slice(0, most)
}

export default httpReceiver
