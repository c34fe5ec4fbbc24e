import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LENT_PACKAGES } from '../code/packages.ts'
import { atPath, errorOfSystem } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'
import { cacheRoots, makeCacheRoot } from './cache-roots.ts'
import type { Compiled } from './compile.ts'
import { areSame, type Inputs, writeNoted } from './inputs.ts'
import { readJsonFile } from './json-file.ts'
import { type Lookups, leadThere } from './lookups.ts'
import { maker } from './maker.ts'
import { isFile, isFolder } from './modules.ts'
import { packageFolderOf } from './packages.ts'

/** A project as built on disk. */
export interface Build {
  /** Each source to the address its built module is imported from. */
  readonly entries: ReadonlyMap<string, string>
  /** Every local file it was built from, absolute. */
  readonly files: readonly string[]
}

/** The stored builds of one topology. */
export interface BuildCache {
  /** Returns the last build if its inputs have not changed since. */
  load(): Promise<Build | undefined>
  /** Makes a separate folder for a new build. */
  newFolder(): string
  /** Writes a build to its folder. */
  write(folder: string, compiled: Outputs): Promise<Build>
  /** Writes a build, remembers it, and removes those that are too old to be in use. */
  save(folder: string, compiled: Outputs): Promise<Build>
}

type Outputs = Compiled & { readonly kind: 'compiled' }

/** The description of a stored build, which is valid as long as all of it is unchanged. */
interface Manifest {
  readonly maker: string
  readonly topology: string
  readonly folder: string
  readonly entries: Readonly<Record<string, string>>
  readonly inputs: Inputs
  readonly lookups: Lookups
  /** The contents of each file in the folder, by its path there: one may be changed or gone. */
  readonly outputs: Inputs
  /** Where the topology finds the packages that attak lends to projects without them. */
  readonly packages: Readonly<Record<string, string | null>>
}

const REPLACED_MS = 60 * 60 * 1000
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000

/** Makes a temporary folder; its owner removes it. */
export type MakeFolder = () => string

/** The names of manifests and of builds. attak removes nothing else from a cache. */
const MANIFEST_NAME = /-[0-9a-f]{8}(?:-\w{6})?\.json$/
const BUILD_NAME = /-[0-9a-f]{8}-\w{6}$/

/**
 * Opens the builds of the topology `file`. They are stored in the first of {@link cacheRoots} that can be written, or
 * in a temporary folder that is used once.
 */
export function openBuildCache(file: string, temporaryFolder: MakeFolder): BuildCache {
  const prefix = `${basename(file)}-${shortHash(file)}`
  return {
    async load() {
      for (const root of cacheRoots(file)) {
        const build = await loadBuild(file, root, join(root, `${prefix}.json`)).catch(ignoreRefusal)
        if (build !== undefined) return build
      }
      return undefined
    },
    newFolder() {
      for (const root of cacheRoots(file)) {
        try {
          makeCacheRoot(root)
          return mkdtempSync(join(root, `${prefix}-`))
        } catch (error) {
          // It cannot be written: the next one may be.
          ignoreRefusal(error)
        }
      }
      return mkdtempSync(join(temporaryFolder(), `${prefix}-`))
    },
    write: async (folder, compiled) => (await writeBuild(file, folder, compiled)).build,
    async save(folder, compiled) {
      const { build, manifest } = await writeBuild(file, folder, compiled)
      try {
        remember(manifest, folder, join(dirname(folder), `${prefix}.json`))
        removeOld(dirname(folder), `${prefix}-`, folder)
      } catch (error) {
        // The next run builds again.
        ignoreRefusal(error)
      }
      return build
    },
  }
}

/** A build that cannot be stored is made again the next time; any other error is a bug. */
function ignoreRefusal(error: unknown): undefined {
  if (errorOfSystem(error) === undefined) throw error
}

function remember(manifest: Manifest, folder: string, manifestFile: string): void {
  markReplaced(manifestFile, folder)
  atPath(`${folder}.json`, () => writeFileSync(`${folder}.json`, JSON.stringify(manifest)))
  if (isFolder(manifestFile)) rmSync(manifestFile, { recursive: true })
  renameSync(`${folder}.json`, manifestFile)
}

