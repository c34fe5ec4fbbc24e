import { SourceMap } from 'node:module'
import { relative } from 'node:path'
import { parse } from 'es-module-lexer/js'
import type { Discovered } from '../code/discover.ts'
import { type Link, linkKey, mayResolve } from '../code/link.ts'
import { resolvingsIn } from '../code/resolves.ts'
import type { LaidModule } from '../code/write.ts'

/** A place in a user's file that behaves differently when deployed. */
export interface Refusal {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null
}

/** Where to look for refused code. */
export interface RefusalOptions {
  readonly dir: string
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
  return [...laid].flatMap(([file, module]) => {
    const { text, kind } = module
    if (kind === 'json') return []
    const found = [
      ...requiredModules(file, laid, links),
      ...(mayResolve(text) ? resolvedFiles(text, file, links.get(file), options.hasMore) : []),
      ...(options.hasMore ? [] : computedNames(text)),
    ]
    return found.map(({ why, ...part }) => ({ text: why, location: locationOf({ ...part, module }, file, options) }))
  })
}

/** A part of a module's code. */
export interface CodePart {
  /** The text in the source, as far as it is known. */
  readonly code: RegExp
  /** The offset in the compiled text. */
  readonly at?: number
  /** The compiled source. */
  readonly module: LaidModule
}

type Found = Omit<CodePart, 'module'> & { readonly why: string }

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

/** Finds calls that ask where a file is, and get no answer in an artifact. */
function resolvedFiles(
  text: string,
  file: string,
  links: ReadonlyMap<string, Link> = new Map(),
  hasMore: boolean,
): Found[] {
  return resolvingsIn(text, file).flatMap(({ by, specifier, written, at }) => {
    if (specifier === undefined) {
      const code = new RegExp(`(?<=resolve\\s*\\(\\s*)${escaped(written).replaceAll(/["'`]/g, '["\'`]')}`)
      return hasMore ? [] : [{ at, code, why: `${by}(${written}) names a file that is known only at run time` }]
    }
    if (links.get(linkKey(specifier, by))?.to !== 'package') return []
    const code = new RegExp(`(?<=resolve\\s*\\(\\s*)${quoted(specifier).source}`)
    return [{ at, code, why: `${by} finds no "${specifier}" in an artifact` }]
  })
}

const COMPUTED_REQUIRE = /(?<![\w$.])require\(\s*([A-Za-z_$][\w$.]*)\s*\)/g

function computedNames(text: string): Found[] {
  const imports = /\bimport\b/.test(text) ? parse(text)[0] : []
  const imported = imports
    .filter(({ n, d }) => d >= 0 && n === undefined)
    // Computed paths are followed: see `rewriteImports`.
    .map(({ s, e, ss }) => {
      const written = text.slice(s, e).replace(/^.*attakFiles\[attakName\].*?\}\s*,([\s\S]*)\)$/, '$1')
      return { call: 'import', name: written.trim(), at: ss }
    })
    .filter(({ name }) => !/^["'`]\.{1,2}\//.test(name))
  const required = [...text.matchAll(COMPUTED_REQUIRE)].map(({ 1: name, index }) => {
    return { call: 'require', name: name!, at: index }
  })
  return [...imported, ...required].map(({ call, name, at }) => ({
    at,
    why: `${call}(${name}) names a module that is known only at run time`,
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

/** Finds the line of a text in a source; if the text is not found there, by the source map. */
export function locationOf(
  { code, at, module }: CodePart,
  file: string,
  { dir, read }: Pick<RefusalOptions, 'dir' | 'read'>,
): NonNullable<Refusal['location']> {
  const lines = Buffer.from(read(file)).toString().split('\n')
  const index = lines.findIndex((line) => code.test(line) && !/^\s*(?:\/\/|\*)/.test(line))
  const found = index === -1 ? mapped(module, at) : { line: index, column: lines[index]!.search(code) }
  return { file: relative(dir, file), line: found.line + 1, column: found.column }
}

/** Maps a place in the compiled text to the source; both from 0. */
function mapped({ text, map }: LaidModule, at = 0): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split('\n')
  const entry = map && new SourceMap(JSON.parse(map)).findEntry(before.length - 1, before.at(-1)!.length)
  return entry && 'originalLine' in entry
    ? { line: entry.originalLine, column: entry.originalColumn }
    : { line: 0, column: 0 }
}
