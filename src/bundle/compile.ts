import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { BuildFailure } from 'esbuild'
import { withoutFaultsOfAwait } from '../code/await.ts'
import { discover, INDEX } from '../code/discover.ts'
import { layOut } from '../code/layout.ts'
import { type Link, linkKey } from '../code/link.ts'
import { packageOf } from '../code/packages.ts'
import { REQUIRE_FILE, REQUIRE_TEXT } from '../code/require.ts'
import { rewriteImports } from '../code/rewrite.ts'
import { asUrl, type LaidModule, type LayoutOptions } from '../code/write.ts'
import { TELEMETRY_PACKAGE } from '../runtime/spans.ts'
import type { SizedPart } from './artifact.ts'
import { type BuildSettings, type Built, buildCommonJs, buildOwn } from './builds.ts'
import { linkIn } from './links.ts'
import { buildModules } from './modules.ts'
import { isOwn } from './own-files.ts'
import { openParts } from './parts.ts'
import { CODE_FILE, OWN_FILE, PACKAGES, packageAt, placeOf, stubName, stubOf } from './places.ts'
import { type KnownProject, reach, rootsOf } from './reach.ts'
import { type Refusal, refusalsIn } from './refusals.ts'
import type { SourceUnit } from './units.ts'

/** The code of one artifact. */
export interface CompiledUnit {
  /** By their paths in the artifact. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** The parts of the code. */
  readonly sizes: readonly SizedPart[]
  /** Those of the paths where users' own files have what becomes of them; including those files changes nothing. */
  readonly inPlace: ReadonlySet<string>
  /** The users' own modules that it holds, by their sources, absolute. */
  readonly local: ReadonlyMap<string, LaidModule>
  /** The files of packages that users' modules name, absolute. */
  readonly entries: readonly string[]
  /** The files of packages that it holds, absolute. */
  readonly packaged: readonly string[]
  /** Packages that do not export the imported paths: see `isClosed`. */
  readonly closed: readonly string[]
}

/** A problem and its place; files are relative to the topology's folder. */
export type BundleMessage = Refusal

/** One thing that does not bundle. */
export interface BundleFault {
  readonly message: BundleMessage
  /** The units that it prevents from being bundled. */
  readonly units: readonly SourceUnit[]
}

/** The result of compiling: code by the id of the unit, or all faults. */
export type CompiledUnits =
  | { readonly kind: 'compiled'; readonly units: ReadonlyMap<string, CompiledUnit> }
  | { readonly kind: 'failed'; readonly faults: readonly BundleFault[] }

/** Names in the folder of an artifact that are not for users' modules. */
const RESERVED = [CODE_FILE, OWN_FILE, REQUIRE_FILE]

/**
 * Compiles the code of artifacts, so that the bytes of each depend only on its sources. Users' modules are separate
 * files, so that Node decides in which order and how often they run. Packages are built once for all artifacts with the
 * same imports of them, in separate files: each ES module alone, and CommonJS together.
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
    const key = JSON.stringify([unit.target, unit.external, hasMore(unit)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [unit])
    else group.push(unit)
  }
  return groups.values()
}

/** An artifact with files beside its code may load them by names that are only known when it runs. */
function hasMore({ external, include }: SourceUnit): boolean {
  return external.length + include.length > 0
}

async function compileGroup(units: readonly SourceUnit[], dir: string): Promise<ReadonlyMap<string, CompiledUnit>> {
  const { target, external } = units[0]!
  const settings = { dir, target, external }
  const read = readerOf(units)
  const discovered = await discover({
    entries: [...new Set(units.flatMap(rootsOf))],
    also: units.some(({ source }) => source.includes(TELEMETRY_PACKAGE)) ? [TELEMETRY_PACKAGE] : [],
    dir,
    read,
    link: linkIn(settings),
  })
  const { links } = discovered
  const data = [...links.values()]
    .flatMap((own) => [...own.values()])
    .flatMap((link) => (link.to === 'local' ? [link.file] : []))
  const files = [...new Set([...links.keys(), ...data])].filter((file) => file !== join(dir, INDEX))
  const packages = packageAt(dir)
  const layout: LayoutOptions = { dir, target, read, reserved: RESERVED, packageAt: packages, placeOf }
  const laid = await layOut(files, discovered, layout)
  const refusals = refusalsIn(laid, discovered, { dir, hasMore: hasMore(units[0]!), read })
  const refused = refusals.length === 0 ? [] : [Object.assign(new Error(refusals[0]!.text), { errors: refusals })]
  const project = { settings, discovered, laid, names: new Map(), builds: openBuilds(settings) }
  const part = units.find(({ topology }) => topology !== undefined)
  const parts = part && (await openParts({ file: part.topology!, names: part.names, layout }, project))
  const compiled = units.map(async (unit) => {
    const own = unit.topology === undefined ? project : await parts!.projectFor(project, unit.processors[0]!)
    return [unit.id, await compileUnit(unit, own)] as const
  })
  const [made] = await allOrFaults([Promise.all(compiled), ...refused.map((error) => Promise.reject(error))])
  return new Map(made)
}

