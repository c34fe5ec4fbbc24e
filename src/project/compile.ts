import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Message, Plugin } from 'esbuild'
import { CODE, declarePlaces, PLACE_NAMES, type Places } from '../sources/places.ts'
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
      define: PLACE_NAMES,
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

/** Declares each module's own places on its first line of code, so that lines stay what they are; collects files read. */
function placesKept(files: Set<string>): Plugin {
  return {
    name: 'attak-places',
    setup(build) {
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        files.add(path)
        if (!CODE.test(path)) return undefined
        return { contents: declarePlaces(readFileSync(path, 'utf8'), () => placesOf(path)), loader: 'default' }
      })
    },
  }
}

function placesOf(file: string): Places {
  return {
    url: JSON.stringify(pathToFileURL(file).href),
    filename: JSON.stringify(file),
    dirname: JSON.stringify(dirname(file)),
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function faultOf({ text, location }: Message, folder: string): BuildFault {
  if (location === null) return { text }
  return { text, file: join(folder, location.file), line: location.line, column: location.column + 1 }
}
