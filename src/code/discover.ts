import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { BuildFailure, ImportKind, Metafile, Plugin, PluginBuild } from 'esbuild'
import { createdRequires } from './created.ts'
import { type MissingFolders, noteMissing, withoutGlobs } from './globs.ts'
import { type Asking, type Find, type Link, type LinkTo, linkKey, mayResolve } from './link.ts'
import { CODE } from './places.ts'
import { NODE_RESOLUTION } from './resolution.ts'

/** Local modules and their imports. */
export interface Discovered {
  /** By importer, then by {@link linkKey}. Only local files are importers. */
  readonly links: ReadonlyMap<string, ReadonlyMap<string, Link>>
  /** Where computed imports look for files, absolute. */
  readonly folders: ReadonlySet<string>
}

/** The modules to discover. */
export interface DiscoverOptions {
  /** Absolute. */
  readonly entries: readonly string[]
  /** The folder that paths in messages are relative to, absolute. */
  readonly dir: string
  /** Packages that entries ask for beside their modules; their importer is {@link INDEX} in `dir`. */
  readonly also?: readonly string[]
  /** Reads a file. */
  readonly read: (file: string) => Uint8Array
  readonly link: LinkTo
}

/** The name of what imports the entries. */
export const INDEX = 'attak-index.mjs'

const RESOLVING = Symbol('resolving')
/** The prefix for imports by a created `require`, so that esbuild handles them separately. */
const CREATED = 'attak-created:'

/**
 * Finds all local modules that entries lead to, and the targets of their imports. Throws esbuild's BuildFailure, with
 * the place of each import without a target.
 */
export async function discover(options: DiscoverOptions): Promise<Discovered> {
  const links = new Map([[join(options.dir, INDEX), new Map<string, Link>()]])
  const found: Found = { links, folders: new Set(), sloppy: new Set(), missing: new Map() }
  let entries = [...options.entries, ...(options.also ?? [])]
  do {
    for (const format of ['esm', 'cjs'] as const) {
      const own = entries.filter((entry) => found.sloppy.has(entry) === (format === 'cjs'))
      if (own.length > 0) await follow(own, format, options, found)
    }
    const local = [...links.values()].flatMap((own) => [...own.values()]).flatMap(localFile)
    entries = [...new Set([...local, ...found.sloppy])].filter((file) => CODE.test(file) && !links.has(file))
  } while (entries.length > 0)
  return { links, folders: found.folders }
}

interface Found {
  readonly links: Map<string, Map<string, Link>>
  readonly folders: Set<string>
  /** Files with syntax that only sloppy CommonJS has. */
  readonly sloppy: Set<string>
  readonly missing: MissingFolders
}

/** esbuild's error for syntax that it would accept in CommonJS. */
const SLOPPY = /cannot be used with the "esm" output format/

/**
 * Follows entries to the files that esbuild accepts in one format. No format has all: ES modules have top-level await, which
 * CommonJS lacks, and CommonJS has the sloppy syntax, which ES modules lack.
 */
async function follow(
  entries: readonly string[],
  format: 'esm' | 'cjs',
  options: DiscoverOptions,
  found: Found,
): Promise<void> {
  const { build } = await import('esbuild')
  const isOther = (file: string) => found.sloppy.has(file) !== (format === 'cjs')
  try {
    const { metafile } = await build({
      ...NODE_RESOLUTION,
      stdin: { contents: entries.map(importOf).join(''), resolveDir: options.dir, sourcefile: INDEX },
      absWorkingDir: options.dir,
      bundle: true,
      write: false,
      metafile: true,
      format,
      target: 'esnext',
      logLevel: 'silent',
      logLimit: 0,
      plugins: [recording(options, found, isOther)],
    })
    addGlobs(metafile, options.dir, found)
  } catch (error) {
    const sloppy = format === 'esm' ? sloppyFiles(error as BuildFailure, options.dir) : []
    const folders = noteMissing(error, options.dir, found.missing)
    if (sloppy.length + folders.length === 0) throw error
    for (const folder of folders) found.folders.add(folder)
    for (const file of sloppy) {
      found.sloppy.add(file)
      found.links.delete(file)
    }
    await follow(entries, format, options, found)
  }
}

function sloppyFiles({ errors = [] }: Partial<BuildFailure>, dir: string): string[] {
  return errors.flatMap(({ text, location }) => (location && SLOPPY.test(text) ? [resolve(dir, location.file)] : []))
}

function importOf(file: string): string {
  return `import ${JSON.stringify(file)}\n`
}

function localFile(link: Link): string[] {
  return link.to === 'local' ? [link.file] : []
}

