import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { AttakError, errorOf, type Problem } from '../errors.ts'
import { checkGraph } from '../graph/check.ts'
import type { Graph } from '../graph/graph.ts'
import { sharedVariables } from '../graph/variables.ts'
import type { LoadedProcessor } from '../runtime/invocation.ts'
import { SOURCES } from '../sources/table.ts'
import type { Parsed } from '../topology/parse.ts'
import type { Topology } from '../topology/topology.ts'
import type { MakeFolder } from './cache.ts'
import { type FoundTopology, findTopology, nameOfPackage, packageFolder } from './find.ts'
import { findHandlers, moduleOf } from './handlers.ts'
import { loadModules } from './load.ts'
import { filesFor, isFolder, modulesInFolder } from './modules.ts'
import { buildGraph, parseTopology } from './parse.ts'
import { loadProblems } from './problems.ts'
import { propertyFaults } from './receivers.ts'
import { cleanStackText } from './stack.ts'

/** A user's project, found and loaded. */
export interface Project {
  /** The topology's file, absolute. */
  readonly file: string
  /** Its folder: processor paths and inputs are relative to it. */
  readonly dir: string
  readonly topology: Topology
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  /** Problems of severity warning; errors are thrown, all at once. */
  readonly warnings: readonly Problem[]
  /** Every local file the project was loaded from, absolute: what `--watch` watches. */
  readonly files: readonly string[]
}

/** Sets variables for code of the project, until the returned function is called. */
export type LendVariables = (variables: Readonly<Record<string, string>>) => () => void

/** How to load a project. */
export interface ProjectOptions {
  readonly cwd: string
  readonly stage: string
  /** Load what this process has loaded before anew, and find every file that matters: for `--watch`. Default false. */
  readonly fresh?: boolean
  /**
   * Makes a folder for a build that cannot be cached, and removes it when the process ends. Default: one that stays.
   */
  readonly temporaryFolder?: MakeFolder
  /** Sets variables while the modules of processors are loaded: the values of `environment`. Default: none are set. */
  readonly lend?: LendVariables
  /** The topology, where it is not what `path` holds: a file that stands for it in messages. */
  readonly given?: GivenTopology
  /** Do not load the modules of processors: `processors` then holds those of the topology's module alone. Default false. */
  readonly topologyOnly?: boolean
}

/** A topology that was made of other files. */
export interface GivenTopology {
  readonly definition: unknown
  /** The folder of the project, absolute. */
  readonly dir: string
  /** The files that it was made of, absolute. */
  readonly files: readonly string[]
}

/** A project, absent when a problem is an error, with all that is wrong or odd. */
export interface InspectedProject {
  readonly project?: Project
  /** The name of the topology, where that much is known. */
  readonly name?: string
  readonly problems: readonly Problem[]
  /** Every local file that was read or looked into, absolute, also when loading failed: what `--watch` watches. */
  readonly files: readonly string[]
}

/**
 * Loads the project at `path` (a file or a folder; the current folder when undefined): its topology, the graph and
 * every handler. Throws one AttakError with all problems when any is an error.
 *
 * Stacks of built modules show lines of their sources if the process has source maps switched on beforehand. The owner
 * of the process does that (`process.setSourceMapsEnabled(true)`).
 */
export async function loadProject(path: string | undefined, options: ProjectOptions): Promise<Project> {
  const { project, problems } = await inspectProject(path, options)
  if (project === undefined) throw errorOf(problems)
  return project
}

/** Loads a project like {@link loadProject}, and returns its problems instead of throwing them. */
export async function inspectProject(path: string | undefined, options: ProjectOptions): Promise<InspectedProject> {
  if (options.given !== undefined) return inspectFile(resolve(options.cwd, path ?? '.'), options)
  const found = findFile(path, options.cwd)
  if (found instanceof AttakError) return { problems: found.problems, files: [] }
  return inspectFile(found.file, options)
}

function findFile(path: string | undefined, cwd: string): FoundTopology | AttakError {
  try {
    return findTopology(path, cwd)
  } catch (error) {
    if (error instanceof AttakError) return error
    throw error
  }
}

