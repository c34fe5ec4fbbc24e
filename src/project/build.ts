import { readFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { type Build, type MakeFolder, openBuildCache } from './cache.ts'
import type { BuildFault, Compiled } from './compile.ts'
import { isFolder, isTypeScript, MODULE_ENDINGS, modulesInFolder, resolveModule } from './modules.ts'
import { readerOf } from './readers.ts'

/** A build, and what of it could not be built. */
export interface Built extends Build {
  /** By entry; it then has no address. */
  readonly broken?: ReadonlyMap<string, readonly BuildFault[]>
}

/** Builds the modules of one topology. */
export interface Builder {
  /** Returns the last build if its inputs have not changed since; loads no esbuild. */
  last(): Promise<Build | undefined>
  /** Whether the topology's source looks as if it named processors in TypeScript. */
  looksTyped(): boolean
  /**
   * Builds the topology, and the modules that its source appears to name as processors: only running it would show them
   * for certain.
   */
  buildGuessing(): Promise<Built>
  /** Builds the topology and exactly these modules. A broken module does not prevent building the others. */
  build(modules: readonly string[]): Promise<Built>
}

/** Opens the builder of the topology `file`. It is not built itself if it `isData`. */
export function openBuilder(
  file: string,
  temporaryFolder: MakeFolder,
  isData: boolean = readerOf(file) !== undefined,
): Builder {
  const cache = openBuildCache(file, temporaryFolder)
  const topology = isData ? [] : [file]

  async function compileInto(folder: string, entries: readonly string[]): Promise<Compiled> {
    if (entries.length === 0) return { kind: 'compiled', outputs: [], entries: new Map(), inputs: {}, lookups: {} }
    const { compile } = await import('./compile.ts')
    return compile([...new Set(entries)], folder)
  }

  async function build(modules: readonly string[]): Promise<Built> {
    const folder = cache.newFolder()
    const entries = [...topology, ...modules]
    const whole = await compileInto(folder, entries)
    if (whole.kind === 'compiled') return cache.save(folder, whole)
    const broken = new Map<string, readonly BuildFault[]>()
    const inputs = { ...whole.inputs }
    for (const entry of entries) {
      const alone = await compileInto(folder, [entry])
      if (alone.kind === 'failed') broken.set(entry, alone.faults)
      Object.assign(inputs, alone.inputs)
    }
    const rest = await compileInto(
      folder,
      entries.filter((entry) => !broken.has(entry)),
    )
    if (rest.kind === 'failed') throw new Error(`modules build alone and not together: ${rest.faults[0]?.text}`)
    return { ...(await cache.write(folder, { ...rest, inputs })), broken }
  }

  return {
    last: cache.load,
    looksTyped: () => guessModules(file).some(isTypeScript),
    build,
    async buildGuessing() {
      const folder = cache.newFolder()
      const whole = await compileInto(folder, [...topology, ...guessModules(file)])
      return whole.kind === 'compiled' ? cache.save(folder, whole) : build([])
    },
  }
}

const RELATIVE_PATH = /(['"`])(\.{1,2}\/[^'"`\n]+)\1/g

/** Every string in the topology that is the path of a module, or of a folder of modules. A wrong guess costs little. */
function guessModules(file: string): string[] {
  const paths = [...readFileSync(file, 'utf8').matchAll(RELATIVE_PATH)].map((match) =>
    resolve(dirname(file), match[2]!),
  )
  return paths.flatMap((path) => {
    const module = resolveModule(path)
    if (module !== undefined) return MODULE_ENDINGS.some((ending) => ending === extname(module)) ? [module] : []
    return isFolder(path) ? modulesInFolder(path).flatMap((name) => resolveModule(join(path, name)) ?? []) : []
  })
}
