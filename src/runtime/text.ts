/**
 * A value as JSON; undefined for what JSON leaves out (undefined, functions). Throws what JSON.stringify throws. The two
 * characters that JSON leaves as they are but SQS refuses are escaped. Source: SQS API reference, SendMessageBatch, read
 * 2026-11-21.
 */
export function textOf(value: unknown): string | undefined {
  const text: string | undefined = JSON.stringify(value)
  // In a text of one byte a character, as most are, V8 need not look for these.
  if (text === undefined || !(text.includes('\uFFFE') || text.includes('\uFFFF'))) return text
  return text.replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff')
}

/** A text as it stands between the quotes of JSON. Most ids, names and topics need no escaping, and are not looked at twice. */
export function escaped(text: string): string {
  return isPlain(text) ? text : textOf(text)!.slice(1, -1)
}

/** Whether JSON writes a text as it is, a byte for each character. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text)
}

const PLAIN = /^[ !#-[\]-~]*$/

/**
 * Writes one field of an object, with the comma before it: `,"topic":"order"`. The last text is cached, because
 * successive messages mostly have the same value.
 */
export function fieldWriter(name: string): (text: string) => string {
  let last: string | undefined
  let field = ''
  return (text) => {
    if (text !== last) {
      last = text
      field = `,"${name}":"${escaped(text)}"`
    }
    return field
  }
}

/** Parses a text as JSON; returns the text itself if it is not JSON. A byte order mark before JSON is ignored. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text)
  } catch {
    return text
  }
}

const BYTE_ORDER_MARK = 0xfeff

/** Parses a text as JSON; returns undefined if it is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields of an object; undefined for anything else, arrays too. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
