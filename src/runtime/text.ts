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

/** A text as JSON: what {@link textOf} gives. Most ids, names and topics need no escaping, and are not looked at twice. */
export function quoted(text: string): string {
  return isPlain(text) ? `"${text}"` : textOf(text)!
}

/** Whether JSON writes a text as it is, a byte for each character. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text)
}

const PLAIN = /^[ !#-[\]-~]*$/

/** Quotes what is often the same as the last time: messages that come together share most of what is said of them. */
export function quoter(): (text: string) => string {
  let last = ''
  let said = '""'
  return (text) => {
    if (text !== last) {
      last = text
      said = quoted(text)
    }
    return said
  }
}

/** What a text says as JSON; the text itself, if it is not JSON. A byte order mark before JSON is no part of it. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text)
  } catch {
    return text
  }
}

const BYTE_ORDER_MARK = 0xfeff

/** The fields of an object; undefined for anything else, arrays too. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
