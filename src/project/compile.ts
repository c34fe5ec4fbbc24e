import { statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Message, Plugin } from 'esbuild'
import { CODE, declarePlaces, PLACE_NAMES, type Places } from '../sources/places.ts'
import { type InputReader, type Inputs, openInputs } from './inputs.ts'
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
      readonly inputs: Inputs
    }
  | { readonly kind: 'failed'; readonly faults: readonly BuildFault[]; readonly inputs: Inputs }

/**
 * Compiles local modules to ES modules for this process, all in one go, so that what they share stays one instance.
 * Packages stay outside; `import.meta.url`, `__dirname` and the like keep meaning the place of the source. The outputs
 * only work in `outFolder`: their imports and source maps are relative to it.
 */
export async function compile(entries: readonly string[], outFolder: string): Promise<Compiled> {
  const { build } = await import('esbuild')
  const reader = await openInputs(entries, statSync(outFolder).mtimeMs)
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
      plugins: [packagesOutside(outFolder), placesKept(reader)],
      logLevel: 'silent',
    })
    const outputOf = new Map([...names].map(([file, name]) => [file, `${name}.mjs`]))
    return { kind: 'compiled', outputs: outputFiles, entries: outputOf, inputs: reader.inputs() }
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    const folder = dirname(entries[0]!)
    return { kind: 'failed', faults: error.errors.map((message) => faultOf(message, folder)), inputs: reader.inputs() }
  }
}

/** CommonJS sources keep calling `require` for packages; outputs are ES modules, which have none. */
function requireFrom(outFolder: string): string {
  const here = JSON.stringify(join(outFolder, 'require.cjs'))
  return `import { createRequire as attakCreateRequire } from 'node:module'; const require = attakCreateRequire(${here});`
}

/** Declares each module's own places on its first line of code, so that lines stay what they are. */
function placesKept(reader: InputReader): Plugin {
  return {
    name: 'attak-places',
    setup(build) {
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        const bytes = reader.read(path)
        const isCode = CODE.test(path)
        const contents = isCode ? declarePlaces(Buffer.from(bytes).toString(), () => placesOf(path)) : bytes
        return { contents, loader: 'default' }
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
