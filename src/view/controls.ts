/**
 * What commands a terminal, or turns the direction of text: C0 without line breaks and tabs, DEL, C1, the separators of lines
 * and paragraphs, and bidi controls. Joiners, which emoji need, are not among them.
 */
const CONTROLS = String.raw`[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`
const CONTROL = new RegExp(CONTROLS)
/** Those that JSON.stringify leaves as they are. */
const IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const ESC = '\x1b'
/** Colors and other styles. Source: ECMA-48, 8.3.117, read 2026-11-28. */
const SGR = new RegExp(`${ESC}\\[[\\d;:]{0,64}m`, 'g')

/** A prefix for attak's control characters, and a pattern that finds them again. No other code can know it. */
interface Mark {
  readonly text: string
  readonly found: RegExp
}

const UNMARKED = new RegExp(CONTROLS, 'g')
let mark: Mark | undefined

/** Made on demand: most output is not for a terminal, and random numbers take half a millisecond to load. */
function ownMark(): Mark {
  if (mark === undefined) {
    const text = `\x1b${crypto.getRandomValues(new Uint32Array(4)).join('-')}-`
    mark = { text, found: new RegExp(`${text}(${CONTROLS})|${CONTROLS}`, 'g') }
  }
  return mark
}

/** Marks the control characters of a text as attak's own, so that {@link visible} leaves them. */
export function own(text: string): string {
  const { text: marked } = ownMark()
  return text.replace(UNMARKED, (control) => marked + control)
}

/**
 * Returns a text as it may be written to a terminal: control characters that are not attak's {@link own} become visible,
 * `\x1b` or `\u202e`. Line breaks and tabs stay.
 */
export function visible(text: string): string {
  if (!CONTROL.test(text)) return text
  return text.replace(mark?.found ?? UNMARKED, (found, control?: unknown) =>
    typeof control === 'string' ? control : escapeOf(found),
  )
}

/** Returns a text as a terminal shows it, without its colors. */
export function shownText(text: string): string {
  return visible(text).replace(SGR, '')
}

/** Whether a text has characters that {@link visible} would change. */
export function hasControls(text: string): boolean {
  return CONTROL.test(text)
}

/**
 * Returns a text that contains colors (SGR sequences). If `isColored`, they are kept and reset at the end; else they
 * are removed.
 */
export function withOwnColors(text: string, isColored: boolean): string {
  if (!text.includes('\x1b[')) return text
  let isReset = true
  const colored = text.replace(SGR, (sequence) => {
    isReset = false
    return isColored ? own(sequence) : ''
  })
  return isReset || !isColored ? colored : `${colored}${own('\x1b[0m')}`
}

/**
 * Returns JSON with the control characters escaped that JSON.stringify leaves; the value stays the same. Asked first, at a
 * tenth of what the expression costs, whether all of it is printable ASCII, as most JSON is.
 */
export function escapedJson(json: string): string {
  if (Buffer.byteLength(json) === json.length && !json.includes('\x7f')) return json
  return json.replace(IN_JSON, (control) => `\\u${hexOf(control, 4)}`)
}

function escapeOf(control: string): string {
  return control <= '\xff' ? `\\x${hexOf(control, 2)}` : `\\u${hexOf(control, 4)}`
}

function hexOf(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}
