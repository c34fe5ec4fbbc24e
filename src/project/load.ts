import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { catchImport } from '../code/import.ts'
import { isInPackages } from '../code/packages.ts'
import { errorOfSystem } from '../errors.ts'
import { loadAs } from '../runtime/current.ts'
import { type Builder, type Built, openBuilder } from './build.ts'
import type { Build, MakeFolder } from './cache.ts'
import type { BuildFault } from './compile.ts'
import { packageFolder } from './find.ts'
import { readJsonFile } from './json-file.ts'
import { isFile, isTypeScript } from './modules.ts'
import { type Reader, type ReadFault, readerOf } from './readers.ts'

/** The result of loading one module: its exports, or why there are none. */
export type LoadedModule =
  | { readonly kind: 'loaded'; readonly exports: unknown }
  /** It threw while it ran. */
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It never ran. */
  | { readonly kind: 'unbuildable'; readonly faults: readonly BuildFault[] }
  /** It is data, and its reader finds a fault in it. */
  | { readonly kind: 'unreadable'; readonly fault: ReadFault }

/** A topology's module and those of its processors. */
export interface LoadedModules {
  readonly topology: LoadedModule
  /** By file. */
  readonly processors: ReadonlyMap<string, LoadedModule>
  /** Every local file that was read, as far as it can be known, absolute. */
  readonly files: readonly string[]
}

/** The modules to load. */
export interface LoadOptions {
  /** The topology, absolute. */
  readonly file: string
  /** Reads from what the topology exports which modules its processors are, absolute. May be called twice. */
  readonly modulesOf: (exports: unknown) => readonly string[]
  /** Returns the names of the processors whose module a file is. */
  readonly processorsOf: (module: string) => readonly string[]
  /** The topology, where it is not what `file` holds. */
  readonly given?: unknown
  /** Load anew what this process has loaded before: for `--watch`. */
  readonly fresh: boolean
  /** Used for a build that cannot be cached. */
  readonly temporaryFolder: MakeFolder
}

/**
 * Loads a topology and its processors. JavaScript is imported as it is. If Node cannot import a module directly
 * (TypeScript, or a package that the running attak lends), the whole project is built, so that each module stays one
 * instance. A topology runs once. It runs twice if only running it shows that there are processors in TypeScript, or
 * which.
 */
export async function loadModules(options: LoadOptions): Promise<LoadedModules> {
  const isData = options.given !== undefined || readerOf(options.file) !== undefined
  const builder = openBuilder(options.file, options.temporaryFolder, isData)
  const last = options.fresh ? undefined : await builder.last()
  const isBuilt = last !== undefined || options.fresh || builder.looksTyped()
  const asIs = isBuilt ? undefined : await loadAsIs(options)
  return asIs ?? loadBuilt(options, builder, last)
}

async function loadAsIs(options: LoadOptions): Promise<LoadedModules | undefined> {
  const { file, modulesOf, processorsOf } = options
  const data = dataOf(options)
  if (data === undefined && isTypeScript(file)) return undefined
  const topology = data ?? (await importModule(pathToFileURL(file).href))
  if (topology.kind === 'threw' && needsBuild(topology.error)) return undefined
  const modules = topology.kind === 'loaded' ? modulesOf(topology.exports) : []
  if (modules.some(isTypeScript)) return undefined
  const processors = new Map<string, LoadedModule>()
  for (const module of modules) {
    const loaded = await loadAs({ processors: processorsOf(module), isShared: true }, () =>
      importModule(pathToFileURL(module).href),
    )
    if (loaded.kind === 'threw' && needsBuild(loaded.error)) return undefined
    processors.set(module, loaded)
  }
  return { topology, processors, files: [file, ...modules] }
}

/** Returns a topology that is no code; undefined if it is. */
function dataOf({ file, given }: LoadOptions): LoadedModule | undefined {
  if (given !== undefined) return { kind: 'loaded', exports: given }
  const reader = readerOf(file)
  return reader && readWith(reader, file)
}

/**
 * Whether a build can load what import() could not, or can at least show where it is broken: Node does not report the
 * place of a syntax error.
 */