/** Reads files, and those that are written for units. */
function readerOf(units: readonly SourceUnit[]): (file: string) => Uint8Array {
  const texts = new Map(
    units.flatMap(({ module, moduleText }) => (moduleText === undefined ? [] : [[module, moduleText]])),
  )
  return (file) => {
    const text = texts.get(file)
    return text === undefined ? readFileSync(file) : Buffer.from(text)
  }
}

async function compileUnit(
  unit: SourceUnit,
  project: KnownProject & { readonly builds: ReturnType<typeof openBuilds> },
): Promise<CompiledUnit> {
  const { settings, discovered, laid, builds } = project
  const index = rewriteImports(unit.source, {
    writtenFor(specifier) {
      if (specifier.startsWith('attak:')) return { specifier: `./${OWN_FILE}` }
      const module = laid.get(specifier)
      if (module !== undefined) return { specifier: `./${asUrl(module.at)}` }
      const link = discovered.links.get(join(settings.dir, INDEX))!.get(linkKey(specifier, 'import'))
      return link?.to === 'package' ? packageAt(settings.dir)(link.file, 'import', CODE_FILE) : undefined
    },
    computed: new Map(),
    meta: undefined,
  })
  const reached = reach(unit, project, index)
  const modules = [...reached.wanted].filter(([file]) => !isOwn(file))
  const ownNames = [...reached.wanted].filter(([file]) => isOwn(file))
  const asModules = builds.modules(new Map(modules))
  const old = asModules
    .catch(() => ({ commonJs: new Set<string>() }))
    .then(({ commonJs }) => builds.commonJs([...new Set([...reached.commonJs, ...commonJs])].sort()))
  const [own, { built }, commonJs] = await allOrFaults([
    builds.own(ownSource(unit.source, ownNames)),
    asModules,
    old,
  ] as const)
  const stubs = [...reached.commonJs].map((file) => [stubName(settings.dir, file), stubOf(settings.dir, file)] as const)
  const all = new Map(reached.local.map((file) => [file, laid.get(file)!]))
  const closed = reached.local.flatMap((file) => closedTo(discovered.links.get(file)))
  const code = assemble({ index, own, local: all, packages: [built, commonJs], stubs, closed })
  const local = new Map([...all].filter(([file]) => unit.moduleText === undefined || file !== unit.module))
  return { ...code, local, entries: [...modules.map(([file]) => file), ...reached.commonJs] }
}

/** Awaits all, and throws one failure with the faults of all that fail. */
async function allOrFaults<const Values extends readonly unknown[]>(
  made: {
    [Index in keyof Values]: Promise<Values[Index]>
  },
): Promise<Values> {
  const ended = await Promise.allSettled(made)
  const errors = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const other = errors.find((error) => !isBuildFailure(error))
  if (other !== undefined) throw other
  if (errors.length > 1)
    throw Object.assign(new Error(errors[0].message), { errors: errors.flatMap((error) => error.errors) })
  if (errors.length > 0) throw errors[0]
  return Promise.all(made) as unknown as Promise<Values>
}

/** The packages that do not export the paths that a module imports. */
function closedTo(links: ReadonlyMap<string, Link> = new Map()): string[] {
  return [...links.values()].flatMap((link) =>
    link.to === 'stays' && link.isClosed ? [packageOf(link.specifier)] : [],
  )
}

