import { posix } from 'node:path'
import type { ModuleKind } from './kinds.ts'
import { type Asking, type Link, linkKey, type Use } from './link.ts'
import { REQUIRE_FILE } from './require.ts'
import { mappingsAfter, prepend, rewriteImports, type Written } from './rewrite.ts'
import type { TranspileOptions } from './transpile.ts'

/** A file of JavaScript, or of data beside it. */
export interface LaidFile {
  /** Relative to the folder that all are laid out in, with `/`. */
  readonly at: string
  readonly text: string
  /** Its source map, as JSON. */
  readonly map?: string
}

/** A local module where Node is to run it. */
export interface LaidModule extends LaidFile {
  readonly kind: ModuleKind
  /** It has another name than its source. */
  readonly moved: boolean
  /** Its helper files, which no other module uses. */
  readonly beside: readonly LaidFile[]
}

/** How local modules are laid out. */
export interface LayoutOptions extends TranspileOptions {
  /** Modules that are laid out already, which the others may import. */
  readonly known?: ReadonlyMap<string, LaidModule>
  /** Names, relative to the folder, that no module may have. */
  readonly reserved?: readonly string[]
  /** Returns the text of a package's import in the module at `at`. */
  readonly packageAt?: (file: string, asking: Asking, at: string) => Written
  /**
   * Returns the expressions for a module's location. The module is at `at`, and not at its source's place if `moved`.
   */
  readonly placeOf: (file: string, kind: ModuleKind, moved: boolean) => Place | undefined
}

/** Expressions for a module's own location. */
export interface Place {
  readonly url: string
  readonly filename: string
  readonly dirname: string
}

/** A module to write, and its new location. */
export interface Writing {
  /** Its source, absolute. */
  readonly file: string
  /** Its place. */
  readonly at: string
  /** The location that its code sees; undefined: the one that Node returns. */
  readonly place: Place | undefined
  /** JavaScript, with the imports of the source. */
  readonly text: string
  /** The mappings of its source map. */
  readonly mappings: string
  readonly links: ReadonlyMap<string, Link>
  /** All modules, by their sources. */
  readonly laid: ReadonlyMap<string, { readonly at: string; readonly kind: ModuleKind }>
  readonly options: LayoutOptions
}

/** A module as it will be written, and its helper files. */
export interface WrittenModule {
  readonly text: string
  /** The mappings of its source map. */
  readonly mappings: string
  readonly beside: readonly LaidFile[]
}

const IN_PLACE: Place = { url: 'import.meta.url', filename: 'import.meta.filename', dirname: 'import.meta.dirname' }

/** Writes CommonJS; `more` are names that Node would find in required files, which have other names now. */
export function writeCommonJs(own: Writing, more: readonly string[]): WrittenModule {
  const { text, place } = own
  const required = filesFor(own, 'require', 'require.resolve')
  const changed = rewriteImports(text, {
    writtenFor: (specifier, hasType) =>
      writtenFor(own, own.links.get(linkKey(specifier, 'import')), { asking: 'import', hasType }),
    computed: filesFor(own, 'import'),
    meta: undefined,
  })
  const filename = place?.filename ?? '__filename'
  const isMoved = (word: RegExp) => place !== undefined && word.test(text)
  const start = [
    ...(required.size > 0 || isMoved(/\brequire\b/)
      ? [`require=require(${toRequire(own)})(require,${filename},${textOf(required)});`]
      : []),
    ...(isMoved(/\b__filename\b/) ? [`__filename=${filename};`] : []),
    ...(isMoved(/\b__dirname\b/) ? [`__dirname=${place?.dirname};`] : []),
  ]
  const names = more.map((name) => `exports[${JSON.stringify(name)}]=0;`)
  const end = names.length === 0 ? '' : `if(0){${names.join('')}}\n`
  return { ...begun(changed + end, start.join(''), own), beside: [] }
}

/** Writes an ES module. TypeScript may use what only CommonJS has: it often becomes that elsewhere. */
export function writeModule(own: Writing): WrittenModule {
  const { file, at, text, place = IN_PLACE, links } = own
  const required = filesFor(own, 'require', 'require.resolve')
  const lacks = (name: string) =>
    /\.[cm]?tsx?$/.test(file) && new RegExp(`\\b${name}\\b`).test(text) && !declares(text, name)
  const creates = required.size > 0 && text.includes('createRequire')
  const shim = creates ? `${at}.require.mjs` : undefined
  const resolved = filesResolved(own)
  const hasMeta = (own.place !== undefined || resolved.size > 0) && /\bimport\s*\.\s*meta\b/.test(text)
  const changed = rewriteImports(text, {
    writtenFor: (specifier, hasType) =>
      shim !== undefined && /^(?:node:)?module$/.test(specifier)
        ? { specifier: asUrl(relativeTo(own, shim)) }
        : writtenFor(own, links.get(linkKey(specifier, 'import')), { asking: 'import', hasType }),
    computed: filesFor(own, 'import'),
    meta: hasMeta ? 'attakMeta()' : undefined,
  })
  const start = [
    ...(hasMeta ? [metaText(place, resolved)] : []),
    ...(lacks('__filename') ? [`var __filename=${place.filename};`] : []),
    ...(lacks('__dirname') ? [`var __dirname=${place.dirname};`] : []),
    ...(lacks('require') ? [requireText(own, place, required)] : []),
  ]
  const beside = shim === undefined ? [] : [{ at: shim, text: shimText(own, required) }]
  return { ...begun(changed, start.join(''), own), beside }
}

