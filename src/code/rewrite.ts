import { parse } from 'es-module-lexer/js'

/** An import's text after its module has moved. */
export interface Written {
  readonly specifier: string
  /** Add `with { type: 'json' }` where the import has no attribute. */
  readonly asJson?: boolean
}

/** How a module's text is changed. */
export interface Changes {
  /**
   * Returns the new text of an import with a literal specifier; undefined: it stays. `hasType`: it has an attribute
   * `type`.
   */
  readonly writtenFor: (specifier: string, hasType: boolean) => Written | undefined
  /** The replacements of specifiers that are computed while the module runs, by their value; a value may have none. */
  readonly computed: ReadonlyMap<string, string>
  /** Names what stands for `import.meta`; undefined: it stays. */
  readonly meta: string | undefined
}

/** A part of a text, and what stands there instead. */
type Splice = readonly [start: number, end: number, text: string]

/**
 * Changes the imports of a module that esbuild wrote, each in its line, so that line numbers stay. The text may be
 * CommonJS: then its dynamic imports are changed.
 */
export function rewriteImports(text: string, changes: Changes): string {
  if (!/\bimport\b|\bfrom\b/.test(text)) return text
  const splices = parse(text)[0].flatMap((found): Splice[] => {
    const { n, s, e, ss, se, d, a } = found
    if (d === -2) return changes.meta === undefined ? [] : [[ss, se, changes.meta]]
    if (n === undefined) return changes.computed.size === 0 ? [] : [[s, e, computed(text.slice(s, e), changes)]]
    const written = changes.writtenFor(n, a !== -1)
    if (written === undefined) return []
    const specifier = JSON.stringify(written.specifier)
    if (d >= 0) return [[s, e, written.asJson && a === -1 ? `${specifier}, { with: { type: "json" } }` : specifier]]
    return [[s - 1, e + 1, written.asJson && a === -1 ? `${specifier} with { type: "json" }` : specifier]]
  })
  return splices
    .toSorted(([one], [other]) => other - one)
    .reduce((all, [start, end, instead]) => all.slice(0, start) + instead + all.slice(end), text)
}

function computed(expression: string, { computed }: Changes): string {
  return `((attakFiles,attakName)=>attakFiles[attakName]??attakName)(${JSON.stringify({ ...Object.fromEntries(computed) })},${expression})`
}

/** Puts a statement before the first of a text, in its line; what comes before statements stays there: a hashbang, directives. */
export function prepend(text: string, statement: string): string {
  const start = startOf(text)
  return text.slice(0, start) + statement + text.slice(start)
}

/** Returns the mappings of a source map for a text that a statement was prepended to. */
export function mappingsAfter(mappings: string, text: string, statement: string): string {
  const before = text.slice(0, startOf(text)).split('\n')
  // A line's first column stands for itself, and the others for their distance from the one before.
  if (before.at(-1) !== '' || statement === '') return mappings
  const lines = mappings.split(';')
  const line = lines[before.length - 1]
  if (!line) return mappings
  const [first = ''] = /^[g-z0-9+/]*[A-Za-f]/.exec(line) ?? []
  lines[before.length - 1] = encoded(decoded(first) + statement.length) + line.slice(first.length)
  return lines.join(';')
}

function startOf(text: string): number {
  return /^(?:#!.*\n)?(?:\s*(?:"[^"\n]*"|'[^'\n]*');)*/.exec(text)![0].length
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Reads a number that is not negative, as source maps write it: five bits a digit, the last digit without the sixth. */
function decoded(text: string): number {
  const bits = [...text].map((digit) => DIGITS.indexOf(digit) & 31)
  return Math.floor(bits.reduceRight((sum, digit) => sum * 32 + digit, 0) / 2)
}

function encoded(number: number): string {
  let rest = number * 2
  let text = ''
  do {
    const digit = rest % 32
    rest = Math.floor(rest / 32)
    text += DIGITS[rest > 0 ? digit + 32 : digit]
  } while (rest > 0)
  return text
}