/** Returns the imports of attak in a unit: by its generated module, and by users' modules. */
function ownSource(source: string, wanted: readonly (readonly [string, ReadonlySet<string>])[]): string {
  const generated = [...source.matchAll(/^import (\{[^}]*\} from 'attak:[^']*')/gm)].map(
    ([, names]) => `export ${names}`,
  )
  const own = wanted.map(([file, names]) => {
    const from = JSON.stringify(file)
    return names.has('*') ? `export * from ${from}` : `export { ${[...names].sort().join(', ')} } from ${from}`
  })
  return [...generated, ...own].join('\n')
}

/** Builds what several units have in common once. */
function openBuilds(settings: BuildSettings) {
  const known = new Map<string, Promise<unknown>>()
  const once = <Value>(key: unknown, make: () => Promise<Value>): Promise<Value> => {
    const text = JSON.stringify(key)
    if (!known.has(text)) known.set(text, make())
    return known.get(text) as Promise<Value>
  }
  return {
    own: (source: string) => once(['own', source], () => buildOwn(source, settings)),
    modules: (wanted: ReadonlyMap<string, ReadonlySet<string>>) =>
      once(['modules', [...wanted].map(([file, names]) => [file, [...names].sort()])], async () => {
        const commonJs = new Set<string>()
        const built = await buildModules(wanted, settings, commonJs)
        return { built, commonJs }
      }),
    commonJs: (files: readonly string[]) => once(['commonjs', files], () => buildCommonJs(files, settings)),
  }
}

interface Parts {
  readonly index: string
  readonly own: Built
  readonly local: ReadonlyMap<string, LaidModule>
  readonly packages: readonly Built[]
  readonly stubs: readonly (readonly [string, Uint8Array])[]
  /** Packages that are closed to local modules. */
  readonly closed: readonly string[]
}

function assemble({ index, own, local, packages, stubs, closed: closedToLocal }: Parts): Omit<CompiledUnit, 'entries'> {
  const laid = [...local.values()]
  const files = new Map<string, Uint8Array>([[CODE_FILE, Buffer.from(index)], ...own.files])
  const sizes = new Map<string, number>()
  const count = (part: string, bytes: number) => sizes.set(part, (sizes.get(part) ?? 0) + bytes)
  for (const { at, text, map, beside } of laid) {
    const comment = map === undefined ? '' : `//# sourceMappingURL=${encodeURIComponent(posix.basename(at))}.map\n`
    files.set(at, Buffer.from(text + comment))
    count(map === undefined ? at : at.replace(/(?<=\.[cm]?[jt]sx?)\.[cm]js$/, ''), Buffer.byteLength(text))
    if (map !== undefined) files.set(`${at}.map`, Buffer.from(map))
    if (map !== undefined) count('source map', Buffer.byteLength(map))
    for (const one of beside) files.set(one.at, Buffer.from(one.text))
  }
  if (
    laid.some(({ text, beside }) => [text, ...beside.map((one) => one.text)].some((one) => one.includes(REQUIRE_FILE)))
  )
    files.set(REQUIRE_FILE, Buffer.from(REQUIRE_TEXT))
  for (const [name, contents] of [...packages.flatMap((built) => [...built.files]), ...stubs])
    files.set(`${PACKAGES}/${name}`, contents)
  count('attak', Buffer.byteLength(index))
  for (const built of [own, ...packages]) for (const [part, bytes] of built.sizes) count(part, bytes)
  const inPlace = new Set(laid.filter(({ moved }) => !moved).map(({ at }) => at))
  const packaged = packages.flatMap(({ sources }) => sources)
  const closed = [...new Set([...closedToLocal, ...packages.flatMap((built) => built.closed)])].sort()
  return { files, sizes: [...sizes].map(([part, bytes]) => ({ part, bytes })), inPlace, local, packaged, closed }
}

/** Builds each unit alone, because a build of several does not show which of them has the fault. */
async function faultsOf(units: readonly SourceUnit[], dir: string): Promise<readonly BundleFault[]> {
  const faults = new Map<string, { message: BundleMessage; units: SourceUnit[] }>()
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

async function messagesOf(unit: SourceUnit, dir: string): Promise<readonly BundleMessage[]> {
  try {
    await compileGroup([unit], dir)
    return []
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    return withoutFaultsOfAwait(error.errors)
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
