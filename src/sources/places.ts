/** What tells the place of a module, as JavaScript: `{ url: '"file:///orders/a.js"', … }`. */
export type Places = Readonly<Record<'url' | 'filename' | 'dirname', string>>

/** What a module says of its own place, and the constant that stands for it once several modules share an output. */
const PLACES = [
  { expression: 'import.meta.url', name: '__attak_url', tells: 'url' },
  { expression: 'import.meta.filename', name: '__attak_filename', tells: 'filename' },
  { expression: 'import.meta.dirname', name: '__attak_dirname', tells: 'dirname' },
  { expression: '__filename', name: '__attak_filename_cjs', tells: 'filename' },
  { expression: '__dirname', name: '__attak_dirname_cjs', tells: 'dirname' },
] as const

const MENTIONS_PLACE = /import\.meta|__(?:dir|file)name/
const HASHBANG = /^(?:\ufeff)?#!.*\n/

/** The names of files that esbuild reads as code, by their ending. */
export const CODE = /\.[cm]?[jt]sx?$/

/** Has every module's place told by the constants that {@link declarePlaces} declares: esbuild's `define`. */
export const PLACE_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  PLACES.map(({ expression, name }) => [expression, name]),
)

/** Declares a module's own places on its first line of code, so that lines stay what they are; where it mentions none, nothing. */
export function declarePlaces(source: string, placesOf: () => Places): string {
  if (!MENTIONS_PLACE.test(source)) return source
  const places = placesOf()
  const declared = PLACES.map(({ name, tells }) => `${name}=${places[tells]}`).join(',')
  const start = HASHBANG.exec(source)?.[0].length ?? 0
  return `${source.slice(0, start)}const ${declared};${source.slice(start)}`
}
