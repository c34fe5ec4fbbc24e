import { relative, resolve, sep } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { type MissingFolders, noteMissing } from '../code/globs.ts'
import { packageOf } from '../code/packages.ts'
import { placeIn } from '../code/places.ts'
import { NODE_RESOLUTION } from '../code/resolution.ts'
import { functionModule, isOwn } from './own-files.ts'
import { packages } from './packages.ts'

/** Files of an artifact by their names, and the bytes that each part of it has in them: see `SizedPart`. */
export interface Built {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly sizes: ReadonlyMap<string, number>
  /** The files of packages that are in them, absolute. */
  readonly sources: readonly string[]
  /** Packages that do not export the imported paths: see `isClosed`. */
  readonly closed: readonly string[]
}

/** The common settings of builds for one set of artifacts. */
export interface BuildSettings {
  /** The topology's folder. */
  readonly dir: string
  /** `node22`. */
  readonly target: string
  /** Packages that are shipped as they are. */
  readonly external: readonly string[]
}

/** The file with the CommonJS of all packages. Each module runs when it is required by its {@link packageName}. */
export const COMMON_JS = 'commonjs.cjs'

const SOURCE = 'attak-source'

/** Names what becomes of a package's file; all are in one folder: `zod+index.js`. */
export function packageName(dir: string, file: string): string {
  return placeIn(dir, file)
    .replace(/^node_modules\//, '')
    .replaceAll('/', '+')
}

/** Builds what an artifact has of attak: `source` is a module that exports it. */
export async function buildOwn(source: string, settings: BuildSettings): Promise<Built> {
  const { files, sizes } = await run(settings, {
    format: 'esm',
    plugins: [ownModules()],
    ...fromSource(source, settings.dir),
  })
  return {
    files: new Map([...files.values()].map((contents) => ['attak.mjs', contents])),
    sizes,
    sources: [],
    closed: [],
  }
}

/** Builds the file that holds CommonJS, sloppy or strict as its files are. */
export async function buildCommonJs(wanted: readonly string[], settings: BuildSettings): Promise<Built> {
  if (wanted.length === 0) return NOTHING
  const roots = wanted.map((file) => {
    const id = JSON.stringify(packageName(settings.dir, file))
    return `exports[${id}]=()=>require(${JSON.stringify(file)})\n`
  })
  const closed = new Set<string>()
  const missing: MissingFolders = new Map()
  const { files, sizes, sources } = await retried(settings, missing, {
    format: 'cjs',
    define: { 'import.meta.url': '__attak_url' },
    banner: { js: `var __attak_url=require("node:url").pathToFileURL(__filename).href;${MODULE}` },
    plugins: [
      packages({
        external: settings.external,
        commonJs: (file) => `require(${JSON.stringify(file)})`,
        closed,
        missing,
      }),
    ],
    ...fromSource(roots.join(''), settings.dir),
  })
  const contents = [...files.values()][0]!
  return { files: new Map([[COMMON_JS, withModules(computedAsInNode(contents))]]), sizes, sources, closed: [...closed] }
}

/** A build of no files. */
export const NOTHING: Built = { files: new Map(), sizes: new Map(), sources: [], closed: [] }

/**
 * Makes the `module` object of CommonJS, of which esbuild only provides the exports. All modules are children of their
 * one file.
 */
const MODULE =
  'function __attak_module(){return{exports:{},id:__filename,filename:__filename,path:__dirname,loaded:false,children:[],paths:module.paths,parent:module,require}}'

/** How esbuild makes the module of a CommonJS file. */
const MADE = /(?<=\((\w+|\$)=)\{exports:\{\}\}(?=\)\.exports,\1\))/g

function withModules(contents: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(contents).toString().replaceAll(MADE, '__attak_module()'))
}