async function inspectFile(
  file: string,
  {
    cwd,
    stage,
    fresh = false,
    temporaryFolder = makeTemporaryFolder,
    lend,
    topologyOnly = false,
    given,
  }: ProjectOptions,
): Promise<InspectedProject> {
  const dir = given?.dir ?? dirname(file)
  const name = relative(cwd, file)
  let parsed: Parsed = { processors: [], problems: [] }
  let giveBack: (() => void) | undefined
  const modulesOf = (exported: unknown) => {
    parsed = parseTopology(exported, {
      file: name,
      nameOfPackage: () => nameOfPackage(file),
      modulesIn: (folder) => modulesIn(resolve(dir, folder)) ?? modulesIn(resolve(packageFolder(file), folder)),
    })
    giveBack?.()
    giveBack = parsed.topology && lend?.(sharedVariables(buildGraph(parsed.topology, { stage })))
    return topologyOnly ? [] : parsed.processors.flatMap((processor) => moduleOf(processor, dir) ?? [])
  }
  const processorsOf = (module: string) =>
    parsed.processors.filter((processor) => moduleOf(processor, dir) === module).map((processor) => processor.name)
  const options = { file, modulesOf, processorsOf, fresh, temporaryFolder, ...(given && { given: given.definition }) }
  const modules = await loadModules(options).finally(() => giveBack?.())
  const broken = loadProblems(modules.topology, { code: 'TOPOLOGY_LOAD_FAILED', where: name, file, cwd })
  // A module that is not there is a problem all the same.
  const loaded = parsed.processors.filter((one) => !topologyOnly || moduleOf(one, dir) === undefined)
  const { processors, problems: handlerProblems } = findHandlers(loaded, modules.processors, { dir, cwd })
  const graph = parsed.topology && buildGraph(parsed.topology, { stage })
  const checked = graph ? [...checkGraph(graph), ...(await sourceProblems(graph, name))] : []
  const properties = await propertyFaults(parsed.processors)
  const problems = [...broken, ...parsed.problems, ...handlerProblems, ...properties, ...checked].map((problem) =>
    problem.stack === undefined ? problem : { ...problem, stack: cleanStackText(problem.stack, cwd) },
  )
  const files = [...modules.files, ...missingModules(parsed.processors, dir), ...(given?.files ?? [])]
  if (parsed.topology === undefined || graph === undefined || problems.some(({ severity }) => severity === 'error')) {
    return { ...(parsed.name !== undefined && { name: parsed.name }), problems, files }
  }
  const project = { file, dir, topology: parsed.topology, graph, processors, warnings: problems, files }
  return { project: Object.freeze(project), name: graph.name, problems, files }
}

/** What is wrong with sources that only their own code can see. */
async function sourceProblems({ sources = [] }: Graph, file: string): Promise<readonly Problem[]> {
  const types = [...new Set(sources.map(({ type }) => type))]
  const found = await Promise.all(types.map((type) => SOURCES[type].check(sources.filter((one) => one.type === type))))
  return found.flat().map(({ source, setting, what }) => ({
    ...{ code: 'TOPOLOGY_INVALID', severity: 'error', where: `sources.${source}.${setting}` },
    ...{ what: `${setting} ${what} (${file})`, remedy: 'Correct it.' },
  }))
}

/** The files that would be the modules of processors which have none yet. */
function missingModules(processors: Parsed['processors'], dir: string): readonly string[] {
  return processors
    .filter((processor) => moduleOf(processor, dir) === undefined)
    .flatMap(({ source }) => {
      const path = source.kind === 'module' ? source.path : source.kind === 'receiver' ? source.module : undefined
      return path === undefined ? [] : filesFor(resolve(dir, path))
    })
    .filter((file) => !isFolder(file))
}

function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'attak-'))
}

function modulesIn(folder: string): readonly string[] | undefined {
  return isFolder(folder) ? modulesInFolder(folder) : undefined
}
