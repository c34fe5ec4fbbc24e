import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { BuildOptions, Plugin } from 'esbuild'

const ENTRY = 'attak-file:'

/** A module as JavaScript, with the imports that its source has. */
export interface Transpiled {
  readonly text: string
  /** Its source map, as JSON, which names `source.ts` alone and holds no text. */
  readonly map: string
}

/** How modules are made JavaScript. */
export interface TranspileOptions {
  readonly dir: string
  /** The oldest Node that will run it: `node22`. */
  readonly target: string
  readonly read: (file: string) => Uint8Array
  /** The file that `read` returns as JavaScript already, with its source map inside, whatever its ending. */
  readonly javascript?: string | undefined
  readonly minifyWhitespace?: boolean
}

/**
 * Compiles modules to JavaScript, each separately. Their kind for Node stays: modules stay modules, and CommonJS stays
 * as sloppy or as strict as it was. `.cts` files become CommonJS. Throws esbuild's BuildFailure.
 */
export async function transpile(files: readonly string[], options: TranspileOptions): Promise<Map<string, Transpiled>> {
  const old = files.filter((file) => extname(file) === '.cts')
  const made = await Promise.all([
    run(
      files.filter((file) => extname(file) !== '.cts'),
      options,
      {},
    ),
    run(old, options, { format: 'cjs' }),
  ])
  return new Map(made.flatMap((one) => [...one]))
}

async function run(
  files: readonly string[],
  { dir, target, read, javascript, minifyWhitespace = false }: TranspileOptions,
  options: BuildOptions,
): Promise<Map<string, Transpiled>> {
  if (files.length === 0) return new Map()
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    ...options,
    entryPoints: files.map((file, index) => ({ in: isFound(file) ? file : ENTRY + index, out: String(index) })),
    absWorkingDir: dir,
    outdir: '.',
    bundle: false,
    write: false,
    allowOverwrite: true,
    platform: 'node',
    target,
    minifyWhitespace,
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    logLimit: 0,
    plugins: [reading(files, read, javascript)],
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]))
  return new Map(
    files.map((file, index) => {
      const map = texts.get(join(dir, `${index}.js.map`))!
      return [file, { text: texts.get(join(dir, `${index}.js`))!, map }]
    }),
  )
}

/** Whether esbuild finds a file by its path. It takes a star for a pattern; and a file may be on no disk. */
function isFound(file: string): boolean {
  return !file.includes('*') && existsSync(file)
}

/** Entries that esbuild does not find are named by numbers. It reads no tsconfig.json for those. */
function reading(files: readonly string[], read: (file: string) => Uint8Array, javascript: string | undefined): Plugin {
  return {
    name: 'attak-reading',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}`) }, ({ path }) => ({
        path: files[Number(path.slice(ENTRY.length))]!,
      }))
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => ({
        contents: read(path),
        loader: path === javascript ? 'js' : 'default',
        resolveDir: dirname(path),
      }))
    },
  }
}