function begun(text: string, start: string, { mappings }: Writing): Pick<WrittenModule, 'text' | 'mappings'> {
  return { text: prepend(text, start), mappings: mappingsAfter(mappings, text, start) }
}

interface How {
  readonly asking: Asking
  /** The import has an attribute `type`. */
  readonly hasType: boolean
}

function writtenFor(own: Writing, link: Link | undefined, { asking, hasType }: How): Written | undefined {
  if (link === undefined) return undefined
  if (link.to === 'stays') return link
  if (link.to === 'package') return own.options.packageAt?.(link.file, asking, own.at)
  const { at, kind } = own.laid.get(link.file)!
  if (asking === 'require') return { specifier: relativeTo(own, at) }
  return { specifier: asUrl(relativeTo(own, kind === 'json' && !hasType ? `${at}.mjs` : at)) }
}

/** Returns the files that a module loads, or asks for, under names that Node would resolve differently. */
function filesFor(own: Writing, asking: Asking, ...uses: readonly Use[]): ReadonlyMap<string, string> {
  const prefixes = [asking, ...uses].map((use) => linkKey('', use))
  const files = [...own.links].flatMap(([key, link]): [string, string][] => {
    const prefix = prefixes.find((one) => key.startsWith(one))
    if (prefix === undefined) return []
    const name = key.slice(prefix.length)
    const specifier = writtenFor(own, link, { asking, hasType: false })?.specifier
    // Elsewhere than its source, a local file is not beside the module by the name that its source has.
    const isSame = name === specifier && (own.place === undefined || link.to === 'stays')
    return specifier === undefined || isSame ? [] : [[name, specifier]]
  })
  return new Map(files.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function textOf(files: ReadonlyMap<string, string>): string {
  return `{__proto__:null,${JSON.stringify(Object.fromEntries(files)).slice(1)}`
}

function relativeTo({ at }: Writing, target: string): string {
  return posix.relative(posix.dirname(at), target).replace(/^(?!\.\.?\/)/, './')
}

function toRequire(own: Writing): string {
  return JSON.stringify(relativeTo(own, REQUIRE_FILE))
}

/** Returns a path as modules write it. */
export function asUrl(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** Whether a module declares a name that CommonJS has without that. */
function declares(text: string, name: string): boolean {
  return new RegExp(`\\b(?:const|let|var|function|import(?=\\s*[\\w$*{]))[^=;(]*\\b${name}\\b`).test(text)
}

/** Returns where the files are that `import.meta.resolve` asks for, if they are not beside the module by these names. */
function filesResolved(own: Writing): ReadonlyMap<string, string> {
  const prefix = linkKey('', 'import.meta.resolve')
  const files = [...own.links].flatMap(([key, link]): [string, string][] => {
    const name = key.slice(prefix.length)
    if (!key.startsWith(prefix) || link.to !== 'local') return []
    const path = asUrl(relativeTo(own, own.laid.get(link.file)!.at))
    return path === name ? [] : [[name, path]]
  })
  return new Map(files.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function metaText({ url, filename, dirname }: Place, resolved: ReadonlyMap<string, string>): string {
  const isThere = `process.getBuiltinModule("node:fs").existsSync(new URL(name,url))`
  const moved = `const to=${textOf(resolved)}[name];if(to!==undefined&&!(isPath&&${isThere}))return new URL(to,import.meta.url).href;`
  const beside = `const isPath=/^\\.{0,2}\\//.test(name);${resolved.size === 0 ? '' : moved}`
  // It has another name, because calls of `import.meta.resolve` in the module are searched for.
  const resolve = `(name,attakOwn=import.meta)=>{${beside}return isPath?new URL(name,url).href:attakOwn.resolve(name)}`
  const meta = `{__proto__:null,dirname:${dirname},filename:${filename},resolve:${resolve},url}`
  return `function attakMeta(){return attakMeta.meta??=((url)=>(${meta}))(${url})}`
}

function requireText(own: Writing, { filename }: Place, required: ReadonlyMap<string, string>): string {
  const made = `attakRequire(attakCreate(import.meta.url),${filename},${textOf(required)})`
  return `import attakRequire from ${toRequire(own)};import{createRequire as attakCreate}from"node:module";var require=${made};`
}

/** Replaces `node:module` where a module creates a `require`: the new one finds the same files as beside the source. */
function shimText(own: Writing, required: ReadonlyMap<string, string>): string {
  return `import Module, { createRequire as create } from 'node:module'
import attakRequire from ${toRequire(own)}
export * from 'node:module'
export const createRequire = (place) => attakRequire(create(import.meta.url), place, ${textOf(required)})
export default Object.assign(Object.create(Module), { createRequire })
`
}
