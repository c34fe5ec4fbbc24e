import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Loader, Message, Plugin } from 'esbuild'
import { packagesOutside } from './packages.ts'

/** One thing a build stumbled over. */
export interface BuildFault {
  readonly text: string
  /** Absolute; absent when the fault is in no file. */
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** From 1. */
  readonly column?: number
}

/** What became of some modules. */
export type Compiled =
  | {
      readonly kind: 'compiled'
      /** Files to write, absolute. */
      readonly outputs: readonly { readonly path: string; readonly contents: Uint8Array }[]
      /** Each entry to the base name of its output. */
      readonly entries: ReadonlyMap<string, string>
      /** Every local file that was read, absolute. */
      readonly files: readonly string[]
    }
  | { readonly kind: 'failed'; readonly faults: readonly BuildFault[]; readonly files: readonly string[] }

/**
 * Compiles local modules to ES modules for this process, all in one go, so that what they share stays one instance.
 * Packages stay outside; `import.meta.url`, `__dirname` and the like keep meaning the place of the source. The outputs
 * only work in `outFolder`: their imports and source maps are relative to it.
 */
export async function compile(entries: readonly string[], outFolder: string): Promise<Compiled> {
  const { build } = await import('esbuild')
  const files = new Set<string>(entries)
  const names = new Map(entries.map((file, index) => [file, `${index}-${basename(file, extname(file))}`]))
  try {
    const { outputFiles } = await build({
      entryPoints: entries.map((file) => ({ in: file, out: names.get(file)! })),
      absWorkingDir: dirname(entries[0]!),
      outdir: outFolder,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'shared-[hash]',
      bundle: true,
      splitting: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      mainFields: ['main'],
      conditions: [],
      keepNames: true,
      sourcemap: 'inline',
      sourcesContent: false,
      banner: { js: requireFrom(outFolder) },
      define: Object.fromEntries(PLACES.map(({ expression, name }) => [expression, name])),
      plugins: [packagesOutside(outFolder), placesKept(files)],
      logLevel: 'silent',
    })
    const outputOf = new Map([...names].map(([file, name]) => [file, `${name}.mjs`]))
    return { kind: 'compiled', outputs: outputFiles, entries: outputOf, files: [...files] }
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    const folder = dirname(entries[0]!)
    return { kind: 'failed', faults: error.errors.map((message) => faultOf(message, folder)), files: [...files] }
  }
}

/** CommonJS sources keep calling `require` for packages; outputs are ES modules, which have none. */
function requireFrom(outFolder: string): string {
  const here = JSON.stringify(join(outFolder, 'require.cjs'))
  return `import { createRequire as attakCreateRequire } from 'node:module'; const require = attakCreateRequire(${here});`
}

/** What a module says of its own place, and the constant that stands for it once several modules share an output. */
const PLACES = [
  { expression: 'import.meta.url', name: '__attak_url', of: (file: string) => pathToFileURL(file).href },
  { expression: 'import.meta.filename', name: '__attak_filename', of: (file: string) => file },
  { expression: 'import.meta.dirname', name: '__attak_dirname', of: dirname },
  { expression: '__filename', name: '__attak_filename_cjs', of: (file: string) => file },
  { expression: '__dirname', name: '__attak_dirname_cjs', of: dirname },
]
const MENTIONS_PLACE = /import\.meta|__(?:dir|file)name/
const HASHBANG = /^(?:\ufeff)?#!.*\n/

/** Declares each module's own places on its first line of code, so that lines stay what they are; collects files read. */
function placesKept(files: Set<string>): Plugin {
  return {
    name: 'attak-places',
    setup(build) {
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        files.add(path)
        const loader = LOADERS[extname(path)]
        if (loader === undefined) return undefined
        const source = readFileSync(path, 'utf8')
        if (!MENTIONS_PLACE.test(source)) return { contents: source, loader }
        const declared = PLACES.map(({ name, of }) => `${name}=${JSON.stringify(of(path))}`).join(',')
        const start = HASHBANG.exec(source)?.[0].length ?? 0
        return { contents: `${source.slice(0, start)}const ${declared};${source.slice(start)}`, loader }
      })
    },
  }
}

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function faultOf({ text, location }: Message, folder: string): BuildFault {
  if (location === null) return { text }
  return { text, file: join(folder, location.file), line: location.line, column: location.column + 1 }
}
