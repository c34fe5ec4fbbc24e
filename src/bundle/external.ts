import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Manifest, packageFolder, readManifest } from '../code/installed.ts'
import { remedyForUninstalled } from '../code/missing.ts'
import type { Problem } from '../errors.ts'
import type { Architecture } from '../topology/deployment.ts'
import { misfitIn } from './binaries.ts'
import { type FoundFiles, isExecutable } from './include.ts'
import { worksWithoutAddon } from './packages.ts'
import type { ArtifactFile } from './zip.ts'

/** A package that goes into an artifact. */
interface Placed {
  readonly name: string
  /** The folder where it is installed, links resolved. */
  readonly folder: string
  /** Its place in the artifact: `node_modules/sharp`. */
  readonly at: string
  readonly manifest: Manifest
}

/**
 * Finds the files of packages that are shipped as they are, with all they depend on, as Node will look for them: at the
 * top, or beneath the package that wants another version. Links are resolved. Packages for other platforms than Lambda's
 * stay out; one of which only those are installed is a problem.
 */
export function externalFiles(names: readonly string[], dir: string, architecture: Architecture): FoundFiles {
  const problems: Omit<Problem, 'where'>[] = []
  const placed = new Map<string, Placed>()
  const queue: Placed[] = []

  function place(name: string, from: Placed | undefined): Placed | undefined {
    const folder = packageFolder(from?.folder ?? dir, name)
    if (folder === undefined) return undefined
    const seen = placed.get(lookUp(name, from?.at ?? '', placed) ?? '')
    if (seen?.folder === folder) return seen
    const at = `${seen === undefined || from === undefined ? '' : `${from.at}/`}node_modules/${name}`
    const found = { name, folder, at, manifest: manifestIn(name, folder) }
    if (!runsOn(found.manifest, architecture)) return found
    placed.set(at, found)
    queue.push(found)
    return found
  }

  function manifestIn(name: string, folder: string): Manifest {
    const manifest = readManifest(folder)
    if (manifest === undefined) problems.push(brokenManifest(name, relative(dir, folder)))
    return manifest ?? EMPTY_MANIFEST
  }

  for (const name of names) {
    const found = place(name, undefined)
    if (found === undefined) problems.push(refusal(name, 'is not installed', remedyForUninstalled(name, dir)))
    else if (!placed.has(found.at)) problems.push(wrongPlatform(name, [found], architecture))
  }
  for (let package_ = queue.shift(); package_ !== undefined; package_ = queue.shift()) {
    problems.push(...placeDependencies(package_, place, placed, architecture))
  }
  const files = new Map<string, ArtifactFile>()
  for (const { name, folder, at } of placed.values()) {
    const own = new Map<string, ArtifactFile>()
    addFiles(own, folder, at)
    problems.push(...misfitsOf({ name, at }, own, architecture))
    for (const [path, file] of own) files.set(path, file)
  }
  return { files, problems }
}

function placeDependencies(
  from: Placed,
  place: (name: string, from: Placed) => Placed | undefined,
  placed: ReadonlyMap<string, Placed>,
  architecture: Architecture,
): Omit<Problem, 'where'>[] {
  const { dependencies, optionalDependencies, peerDependencies } = from.manifest
  const required = dependencies.filter((name) => !optionalDependencies.includes(name))
  const problems = required.flatMap((name) => {
    const found = place(name, from)
    if (found === undefined) return [refusal(name, `is not installed, and ${from.name} needs it`, 'Run npm install.')]
    return placed.has(found.at) ? [] : [wrongPlatform(from.name, [found], architecture)]
  })
  const others = optionalDependencies
    .flatMap((name) => place(name, from) ?? [])
    .filter(({ manifest }) => isBound(manifest))
  if (others.length > 0 && !others.some(({ at }) => placed.has(at))) {
    problems.push(wrongPlatform(from.name, others, architecture))
  }
  for (const name of peerDependencies) place(name, from)
  return problems
}

/** Where Node finds `name` from what lies at `at`, in the artifact so far. */
function lookUp(name: string, at: string, placed: ReadonlyMap<string, Placed>): string | undefined {
  for (let place = at; ; place = place.slice(0, Math.max(place.lastIndexOf('/node_modules/'), 0))) {
    const candidate = `${place === '' ? '' : `${place}/`}node_modules/${name}`
    if (placed.has(candidate)) return candidate
    if (place === '') return undefined
  }
}

