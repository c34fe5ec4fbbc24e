import { shorten, widthOf } from './width.ts'

/** Returns the first column to show of lines that are too wide, so that a marked column is among those shown. */
export function firstShown(marked: number, columns: number): number {
  return marked < columns - 1 ? 0 : marked - Math.floor(columns / 2)
}

/** Cuts a line to the `columns` from `first` on, with `…` where text is missing. The rest stays in its column. */
export function cutLine(line: string, first: number, columns: number): string {
  if (first === 0) return shorten(line, columns).text
  let cut = 0
  let rest = ''
  for (const character of line) {
    if (cut > first) rest += character
    else cut += widthOf(character)
  }
  if (rest === '') return ''
  return shorten(`…${' '.repeat(cut - first - 1)}${rest}`, columns).text
}

/** Cuts an excerpt of a file whose last line marks a column with `^`. Other lines are returned as they are. */
export function cutExcerpt(lines: readonly string[], columns: number): readonly string[] {
  const marked = /^ *\^$/.test(lines.at(-1) ?? '') ? lines.at(-1)!.length - 1 : undefined
  if (marked === undefined || columns === Number.POSITIVE_INFINITY) return lines
  const first = firstShown(marked, columns)
  const shown = lines.slice(0, -1).map((line) => cutLine(line, first, columns))
  return [...shown, `${' '.repeat(marked - first)}^`]
}