function needsBuild(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && UNLOADABLE.has(code)
}

const UNLOADABLE: ReadonlySet<string> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_IMPORT_ATTRIBUTE_MISSING',
  // The name that Node 20 has for it.
  'ERR_IMPORT_ASSERTION_TYPE_MISSING',
])

async function loadBuilt(options: LoadOptions, builder: Builder, last: Build | undefined): Promise<LoadedModules> {
  const { file, modulesOf, processorsOf } = options
  let build: Built = last ?? (await builder.buildGuessing())
  let topology = dataOf(options) ?? (await loadFrom(build, file))
  let modules = topology.kind === 'loaded' ? modulesOf(topology.exports) : []
  const unbuilt = () => modules.filter((module) => !isInPackages(module))
  if (unbuilt().some((module) => !build.entries.has(module))) {
    build = await builder.build(unbuilt())
    topology = dataOf(options) ?? (await loadFrom(build, file))
    modules = topology.kind === 'loaded' ? modulesOf(topology.exports) : []
  }
  const processors = new Map<string, LoadedModule>()
  for (const module of modules) {
    const whose = { processors: processorsOf(module), isShared: true }
    const load = () => (isInPackages(module) ? importModule(pathToFileURL(module).href) : loadFrom(build, module))
    processors.set(module, await loadAs(whose, load))
  }
  return { topology, processors, files: [...new Set([file, ...modules, ...build.files])] }
}

async function loadFrom({ entries, broken, files }: Built, file: string): Promise<LoadedModule> {
  const faults = broken?.get(file)
  if (faults !== undefined) return { kind: 'unbuildable', faults }
  const address = entries.get(file)
  if (address !== undefined) {
    const loaded = await importModule(address)
    return (loaded.kind === 'threw' && brokenJson(loaded.error, files)) || loaded
  }
  return { kind: 'unbuildable', faults: [{ text: 'the topology names it in some loads only', file }] }
}

/** Returns where an imported JSON file is broken. Node's error names its copy beside the build. */
function brokenJson(error: unknown, files: readonly string[]): LoadedModule | undefined {
  const copy = error instanceof SyntaxError ? /^(.+\.json): /.exec(error.message)?.[1] : undefined
  if (copy === undefined || !isFile(copy)) return undefined
  const bytes = readFileSync(copy)
  const file = files.find((one) => basename(one) === basename(copy) && isFile(one) && readFileSync(one).equals(bytes))
  const read = file === undefined ? undefined : readJsonFile(file)
  if (file === undefined || read?.kind !== 'fault') return undefined
  const { what, line, column, excerpt } = read.fault
  return { kind: 'unbuildable', faults: [{ text: `${what}\n${excerpt}`, file, line, column }] }
}

async function importModule(address: string): Promise<LoadedModule> {
  const imported = await catchImport(() => import(address))
  if (imported.kind === 'imported') return { kind: 'loaded', exports: imported.value }
  if (isRefusedModule(imported.error)) throw imported.error
  return nullManifest(fileURLToPath(address)) ?? imported
}

/** Node imports no module of a package whose package.json holds null. Its error does not name the file. */
function nullManifest(module: string): LoadedModule | undefined {
  const file = join(packageFolder(module), 'package.json')
  if (!isFile(file)) return undefined
  const manifest = readJsonFile(file)
  const fault = { text: 'holds null, not an object', file }
  return manifest.kind === 'value' && manifest.value === null ? { kind: 'unbuildable', faults: [fault] } : undefined
}

/** Whether the operating system refused to read a module itself, and not a file that its code wanted. */
function isRefusedModule(error: unknown): boolean {
  if (errorOfSystem(error) === undefined) return false
  const calls = String((error as Error).stack).match(/^ +at .*$/gm) ?? []
  return calls.find((call) => !/\bnode:(internal\/)?fs\b/.test(call))?.includes('node:internal/modules/') === true
}

function readWith(reader: Reader, file: string): LoadedModule {
  const read = reader(file)
  return read.kind === 'value' ? { kind: 'loaded', exports: read.value } : { kind: 'unreadable', fault: read.fault }
}