/** Made for some platforms only. */
function isBound({ os, cpu }: Manifest): boolean {
  return os.length > 0 || cpu.length > 0
}

function runsOn({ os, cpu, libc }: Manifest, architecture: Architecture): boolean {
  return allows(os, 'linux') && allows(cpu, architecture) && allows(libc, 'glibc')
}

function allows(listed: readonly string[], wanted: string): boolean {
  if (listed.length === 0) return true
  if (listed.includes(`!${wanted}`)) return false
  return listed.includes(wanted) || listed.every((one) => one.startsWith('!'))
}

/** In a package that is linked from beside the project, too. */
const NEVER_MEANT: ReadonlySet<string> = new Set(['node_modules', '.git', '.attak'])

function addFiles(files: Map<string, ArtifactFile>, folder: string, at: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (NEVER_MEANT.has(name)) continue
    if (statSync(path).isDirectory()) addFiles(files, path, `${at}/${name}`)
    else files.set(`${at}/${name}`, { contents: readFileSync(path), executable: isExecutable(path) })
  }
}

/** The parts of a package are for other platforms. A part that is named in `external` itself is the only one. */
function wrongPlatform(name: string, parts: readonly Placed[], architecture: Architecture): Omit<Problem, 'where'> {
  const part = parts[0]!.name
  const what = `${part === name ? 'is' : `has ${part}, which is`} not for linux on ${architecture}, where functions run`
  const install =
    part === name ? 'Name the package that needs it in external instead' : installCommand(name, architecture)
  const runsOnOther = parts.some(({ manifest }) => runsOn(manifest, otherThan(architecture)))
  return refusal(name, what, install + (runsOnOther ? orSet(architecture) : ''))
}

function otherThan(architecture: Architecture): Architecture {
  return architecture === 'x64' ? 'arm64' : 'x64'
}

/** The other way out, for code that runs on the other architecture. */
function orSet(architecture: Architecture): string {
  return `, or set architecture: '${otherThan(architecture)}'`
}

function misfitsOf(
  { name, at }: Pick<Placed, 'name' | 'at'>,
  files: ReadonlyMap<string, ArtifactFile>,
  architecture: Architecture,
): Omit<Problem, 'where'>[] {
  const inside = [...files].map(([path, { contents }]) => [path.slice(at.length + 1), contents] as const)
  const misfit = misfitIn(new Map(inside), architecture)
  if (misfit === undefined) return []
  const scripts = [...files].filter(([path]) => /\.[cm]?js$/.test(path))
  if (scripts.some(([, { contents }]) => worksWithoutAddon(Buffer.from(contents).toString()))) return []
  if (misfit.platform === undefined) {
    const what = `has ${misfit.path}, which is damaged: it is empty, cut off, or not a native binary`
    return [refusal(name, what, `Remove the folder of the package first. ${installCommand(name, architecture)}`)]
  }
  const { os, cpus, libc } = misfit.platform
  const made = `${os} on ${cpus.join(' and ')}${libc === undefined ? '' : ` with ${libc}`}`
  const what = `has ${misfit.path}, which is for ${made}; the function needs linux on ${architecture} with glibc`
  const compiled = `If npm compiles the package, run it on Linux (${architecture}), for example in a container.`
  const runsOnOther = os === 'linux' && cpus.includes(otherThan(architecture)) && libc !== 'musl'
  const install = installCommand(name, architecture) + (runsOnOther ? orSet(architecture) : '')
  return [refusal(name, what, `${install}. ${compiled}`)]
}

const EMPTY_MANIFEST: Manifest = {
  ...{ dependencies: [], optionalDependencies: [], peerDependencies: [] },
  ...{ os: [], cpu: [], libc: [] },
}

/** Without a manifest it is unknown what the package needs. Node imports no module of a package whose package.json holds null. */
function brokenManifest(name: string, folder: string): Omit<Problem, 'where'> {
  const what = `has no valid package.json: ${folder}/package.json is not a JSON object`
  return refusal(name, what, `Remove the folder ${folder} and run npm install.`)
}

function installCommand(name: string, architecture: Architecture): string {
  return `Run npm install --os=linux --cpu=${architecture} --libc=glibc ${name}`
}

function refusal(name: string, what: string, remedy: string): Omit<Problem, 'where'> {
  return { code: 'EXTERNAL_REFUSED', severity: 'error', what: `external package "${name}" ${what}`, remedy }
}
