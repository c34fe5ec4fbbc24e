/** Cuts text to at most `width` columns, the last of which is then `…`; never inside a character. */
export function shorten(text: string, width: number): { readonly text: string; readonly cut: boolean } {
  if (widthOf(text, width) <= width) return { text, cut: false }
  let kept = ''
  let columns = 1
  for (const character of text) {
    columns += columnsOf(character)
    if (columns > width) break
    kept += character
  }
  return { text: `${kept}…`, cut: true }
}

/** Columns a terminal needs for text; counting stops beyond `atMost`. */
export function widthOf(text: string, atMost = Number.POSITIVE_INFINITY): number {
  let columns = 0
  for (const character of text) {
    columns += columnsOf(character)
    if (columns > atMost) break
  }
  return columns
}

/** East Asian wide characters and emoji take two columns, combining marks none; near enough to cut a line by. */
function columnsOf(character: string): number {
  if (character < '\u0300' || (character >= '\u2190' && character <= '\u21ff')) return 1
  // Emoji, like the arrows above, need none of the classes below, whose first use costs 2 ms.
  if (character >= '\u{1f300}' && character <= '\u{1faff}') return 2
  if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) return 0
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1
}
