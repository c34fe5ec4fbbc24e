import { relative } from 'node:path'
import { parse } from 'es-module-lexer/js'
import { type Discovered, linkKey } from '../code/discover.ts'
import type { LaidModule } from '../code/write.ts'
import { staysOutside } from './links.ts'

/** A place of a user's file that does not do deployed what it does here. */
export interface Refusal {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null
}

/** What is to be looked through. */
export interface RefusalOptions {
  readonly dir: string
  readonly external: readonly string[]
  /** Names of modules may be computed: the artifact has more than what imports name. */
  readonly hasMore: boolean
  readonly read: (file: string) => Uint8Array
}

/** Finds what Node could follow where the source is, and nothing can where the artifact runs. */
export function refusalsIn(
  laid: ReadonlyMap<string, LaidModule>,
  { links }: Discovered,
  options: RefusalOptions,
): readonly Refusal[] {
  return [...laid].flatMap(([file, { text, kind }]) => {
    if (kind === 'json') return []
    const found = [
      ...requiredModules(file, laid, links),
      ...resolvedPackages(text, options.external),
      ...(options.hasMore ? [] : computedNames(text)),
    ]
    return found.map(({ why, code }) => ({ text: why, location: locationOf(code, file, options) }))
  })
}

interface Found {
  readonly why: string
  /** What stands in the source, as far as it can be known. */
  readonly code: RegExp
}

function requiredModules(file: string, laid: ReadonlyMap<string, LaidModule>, links: Discovered['links']): Found[] {
  const prefix = linkKey('', 'require')
  return [...(links.get(file) ?? [])].flatMap(([key, link]) => {
    if (!key.startsWith(prefix) || link.to !== 'local' || link.isComputed || laid.get(link.file)?.kind !== 'module')
      return []
    const specifier = key.slice(prefix.length)
    return [
      { why: `"${specifier}" is an ES module, which Lambda does not let require() load`, code: quoted(specifier) },
    ]
  })
}

const RESOLVE = /\b(?:import\.meta|attakMeta\(\))\.resolve\(\s*"([^"]+)"/g

function resolvedPackages(text: string, external: readonly string[]): Found[] {
  const names = [...text.matchAll(RESOLVE)].map(([, name]) => name!)
  return names
    .filter((name) => /^[^./]/.test(name) && !staysOutside(name, external))
    .map((name) => ({ why: `import.meta.resolve finds no "${name}" in an artifact`, code: quoted(name) }))
}

const COMPUTED_REQUIRE = /(?<![\w$.])require\(\s*([A-Za-z_$][\w$.]*)\s*\)/g

function computedNames(text: string): Found[] {
  const imports = /\bimport\b/.test(text) ? parse(text)[0] : []
  const imported = imports
    .filter(({ n, d }) => d >= 0 && n === undefined)
    // What is computed of a path is followed: see `rewriteImports`.
    .map(({ s, e }) =>
      text
        .slice(s, e)
        .replace(/^.*attakFiles\[attakName\].*?\}\s*,([\s\S]*)\)$/, '$1')
        .trim(),
    )
    .filter((name) => !/^["'`]\.{1,2}\//.test(name))
    .map((name) => ({ call: 'import', name }))
  const required = [...text.matchAll(COMPUTED_REQUIRE)].map(([, name]) => ({ call: 'require', name: name! }))
  return [...imported, ...required].map(({ call, name }) => ({
    why: `${call}(${name}) names a module that only running it tells`,
    code: new RegExp(`\\b${call}\\s*\\(\\s*${escaped(name).replaceAll(/["'`]/g, '["\'`]')}`),
  }))
}

function quoted(specifier: string): RegExp {
  return new RegExp(`["'\`]${escaped(specifier)}["'\`]`)
}

/** Makes a pattern of a text. */
export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Finds the line of a source where something stands; the first line where it is not found. */
export function locationOf(
  code: RegExp,
  file: string,
  { dir, read }: Pick<RefusalOptions, 'dir' | 'read'>,
): NonNullable<Refusal['location']> {
  const lines = Buffer.from(read(file)).toString().split('\n')
  const index = lines.findIndex((line) => code.test(line) && !/^\s*(?:\/\/|\*)/.test(line))
  const column = index === -1 ? 0 : lines[index]!.search(code)
  return { file: relative(dir, file), line: Math.max(index, 0) + 1, column }
}