async function loadBuild(file: string, root: string, manifestFile: string): Promise<Build | undefined> {
  const manifest = readManifest(manifestFile)
  if (manifest === undefined || manifest.maker !== maker() || manifest.topology !== file) return undefined
  const lent = lentTo(file)
  if (LENT_PACKAGES.some((name) => manifest.packages[name] !== lent[name])) return undefined
  const outputs = Object.entries(manifest.outputs).map(([name, output]) => [join(root, manifest.folder, name), output])
  if (!leadThere(manifest.lookups) || !(await areSame(Object.fromEntries(outputs)))) return undefined
  if (!(await areSame(manifest.inputs))) return undefined
  try {
    markUsed(join(root, manifest.folder), manifestFile)
  } catch (error) {
    // A cache that cannot be written may still be read.
    ignoreRefusal(error)
  }
  return buildOf(manifest, root)
}

/** Sets the age of a build and its manifest to now, by the clock of the file system. */
function markUsed(folder: string, manifestFile: string): void {
  rmdirSync(mkdtempSync(join(folder, 'used-')))
  const { atime, mtime } = statSync(folder)
  utimesSync(manifestFile, atime, mtime)
}

function readManifest(manifestFile: string): Manifest | undefined {
  if (!isFile(manifestFile)) return undefined
  const parsed = readJsonFile(manifestFile)
  return parsed.kind === 'value' && isManifest(parsed.value) ? parsed.value : undefined
}

/** A disk that was full, or another program, may have left anything. */
function isManifest(value: unknown): value is Manifest {
  const { maker, topology, folder, entries, inputs, lookups, outputs, packages } = fieldsOf(value) ?? {}
  const isText = (field: unknown) => typeof field === 'string'
  const isInput = (input: unknown) => input === null || isText(fieldsOf(input)?.digest)
  const isLent = (found: unknown) => found === null || isText(found)
  const has = (record: unknown, is: (field: unknown) => boolean) =>
    fieldsOf(record) !== undefined && Object.values(record as object).every(is)
  const isOutput = (name: unknown) => isText(name) && Object.hasOwn(outputs as object, name as string)
  const areTold = has(lookups, isLent) && has(packages, isLent) && has(inputs, isInput) && has(outputs, isInput)
  const isBuild = typeof folder === 'string' && basename(folder) === folder && BUILD_NAME.test(folder)
  return isText(maker) && isText(topology) && isBuild && areTold && has(entries, isOutput)
}

async function writeBuild(file: string, folder: string, { outputs, entries, inputs, lookups }: Outputs) {
  for (const { path } of outputs) mkdirSync(dirname(path), { recursive: true })
  const written = Object.entries(await writeNoted(outputs))
  const manifest: Manifest = {
    maker: maker(),
    topology: file,
    folder: basename(folder),
    entries: Object.fromEntries(entries),
    inputs,
    lookups,
    outputs: Object.fromEntries(written.map(([path, output]) => [relative(folder, path), output])),
    packages: lentTo(file),
  }
  return { manifest, build: buildOf(manifest, dirname(folder)) }
}

function buildOf({ folder, entries, inputs }: Manifest, root: string): Build {
  const address = ([file, output]: [string, string]) => [file, pathToFileURL(join(root, folder, output)).href] as const
  const files = Object.keys(inputs).filter((path) => inputs[path] !== null)
  return { entries: new Map(Object.entries(entries).map(address)), files }
}

function lentTo(file: string): Record<string, string | null> {
  return Object.fromEntries(LENT_PACKAGES.map((name) => [name, packageFolderOf(dirname(file), name) ?? null]))
}

/** Sets the age of a replaced build to that of the new one: {@link removeOld} uses it. */
function markReplaced(manifestFile: string, fresh: string): void {
  const replaced = readManifest(manifestFile)?.folder
  if (replaced === undefined) return
  const path = join(dirname(fresh), replaced)
  const { atime, mtime } = statSync(fresh)
  if (isFolder(path)) utimesSync(path, atime, mtime)
}

/** Replaced builds stay for an hour, since a process may still import parts of them; those of lost projects a month. */
function removeOld(root: string, prefix: string, kept: string): void {
  const { mtimeMs: nowMs } = statSync(kept)
  for (const name of readdirSync(root)) {
    const path = join(root, name)
    const found = lstatSync(path, { throwIfNoEntry: false })
    const isMade = (found?.isDirectory() && BUILD_NAME.test(name)) || (found?.isFile() && MANIFEST_NAME.test(name))
    const ageMs = nowMs - (found?.mtimeMs ?? nowMs)
    if (isMade && ageMs > (name.startsWith(prefix) ? REPLACED_MS : FORGOTTEN_MS))
      rmSync(path, { recursive: true, force: true })
  }
}

/** Separates topologies that share a cache (FNV-1a, 32 bits); a manifest contains its topology's full name. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
