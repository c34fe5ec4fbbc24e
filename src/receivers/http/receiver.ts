import { Retry } from '../../topology/handler.ts'
import { address, oneOf, type Properties, receiverOf, whole } from '../receiver.ts'

/** The most characters of an answer that an error shows. */
const MOST_SHOWN = 500

/**
 * Sends each message to an address as JSON, with its id as `Idempotency-Key`. Any status but 200 to 299 fails the message. With
 * 429 or 503 and `Retry-After` it is tried again after that time.
 */
export const httpReceiver = receiverOf({
  name: 'http',
  rules: {
    url: { ...address('http', 'https'), isRequired: true },
    method: oneOf('POST', 'PUT', 'PATCH'),
    headers: {
      must: 'a map of names to texts',
      fits: (value) =>
        typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string'),
    },
    timeoutMs: whole(1, 900_000),
  },
  open({ url, method = 'POST', headers, timeoutMs = 10_000 }) {
    return {
      async handle(message, { id, signal, traceparent }) {
        const response = await fetch(String(url), {
          method: String(method),
          headers: {
            'content-type': 'application/json',
            'idempotency-key': id,
            ...(traceparent !== undefined && { traceparent }),
            ...(headers as Properties as Record<string, string> | undefined),
          },
          body: JSON.stringify(message ?? null),
          redirect: 'error',
          signal: AbortSignal.any([AbortSignal.timeout(Number(timeoutMs)), ...(signal === undefined ? [] : [signal])]),
        })
        const text = await response.text()
        if (response.ok) return
        const shown = `${method} ${shownUrl(String(url))} was answered with ${response.status}: ${text.slice(0, MOST_SHOWN)}`
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
        const isLater = response.status === 429 || response.status === 503
        if (isLater && seconds >= 0 && seconds <= MOST_SECONDS) throw new Retry(seconds * 1000, shown)
        throw new Error(shown)
      },
    }
  },
})

const MOST_SECONDS = 900

/** Addresses may hold passwords. */
function shownUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  } catch {
    return 'the address'
  }
}

export default httpReceiver