function recording(
  { dir, read, link }: DiscoverOptions,
  { links, missing }: Found,
  isOther: (file: string) => boolean,
): Plugin {
  return {
    name: 'attak-discover',
    setup(build) {
      const find = finder(build)
      const followed = new Set<string>()
      async function addResolved(file: string, source: string) {
        if (!mayResolve(source)) return
        const { linksResolved } = await import('./resolves.ts')
        for (const [key, found] of await linksResolved(file, source, { find, link })) links.get(file)!.set(key, found)
      }
      build.onResolve({ filter: /./ }, async ({ path, kind, pluginData, ...from }) => {
        if (pluginData === RESOLVING || kind === 'entry-point') return undefined
        if (kind === 'require-resolve') return { path, external: true }
        const importer = from.namespace === 'file' ? from.importer : join(dir, INDEX)
        if (importer === join(dir, INDEX) && isAbsolute(path)) {
          followed.add(path)
          return { path, external: isOther(path) }
        }
        const specifier = path.startsWith(CREATED) ? path.slice(CREATED.length) : path
        const asking = path === specifier ? askingOf(kind, importer) : 'require'
        const asked = { specifier, asking, importer }
        const meant = await link(asked, await find(asked), find)
        if (meant === undefined) return path === specifier ? undefined : { path, external: true }
        if (meant.to === 'nothing') return { errors: [{ text: meant.why }] }
        links.get(importer)?.set(linkKey(specifier, asking), meant)
        if (meant.to === 'stays' && meant.isClosed && path === specifier) return undefined
        const isFollowed = meant.to === 'local' && CODE.test(meant.file) && !isOther(meant.file)
        if (!isFollowed) return { path, external: true }
        followed.add(meant.file)
        return { path: meant.file }
      })
      build.onLoad({ filter: /./, namespace: 'file' }, async ({ path }) => {
        // esbuild found it by a computed path, which may not refer to it: `addGlobs` decides, and then it is an entry.
        if (!followed.has(path) || !CODE.test(path)) return { contents: '', loader: 'empty' }
        if (!links.has(path)) links.set(path, new Map())
        const source = Buffer.from(read(path)).toString()
        const created = createdRequires(source, { resolved: false }).map(
          (name) => `\n;import(${JSON.stringify(CREATED + name)})`,
        )
        await addResolved(path, source)
        const followable = withoutGlobs(source, missing.get(path))
        return { contents: followable + created.join(''), loader: 'default', resolveDir: dirname(path) }
      })
    },
  }
}

function finder(build: PluginBuild): Find {
  return async ({ specifier, asking, importer }) => {
    const kind = asking === 'require' ? 'require-call' : 'import-statement'
    const options = { resolveDir: dirname(importer), kind, importer, pluginData: RESOLVING } as const
    const found = await build.resolve(specifier, options)
    return found.errors.length > 0 || found.external || found.namespace !== 'file' ? undefined : found.path
  }
}

/** TypeScript that becomes CommonJS asks for all by `require`. */
function askingOf(kind: ImportKind, importer: string): Asking {
  if (kind === 'dynamic-import') return 'import'
  return kind.startsWith('require') || importer.endsWith('.cts') ? 'require' : 'import'
}

/** A computed path leads to every file that it may match; esbuild returns only its pattern, such as `./plug/x*.js`. */
function addGlobs({ inputs }: Metafile, dir: string, { links, folders, sloppy }: Found): void {
  const files = [...new Set([...Object.keys(inputs).map((input) => resolve(dir, input)), ...sloppy])]
  for (const [input, { imports }] of Object.entries(inputs)) {
    const importer = resolve(dir, input)
    const own = links.get(importer)
    if (own === undefined) continue
    for (const { path } of imports.filter((one) => one.external && /^\.{1,2}\/.*\*/.test(one.path))) {
      const pattern = patternOf(path)
      const folder = resolve(dirname(importer), path.slice(0, path.indexOf('*')).replace(/[^/]*$/, ''))
      folders.add(folder)
      for (const file of files.filter((one) => CODE.test(one) || one.endsWith('.json'))) {
        const specifier = relative(dirname(importer), file)
          .split(sep)
          .join('/')
          .replace(/^(?!\.\.?\/)/, './')
        if (!pattern.test(specifier) || NEVER_COMPUTED.test(relative(folder, file))) continue
        for (const asking of ['import', 'require'] as const)
          own.set(linkKey(specifier, asking), { to: 'local', file, isComputed: true })
      }
    }
  }
}

/**
 * Packages, and hidden folders, where tools store their files: a computed path leads there only if it names them
 * explicitly.
 */
const NEVER_COMPUTED = /(?:^|[/\\])(?:node_modules|\.[^/\\]+)[/\\]/

function patternOf(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/\*|\*)/)
  const text = parts.map((part) =>
    part === '*' ? '[^/]*' : part === '**/*' ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
  )
  return new RegExp(`^${text.join('')}$`)
}
