import { join, relative, resolve, sep } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { packageOf } from '../sources/packages.ts'
import { PLACE_NAMES } from '../sources/places.ts'
import { isOwn } from './own-files.ts'
import { MODULE_BANNER, placesKept, withoutIdleRequire } from './places.ts'

/** A module that a build gave. */
export interface BuiltModule {
  readonly contents: Uint8Array
  /** Its source map, where one was asked for. */
  readonly map?: Uint8Array
  /** The bytes that each part of an artifact has in it: see {@link SizedPart}. */
  readonly sizes: ReadonlyMap<string, number>
}

/** What builds for one set of artifacts have in common. */
export interface BuildSettings {
  /** The topology's folder. */
  readonly dir: string
  /** `node22`. */
  readonly target: string
  /** The topology's module, absolute, where artifacts hold it. */
  readonly topology?: string | undefined
  /** How packages are found. */
  readonly packages: Plugin
}

const OPTIONS = {
  outdir: '.',
  outExtension: { '.js': '.mjs' },
  // Outputs are not written, but by their names they may meet a source.
  write: false,
  allowOverwrite: true,
  bundle: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'silent',
  logLimit: 0,
} satisfies BuildOptions

const ENTRY = 'attak-unit:'
const PACKAGES = /attak-packages-(\d+)\.mjs$/

/**
 * Builds modules out of generated sources (by id), each by itself though all in one go, so that none shows what it shares
 * with others. Their maps are of users' own code alone and hold no text. Throws esbuild's BuildFailure.
 */
export async function buildCode(
  sources: ReadonlyMap<string, string>,
  { dir, target, packages, topology }: BuildSettings,
  { minify }: { readonly minify: boolean },
): Promise<ReadonlyMap<string, BuiltModule>> {
  const build = (withoutDataOf: string | undefined) =>
    run({ dir, topology }, [...sources.keys()], {
      target,
      minify,
      keepNames: true,
      entryPoints: [...sources.keys()].map((id) => ({ in: ENTRY + id, out: id })),
      sourcemap: 'external',
      sourcesContent: false,
      banner: { js: MODULE_BANNER },
      define: PLACE_NAMES,
      plugins: [entries(sources, dir), packages, placesKept(dir, withoutDataOf)],
    })
  const built = await build(topology)
  // Code that imports its own topology may read all of it.
  return built.importsTopology ? (await build(undefined)).modules : built.modules
}

/** Builds modules that give what packages export, by their sources, minified. Throws esbuild's BuildFailure. */
export async function buildPackages(
  sources: readonly string[],
  { dir, target, packages }: BuildSettings,
  options: Pick<BuildOptions, 'keepNames' | 'banner'>,
): Promise<ReadonlyMap<string, BuiltModule>> {
  const ids = sources.map((_, index) => `attak-packages-${index}`)
  const { modules } = await run({ dir }, ids, {
    target,
    minify: true,
    ...options,
    entryPoints: ids.map((id) => ({ in: `${id}.mjs`, out: id })),
    plugins: [packageSources(sources, dir), packages],
  })
  return new Map(sources.map((source, index) => [source, modules.get(ids[index]!)!]))
}

interface Built {
  readonly modules: ReadonlyMap<string, BuiltModule>
  /** Whether a module of the project imports the topology. */
  readonly importsTopology: boolean
}

async function run(
  { dir, topology }: Pick<BuildSettings, 'dir' | 'topology'>,
  ids: readonly string[],
  options: BuildOptions,
): Promise<Built> {
  if (ids.length === 0) return { modules: new Map(), importsTopology: false }
  const { build } = await import('esbuild')
  const { metafile, outputFiles } = await build({ ...options, ...OPTIONS, absWorkingDir: dir })
  const files = new Map(outputFiles.map(({ path, contents }) => [relative(dir, path), contents]))
  const importsTopology = Object.entries(metafile.inputs).some(
    ([input, { imports }]) => !input.startsWith(ENTRY) && imports.some(({ path }) => resolve(dir, path) === topology),
  )
  const modules = new Map(
    ids.map((id): [string, BuiltModule] => {
      const { inputs } = metafile.outputs[`${id}.mjs`]!
      const map = files.get(`${id}.mjs.map`)
      const contents = withoutIdleRequire(files.get(`${id}.mjs`)!)
      return [id, { contents, ...(map !== undefined && { map }), sizes: sizesOf(inputs, dir) }]
    }),
  )
  return { modules, importsTopology }
}

function sizesOf(inputs: Metafile['outputs'][string]['inputs'], dir: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
    const part = partOf(input, dir)
    sizes.set(part, (sizes.get(part) ?? 0) + bytesInOutput)
  }
  return sizes
}

function partOf(input: string, dir: string): string {
  const inPackages = input.split(/(?:^|[/\\])node_modules[/\\]/)
  const file = resolve(dir, input)
  if (input.startsWith(ENTRY) || PACKAGES.test(input) || isOwn(file)) return 'attak'
  if (inPackages.length > 1) return packageOf(inPackages.at(-1)!.replaceAll('\\', '/'))
  return relative(dir, file).split(sep).join('/')
}

function entries(sources: ReadonlyMap<string, string>, dir: string): Plugin {
  const namespace = ENTRY.slice(0, -1)
  return {
    name: 'attak-entries',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}`) }, ({ path }) => ({
        path: path.slice(ENTRY.length),
        namespace,
      }))
      build.onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: sources.get(path)!, resolveDir: dir }))
    },
  }
}

/** Modules of the ending `.mjs`, since from those CommonJS is imported as Node does it. */
function packageSources(sources: readonly string[], dir: string): Plugin {
  return {
    name: 'attak-package-sources',
    setup(build) {
      build.onResolve({ filter: PACKAGES }, ({ path }) => ({ path: join(dir, path) }))
      build.onLoad({ filter: PACKAGES }, ({ path }) => ({
        contents: sources[Number(PACKAGES.exec(path)![1])]!,
        resolveDir: dir,
      }))
    },
  }
}
