import { dirname } from 'node:path'
import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { Topology } from '../topology/topology.ts'
import type { Artifact, SizedPart } from './artifact.ts'
import { type CompiledUnit, compileUnits } from './compile.ts'
import { placeOf, readExtras } from './extras.ts'
import { bundleProblems } from './faults.ts'
import { foreseenProblems } from './foreseen.ts'
import { entrySource } from './generate.ts'
import { sizeProblems } from './limits.ts'
import { packArtifacts } from './pack.ts'
import { sizesOf } from './sizes.ts'
import { tryArtifacts } from './trial.ts'
import { clientProblems, indexProblems, type Unit, unitsOf } from './units.ts'
import { codeWarnings } from './warnings.ts'
import type { ArtifactFiles } from './zip.ts'

/** The project to bundle. */
export interface BundleOptions {
  /** The topology's file, absolute. */
  readonly file: string
  readonly topology: Topology
  readonly graph: Graph
  /** The file of each processor that is a module, absolute, by its name. All others are parts of the topology's module. */
  readonly modules: ReadonlyMap<string, string>
  /** The deployer's environment: what `environment` names is taken from it when an artifact with that module is tried. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder in `src/hosts` of what runs the artifacts: `lambda`. */
  readonly host: string
  /** The project has OpenTelemetry: functions make spans. */
  readonly telemetry?: boolean
  /** Makes the folder in which an artifact is tried, and removes it if the process ends meanwhile. Default: one that may stay. */
  readonly temporaryFolder?: () => string
}

/** A project's artifacts, or the problems that prevent them. */
export interface BundledProject {
  /** By processor; several may have the very same artifact. Empty when a problem is an error. */
  readonly artifacts: ReadonlyMap<string, Artifact>
  /** All of them at once; with warnings. */
  readonly problems: readonly Problem[]
}

/**
 * Makes the artifacts of all processors of a loaded project. Those that hold code of the topology's module are loaded once
 * before they are given out, in a process with nothing but the declared environment.
 */
export async function bundleProject(options: BundleOptions): Promise<BundledProject> {
  const { file, graph, host, telemetry = false } = options
  const dir = dirname(file)
  const units = unitsOf(options).map((unit) => ({ ...unit, source: entrySource(unit, graph, { host, telemetry }) }))
  const missing = clientProblems(units, dir)
  if (missing.length > 0) return refuse(missing)
  const [compiled, extras] = await Promise.all([compileUnits(units, dir), readExtras(units, dir)])
  const indexed = indexProblems(graph)
  if (compiled.kind === 'failed' || extras.problems.length > 0) {
    const faults = compiled.kind === 'failed' ? compiled.faults : []
    return refuse([...indexed, ...bundleProblems(faults, dir), ...(await foreseenProblems(units, faults, dir))])
  }
  if (indexed.length > 0) return refuse(indexed)
  const filled = units.map((unit) => fill(unit, compiled.units.get(unit.id)!, extras.files.get(unit)!))
  const clashes = filled.flatMap((unit) => unit.clashes)
  if (clashes.length > 0) return refuse(clashes)
  const [artifacts, failures, warnings] = await Promise.all([
    packArtifacts(filled.map(({ unit, files, sizes }) => ({ processors: unit.processors, files, sizes }))),
    tryAll(filled, options),
    codeWarnings(
      filled.map(({ unit, code }) => ({ unit, code, extra: async () => extras.files.get(unit)!.keys() })),
      graph,
      dir,
    ),
  ])
  const failed = [...failures, ...artifacts.flatMap((artifact) => sizeProblems(artifact))]
  if (failed.length > 0) return refuse([...failed, ...warnings])
  const byProcessor = artifacts.flatMap((artifact) => artifact.processors.map((name) => [name, artifact] as const))
  return { artifacts: new Map(byProcessor), problems: warnings }
}

/**
 * Returns the problems that prevent artifacts of the processors' code, and the files that are missing; makes no
 * artifacts.
 */
export async function codeProblems(options: BundleOptions): Promise<readonly Problem[]> {
  const { file, graph, host, telemetry = false } = options
  const units = unitsOf(options).map((unit) => ({ ...unit, source: entrySource(unit, graph, { host, telemetry }) }))
  const dir = dirname(file)
  const missing = clientProblems(units, dir)
  if (missing.length > 0) return missing
  const [compiled, extras] = await Promise.all([compileUnits(units, dir), readExtras(units, dir)])
  if (compiled.kind === 'failed')
    return [...bundleProblems(compiled.faults, dir), ...(await foreseenProblems(units, compiled.faults, dir))]
  const extra = (unit: Unit) => async () => extras.files.get(unit)!.keys()
  const checked = units.map((unit) => ({ unit, code: compiled.units.get(unit.id)!, extra: extra(unit) }))
  return [...extras.problems, ...(await codeWarnings(checked, graph, dir))]
}

function refuse(problems: readonly Problem[]): BundledProject {
  return { artifacts: new Map(), problems }
}

/** A unit with all that goes into its artifact. */
interface FilledUnit {
  readonly unit: Unit
  readonly code: CompiledUnit
  readonly files: ArtifactFiles
  readonly sizes: readonly SizedPart[]
  readonly clashes: readonly Problem[]
}

/** The manifest of a package of which nothing else is in an artifact, and every path of which is closed. */
const CLOSED = Buffer.from('{"exports":{}}')

function fill(unit: Unit, code: CompiledUnit, extra: ArtifactFiles): FilledUnit {
  const files = new Map(extra)
  const clashes: Problem[] = []
  for (const [path, contents] of code.files) {
    if (files.has(path) && !code.inPlace.has(path)) clashes.push(clashOf(unit, path))
    // If the lines of the topology shift, the maps of all its processors change, but not their code.
    const unhashed = unit.module === undefined && path.endsWith('.map')
    files.set(path, { contents, executable: false, ...(unhashed && { unhashed }) })
  }
  // Makes Node throw the same error there as here; a package that is shipped as it is does so itself.
  for (const name of code.closed) {
    const manifest = `node_modules/${name}/package.json`
    if (!files.has(manifest)) files.set(manifest, { contents: CLOSED, executable: false })
  }
  return { unit, code, files, sizes: [...code.sizes, ...sizesOf(extra)], clashes }
}

function clashOf(unit: Unit, path: string): Problem {
  const what = `include has ${path}, a name that attak uses for the bundled code`
  const remedy = 'Move the file into a folder, or give it another name.'
  return { code: 'INCLUDE_REFUSED', severity: 'error', where: placeOf([unit]), what, remedy }
}

async function tryAll(units: readonly FilledUnit[], options: BundleOptions): Promise<readonly Problem[]> {
  const tried = units.filter(({ unit }) => unit.topology !== undefined)
  const processorOf = ({ processors }: Unit) => options.graph.processors.find(({ name }) => name === processors[0])!
  return tryArtifacts(
    tried.map(({ unit, files }) => ({ processor: processorOf(unit), files })),
    options,
  )
}
