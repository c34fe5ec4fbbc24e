import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LENT_PACKAGES } from '../code/packages.ts'
import { errorOfSystem } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'
import type { Compiled } from './compile.ts'
import { areSame, type Inputs } from './inputs.ts'
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

/** Where the builds of one topology are kept. */
export interface BuildCache {
  /** Gives the last build when nothing that it was made from has changed since. */
  load(): Promise<Build | undefined>
  /** Makes a folder of its own for a new build. */
  newFolder(): string
  /** Writes a build to its folder. */
  write(folder: string, compiled: Outputs): Build
  /** Writes a build, remembers it, and removes those that are too old to be in use. */
  save(folder: string, compiled: Outputs): Build
}

type Outputs = Compiled & { readonly kind: 'compiled' }

/** What is remembered of a build; it holds for as long as all of it is still so. */
interface Manifest {
  readonly maker: string
  readonly topology: string
  readonly folder: string
  readonly entries: Readonly<Record<string, string>>
  readonly inputs: Inputs
  readonly lookups: Lookups
  /** The bytes of each file in the folder: one may be cut or gone. */
  readonly sizes: Readonly<Record<string, number>>
  /** Where the topology finds the packages that attak lends to those who lack them. */
  readonly packages: Readonly<Record<string, string | null>>
}

const REPLACED_MS = 60 * 60 * 1000
const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000

/** Makes a temporary folder; whoever gives it removes the folder. */
export type MakeFolder = () => string

/**
 * Opens the builds of the topology `file`: in `node_modules/.cache/attak`, or in the user's own cache folder when the
 * project has no node_modules, or, when neither can be written, in a temporary folder that is used once.
 */
export function openBuildCache(file: string, temporaryFolder: MakeFolder): BuildCache {
  const prefix = `${basename(file)}-${shortHash(file)}`
  return {
    async load() {
      for (const root of rootsFor(file)) {
        const build = await loadBuild(file, root, join(root, `${prefix}.json`)).catch(ignoreRefusal)
        if (build !== undefined) return build
      }
      return undefined
    },
    newFolder() {
      for (const root of rootsFor(file)) {
        try {
          mkdirSync(root, { recursive: true, mode: 0o700 })
          return mkdtempSync(join(root, `${prefix}-`))
        } catch (error) {
          // It cannot be written: the next one may be.
          ignoreRefusal(error)
        }
      }
      return mkdtempSync(join(temporaryFolder(), `${prefix}-`))
    },
    write: (folder, compiled) => writeBuild(file, folder, compiled).build,
    save(folder, compiled) {
      const { build, manifest } = writeBuild(file, folder, compiled)
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

/** What cannot be kept is built again; any other error is a bug. */
function ignoreRefusal(error: unknown): undefined {
  if (errorOfSystem(error) === undefined) throw error
}

function remember(manifest: Manifest, folder: string, manifestFile: string): void {
  markReplaced(manifestFile, folder)
  writeFileSync(`${folder}.json`, JSON.stringify(manifest))
  if (isFolder(manifestFile)) rmSync(manifestFile, { recursive: true })
  renameSync(`${folder}.json`, manifestFile)
}

function rootsFor(file: string): string[] {
  const modules = nearestModules(dirname(file))
  const home = homeFolder()
  return [...(modules ? [join(modules, '.cache/attak')] : []), ...(home ? [join(home, '.cache/attak')] : [])]
}

/** Undefined where the user has none: HOME is empty, or unset for a user that the system does not know. */
function homeFolder(): string | undefined {
  try {
    const home = homedir()
    return isAbsolute(home) ? home : undefined
  } catch {
    return undefined
  }
}

function nearestModules(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules')
    if (isFolder(candidate)) return candidate
    if (at === dirname(at)) return undefined
  }
}

async function loadBuild(file: string, root: string, manifestFile: string): Promise<Build | undefined> {
  const manifest = readManifest(manifestFile)
  if (manifest === undefined || manifest.maker !== maker() || manifest.topology !== file) return undefined
  const lent = lentTo(file)
  if (LENT_PACKAGES.some((name) => manifest.packages[name] !== lent[name])) return undefined
  const isWhole = Object.entries(manifest.sizes).every(([name, bytes]) => {
    return statSync(join(root, manifest.folder, name), { throwIfNoEntry: false })?.size === bytes
  })
  if (!isWhole || !leadThere(manifest.lookups)) return undefined
  return (await areSame(manifest.inputs)) ? buildOf(manifest, root) : undefined
}

function readManifest(manifestFile: string): Manifest | undefined {
  if (!isFile(manifestFile)) return undefined
  const parsed = readJsonFile(manifestFile)
  return parsed.kind === 'value' && isManifest(parsed.value) ? parsed.value : undefined
}

/** A disk that was full, or another program, may have left anything. */
function isManifest(value: unknown): value is Manifest {
  const { maker, topology, folder, entries, inputs, lookups, sizes, packages } = fieldsOf(value) ?? {}
  const isText = (field: unknown) => typeof field === 'string'
  const isInput = (input: unknown) => input === null || isText(fieldsOf(input)?.digest)
  const isLent = (found: unknown) => found === null || isText(found)
  const has = (record: unknown, is: (field: unknown) => boolean) =>
    fieldsOf(record) !== undefined && Object.values(record as object).every(is)
  const areTold = has(lookups, isLent) && has(packages, isLent) && has(sizes, (bytes) => typeof bytes === 'number')
  return [maker, topology, folder].every(isText) && has(entries, isText) && has(inputs, isInput) && areTold
}

function writeBuild(file: string, folder: string, { outputs, entries, inputs, lookups }: Outputs) {
  for (const { path, contents } of outputs) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  const manifest: Manifest = {
    maker: maker(),
    topology: file,
    folder: basename(folder),
    entries: Object.fromEntries(entries),
    inputs,
    lookups,
    sizes: Object.fromEntries(outputs.map(({ path, contents }) => [relative(folder, path), contents.byteLength])),
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

/** Gives the build that a new one replaces the age of that: {@link removeOld} goes by it. */
function markReplaced(manifestFile: string, fresh: string): void {
  const replaced = readManifest(manifestFile)?.folder
  if (replaced === undefined) return
  const path = join(dirname(fresh), basename(replaced))
  const { atime, mtime } = statSync(fresh)
  if (isFolder(path)) utimesSync(path, atime, mtime)
}

/** Replaced builds stay for an hour, since a process may still import parts of them; those of lost projects a month. */
function removeOld(root: string, prefix: string, kept: string): void {
  const { mtimeMs: nowMs } = statSync(kept)
  for (const name of readdirSync(root)) {
    const path = join(root, name)
    const ageMs = nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs)
    if (ageMs > (name.startsWith(prefix) ? REPLACED_MS : FORGOTTEN_MS)) rmSync(path, { recursive: true, force: true })
  }
}

/** Keeps topologies apart that share a cache (FNV-1a, 32 bits); a manifest names its own in full. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
