import { hasControls } from './controls.ts'
import { jsonText } from './print.ts'
import { shorten } from './width.ts'

/** JSON for people: on one line, cut with `…` to at most `width` columns. `undefined` (no data) is drawn as nothing. */
export function drawValue(value: unknown, width: number): { readonly text: string; readonly cut: boolean } {
  if (value === undefined) return { text: '', cut: false }
  return shorten(jsonText(value), width)
}

/** A topic, a key or an id for people: as it is, or as JSON where it would break the line or command the terminal. */
export function drawWord(word: string): string {
  return hasControls(word) || /[\n\t]/.test(word) ? jsonText(word) : word
}
