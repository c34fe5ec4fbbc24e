import type { BuildFailure, Message } from 'esbuild'
import type { SizedPart } from './artifact.ts'
import { type BuildSettings, type BuiltModule, buildCode, buildPackages } from './builds.ts'
import { isOwn } from './own-files.ts'
import { packages } from './packages.ts'
import { type Parted, partPackages } from './part.ts'
import { PACKAGES_BANNER } from './places.ts'
import type { Unit } from './units.ts'

/** A unit and the module it starts with. */
export interface SourceUnit extends Unit {
  readonly source: string
}

/** The code of one artifact. */
export interface CompiledUnit {
  /** By their paths in the artifact. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** What the code comes from. */
  readonly sizes: readonly SizedPart[]
}

/** One thing that does not bundle. */
export interface BundleFault {
  readonly message: Message
  /** Those that it keeps from being bundled. */
  readonly units: readonly SourceUnit[]
}

/** What came of compiling: code by the id of the unit, or all that is wrong. */
export type CompiledUnits =
  | { readonly kind: 'compiled'; readonly units: ReadonlyMap<string, CompiledUnit> }
  | { readonly kind: 'failed'; readonly faults: readonly BundleFault[] }

/** The module that an artifact starts with. */
export const CODE_FILE = 'index.mjs'
const PACKAGES_FILE = 'packages.mjs'
const OWN_FILE = 'attak.mjs'

/**
 * Compiles the code of artifacts, so that the bytes of each follow from its own sources alone. Packages, and attak's own
 * modules, are built apart, once for all artifacts that import the same of them, and stand in files beside the user's
 * code; where code asks for packages by `require` or while it runs, all is one file.
 */
export async function compileUnits(units: readonly SourceUnit[], dir: string): Promise<CompiledUnits> {
  const compiled = new Map<string, CompiledUnit>()
  const faults: BundleFault[] = []
  for (const group of alike(units)) {
    try {
      for (const [id, unit] of await compileGroup(group, dir)) compiled.set(id, unit)
    } catch (error) {
      if (!isBuildFailure(error)) throw error
      faults.push(...(await faultsOf(group, dir)))
    }
  }
  return faults.length > 0 ? { kind: 'failed', faults } : { kind: 'compiled', units: compiled }
}

/** Units that are built with the same options, together. */
function alike(units: readonly SourceUnit[]): Iterable<readonly SourceUnit[]> {
  const groups = new Map<string, SourceUnit[]>()
  for (const unit of units) {
    const key = JSON.stringify([unit.target, unit.external])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [unit])
    else group.push(unit)
  }
  return groups.values()
}

async function compileGroup(units: readonly SourceUnit[], dir: string): Promise<ReadonlyMap<string, CompiledUnit>> {
  const { target, external } = units[0]!
  const apart: string[] = []
  const topology = units.find((unit) => unit.topology !== undefined)?.topology
  const together: BuildSettings = { dir, target, topology, packages: packages({ external }) }
  const sources = new Map(units.map(({ id, source }) => [id, source]))
  const code = await buildCode(sources, { ...together, packages: packages({ external, apart }) }, { minify: false })
  const parted = [...code].map(([id, module]) => ({
    id,
    module,
    part: partPackages(textOf(module), apart, (file) => `./${isOwn(file) ? OWN_FILE : PACKAGES_FILE}`),
  }))
  const whole = parted.filter(({ part }) => part === undefined).map(({ id }) => [id, sources.get(id)!] as const)
  const wholeCode = await buildCode(new Map(whole), together, { minify: true })
  const packed = await buildBeside(
    parted.flatMap(({ part }) => part ?? []),
    together,
  )
  return new Map(
    parted.map(({ id, module, part }) => {
      if (part === undefined) return [id, unitOf({ [CODE_FILE]: wholeCode.get(id)! })]
      const beside = [...part.beside].map(([file, source]) => [file.slice('./'.length), packed.get(source)!] as const)
      const own = { ...module, contents: Buffer.from(part.text) }
      return [id, unitOf({ [CODE_FILE]: own, ...Object.fromEntries(beside) })]
    }),
  )
}

/** Builds what stands beside users' code. In attak's own nobody sees the names of functions. */
async function buildBeside(
  parted: readonly Parted[],
  settings: BuildSettings,
): Promise<ReadonlyMap<string, BuiltModule>> {
  const sourcesOf = (name: string) => [...new Set(parted.flatMap(({ beside }) => beside.get(`./${name}`) ?? []))]
  const [own, packages] = await Promise.all([
    buildPackages(sourcesOf(OWN_FILE), settings, {}),
    buildPackages(sourcesOf(PACKAGES_FILE), settings, { keepNames: true, banner: { js: PACKAGES_BANNER } }),
  ])
  return new Map([...own, ...packages])
}

function textOf({ contents }: BuiltModule): string {
  return Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength).toString()
}

function unitOf(modules: Readonly<Record<string, BuiltModule>>): CompiledUnit {
  const files = new Map<string, Uint8Array>()
  const sizes = new Map<string, number>()
  for (const [file, { contents, map, sizes: parts }] of Object.entries(modules)) {
    files.set(
      file,
      map === undefined ? contents : Buffer.concat([contents, Buffer.from(`//# sourceMappingURL=${file}.map\n`)]),
    )
    if (map !== undefined) {
      files.set(`${file}.map`, map)
      sizes.set('source map', map.byteLength)
    }
    for (const [part, bytes] of parts) sizes.set(part, (sizes.get(part) ?? 0) + bytes)
  }
  return { files, sizes: [...sizes].map(([part, bytes]) => ({ part, bytes })) }
}

/** Tries each unit by itself, since a build of several does not tell which of them a fault is in. */
async function faultsOf(units: readonly SourceUnit[], dir: string): Promise<readonly BundleFault[]> {
  const faults = new Map<string, { message: Message; units: SourceUnit[] }>()
  for (const unit of units) {
    for (const message of await messagesOf(unit, dir)) {
      const key = JSON.stringify([message.text, message.location])
      const known = faults.get(key)
      if (known === undefined) faults.set(key, { message, units: [unit] })
      else if (!known.units.includes(unit)) known.units.push(unit)
    }
  }
  if (faults.size === 0) throw new Error(`artifacts build alone and not together: ${units.map(({ id }) => id)}`)
  return [...faults.values()]
}

async function messagesOf(unit: SourceUnit, dir: string): Promise<readonly Message[]> {
  try {
    await compileGroup([unit], dir)
    return []
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    return error.errors
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
