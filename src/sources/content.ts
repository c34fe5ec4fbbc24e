import { isTooDeep, MOST_DEPTH } from '../runtime/depth.ts'
import { isOutOfRange, MAYBE_OUT_OF_RANGE, OUT_OF_RANGE } from '../runtime/range.ts'

/** How the bytes of a message become the data of an event. */
export type Format = 'json' | 'text' | 'base64'

/** All formats, the default first. */
export const FORMATS: readonly Format[] = ['json', 'text', 'base64']

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Returns bytes as text; undefined if they are not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Parses JSON that strangers wrote. `fault` completes "The body …": `is not JSON: …`. */
export function parseJson(text: string): { readonly value: unknown } | { readonly fault: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { fault: `is not JSON: ${(error as Error).message}` }
  }
  if (isTooDeep(value)) return { fault: `is nested deeper than ${MOST_DEPTH} levels` }
  if (MAYBE_OUT_OF_RANGE.test(text) && isOutOfRange(value)) return { fault: OUT_OF_RANGE }
  return { value }
}

/**
 * Returns the data of an event. `json`: the value of JSON; what is no JSON is a text. `text`: always a text. Bytes that are not
 * UTF-8, and all with `base64`, are `{ data_base64: '…' }`.
 */
export function dataOfBytes(bytes: Buffer, format: Format): unknown {
  const text = format === 'base64' ? undefined : textOfBytes(bytes)
  if (text === undefined) return { data_base64: bytes.toString('base64') }
  if (format === 'text') return text
  const parsed = parseJson(text)
  return 'value' in parsed ? parsed.value : text
}