/** How esbuild finds a file by a computed path: see {@link computedAsInNode}. */
const COMPUTED =
  /(\w+|\$)=>([\w$]+)=>\{var ([\w$]+)=\1\[\2\];if\(\3\)return \3\(\);throw new Error\("Module not found in bundle: "\+\2\)/g

/** Has computed paths find their files without an ending, as Node does, and throw Node's error if there is none. */
function computedAsInNode(contents: Uint8Array): Uint8Array {
  const text = Buffer.from(contents).toString()
  const changed = text.replaceAll(COMPUTED, (_, files, name, found) => {
    const ask = `${FILE_IMPORTED}.test(Object.values(${files})[0])?import(${name}):require(${name})`
    return `${files}=>${name}=>{var ${found}=${files}[${name}]||${files}[${name}+".js"]||${files}[${name}+".json"]||${files}[${name}+"/index.js"];if(${found})return ${found}();return ${ask}`
  })
  return changed === text ? contents : Buffer.from(changed)
}

/** How esbuild writes that a file is imported, and not required. */
const FILE_IMPORTED = String.raw`/^\(\)=>(?:import\(|Promise\.resolve\()/`

/** Does the same for ES modules, which import only. */
export function withNodesErrors(files: Built['files']): Built['files'] {
  const changed = [...files].map(([name, contents]): [string, Uint8Array] => {
    const text = Buffer.from(contents).toString()
    const imported = text.replaceAll(COMPUTED, (all, _files, name) =>
      all.replace(/throw new Error\(.*$/, `return import(${name})`),
    )
    return [name, imported === text ? contents : Buffer.from(imported)]
  })
  return new Map(changed)
}

/** Attak's own modules have no side effects: what a function does not need of them stays out. */
function ownModules(): Plugin {
  return {
    name: 'attak-own',
    setup(build) {
      build.onResolve({ filter: /^attak:/ }, ({ path }) => ({
        path: functionModule(path.slice('attak:'.length)),
        sideEffects: false,
      }))
    },
  }
}

function fromSource(contents: string, resolveDir: string): BuildOptions {
  return { stdin: { contents, resolveDir, sourcefile: SOURCE } }
}

/** Builds again without the computed paths that make it fail: see {@link noteMissing}. */
export async function retried(
  settings: BuildSettings,
  missing: MissingFolders,
  options: BuildOptions,
): ReturnType<typeof run> {
  try {
    return await run(settings, options)
  } catch (error) {
    if (noteMissing(error, settings.dir, missing).length === 0) throw error
    return retried(settings, missing, options)
  }
}

async function run(
  { dir, target }: BuildSettings,
  options: BuildOptions,
): Promise<Omit<Built, 'closed'> & { readonly metafile: Metafile }> {
  const { build } = await import('esbuild')
  const keepNames = options.plugins![0]!.name !== 'attak-own'
  const { metafile, outputFiles } = await build({
    ...options,
    ...NODE_RESOLUTION,
    absWorkingDir: dir,
    outdir: '.',
    outExtension: { '.js': options.format === 'cjs' ? '.cjs' : '.mjs' },
    // Outputs are not written, but by their names they may meet a source.
    write: false,
    allowOverwrite: true,
    bundle: true,
    metafile: true,
    minify: true,
    keepNames,
    target,
    legalComments: 'none',
    logLevel: 'silent',
    logLimit: 0,
  })
  return {
    metafile,
    files: new Map(outputFiles.map(({ path, contents }) => [relative(dir, path), contents])),
    sizes: sizesOf(metafile, dir),
    sources: sourcesOf(metafile, dir),
  }
}

function sizesOf({ outputs }: Metafile, dir: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { inputs } of Object.values(outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const part = partOf(input, dir)
      sizes.set(part, (sizes.get(part) ?? 0) + bytesInOutput)
    }
  }
  return sizes
}

function sourcesOf({ outputs }: Metafile, dir: string): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  // An input with its own namespace stands for a file, and is not a file itself.
  const sources = inputs.flatMap(([input, { bytesInOutput }]) =>
    bytesInOutput > 0 && /(?:^|[/\\])node_modules[/\\]/.test(input) && !input.startsWith('attak-')
      ? [resolve(dir, input)]
      : [],
  )
  return [...new Set(sources)]
}

function partOf(input: string, dir: string): string {
  const inPackages = input.split(/(?:^|[/\\:])node_modules[/\\]/)
  const file = resolve(dir, input)
  if (input.endsWith(SOURCE) || isOwn(file)) return 'attak'
  if (inPackages.length > 1) return packageOf(inPackages.at(-1)!.replaceAll('\\', '/'))
  return relative(dir, file).split(sep).join('/')
}
