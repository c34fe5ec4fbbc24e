import { basename, extname, posix } from 'node:path'
import type { Discovered } from './discover.ts'
import { kindOf, type ModuleKind } from './kinds.ts'
import { type Link, linkKey } from './link.ts'
import { commonJsExports, commonJsNames } from './names.ts'
import { CODE, placeIn } from './places.ts'
import { type Transpiled, transpile } from './transpile.ts'
import { type LaidModule, type LayoutOptions, writeCommonJs, writeModule } from './write.ts'

/**
 * Lays out local modules as Node runs them, each in a separate file, so that kinds, instances and the order of
 * evaluation are the same as in Node. Places mirror those of the sources. Throws esbuild's BuildFailure.
 */
export async function layOut(
  files: readonly string[],
  { links }: Discovered,
  options: LayoutOptions,
): Promise<ReadonlyMap<string, LaidModule>> {
  const made = await transpile(
    files.filter((file) => CODE.test(file)),
    options,
  )
  const laid = new Map<string, Omit<LaidModule, 'text' | 'beside'>>(options.known)
  for (const file of files) {
    const kind = kindOf(file, () => made.get(file)!.text)
    const place = placeIn(options.dir, file)
    const at = place + endingFor(kind, file, options.reserved?.includes(place) ?? false)
    laid.set(file, { kind, at, moved: at !== place })
  }
  const modules = files.map((file): [string, LaidModule] => {
    const { at, kind, moved } = laid.get(file)!
    if (kind === 'json') return [file, jsonModule(at, options.read(file))]
    const { text, map } = made.get(file)!
    const place = options.placeOf(file, kind, moved)
    const parsed: { readonly mappings: string } = JSON.parse(map)
    const own = {
      file,
      at,
      place,
      text,
      mappings: parsed.mappings,
      laid,
      links: links.get(file) ?? new Map<string, Link>(),
      options,
    }
    const more = () => namesThrough(file, { links, made })
    const { mappings, ...written } = kind === 'module' ? writeModule(own) : writeCommonJs(own, more())
    const sources = [posix.relative(posix.dirname(at), placeIn(options.dir, file))]
    return [file, { at, kind, moved, ...written, map: JSON.stringify({ ...parsed, sources, mappings }) }]
  })
  return new Map(modules)
}

interface Made {
  readonly links: Discovered['links']
  readonly made: ReadonlyMap<string, Transpiled>
}

/** Returns the names that a CommonJS file only exports through other files that it requires. */
function namesThrough(file: string, all: Made, seen: ReadonlySet<string> = new Set()): readonly string[] {
  const { exports, reexports } = commonJsExports(all.made.get(file)?.text ?? '')
  const found = reexports.flatMap((specifier) => {
    const link = all.links.get(file)?.get(linkKey(specifier, 'require'))
    if (link?.to === 'package') return commonJsNames(link.file)
    if (link?.to !== 'local' || seen.has(link.file)) return []
    const own = commonJsExports(all.made.get(link.file)?.text ?? '').exports
    return [...own, ...namesThrough(link.file, all, new Set([...seen, file]))]
  })
  return [...new Set(found)].filter((name) => name !== 'default' && !exports.includes(name)).sort()
}

function endingFor(kind: ModuleKind, file: string, isReserved: boolean): string {
  const ending = extname(file)
  if (kind === 'module') return ending === '.mjs' && !isReserved ? '' : '.mjs'
  return kind === 'json' || (ending === '.cjs' && !isReserved) ? '' : '.cjs'
}

/** JSON is required as it is; what imports it without an attribute gets a module of it, with its names. */
function jsonModule(at: string, contents: Uint8Array): LaidModule {
  const text = Buffer.from(contents).toString()
  return {
    at,
    kind: 'json',
    moved: false,
    text,
    beside: [{ at: `${at}.mjs`, text: jsonExports(`./${encodeURI(basename(at))}`, text) }],
  }
}

function jsonExports(from: string, text: string): string {
  const names = namesIn(text).filter((name) => name !== 'default' && !/\p{Surrogate}/u.test(name))
  const each = names.map((name, index) => `const $${index}=data[${JSON.stringify(name)}];`)
  const exported = names.map((name, index) => `$${index} as ${JSON.stringify(name)}`)
  const head = `import data from ${JSON.stringify(from)} with { type: "json" };export default data;`
  return `${head}${each.join('')}export { ${exported.join(', ')} };\n`
}

function namesIn(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  } catch {
    return []
  }
}
