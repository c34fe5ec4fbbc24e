import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sizeProblems } from '../bundle/variables.ts'
import { type AttakError, errorOf, nearest, type Problem } from '../errors.ts'
import type { Graph, GraphProcessor } from '../graph/graph.ts'
import { sharedVariables, variablesOf } from '../graph/variables.ts'
import { loadEnvironment } from '../project/environment.ts'
import { findTopology } from '../project/find.ts'
import { findHandlers, modulesOf } from '../project/handlers.ts'
import { buildGraph, parseTopology } from '../project/parse.ts'
import { inspectProject } from '../project/project.ts'
import { cleanStack } from '../project/stack.ts'
import { hasTelemetry } from '../project/telemetry.ts'
import { temporaryFolders } from '../project/temporary.ts'
import { lendVariables, ownVariables, type Variables } from '../runtime/environment.ts'
import type { LoadedProcessor } from '../runtime/invocation.ts'
import type { TopologyDefinition } from '../topology/definition.ts'
import type { Handler } from '../topology/handler.ts'

/** What a test runs: a graph and its handlers. */
export interface Subject {
  readonly graph: Graph
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  /** The folder that paths in stacks are relative to. */
  readonly dir: string
  /** Restores what it changed in the process. */
  close?(): void
  /** Sets the variables that its handlers read, until the returned function is called: another subject may have set its own. */
  lend?(): () => void
  /** The variables that it sets for its handlers; in artifacts, those of each processor: `LEVEL of "bill"`. */
  readonly variables?: Readonly<Record<string, string>>
}

/** How to load a {@link Subject}. */
export interface SubjectOptions {
  readonly stage: string
  /** Whether to run what a deploy would upload: see `TestDriverOptions`. */
  readonly built: boolean
  /** Functions of the test that run instead of processors' handlers, by name. */
  readonly replace: Readonly<Record<string, Handler | undefined>>
}

/**
 * Loads the topology of a file or folder, relative to the current folder, or checks one that is given as a value. Sets the
 * variables of the project's `.env` until the subject is closed. Throws one AttakError with all problems, also those of
 * `replace`.
 */
export async function loadSubject(
  topology: string | URL | TopologyDefinition,
  options: SubjectOptions,
): Promise<Subject> {
  const isPath = typeof topology === 'string' || topology instanceof URL
  if (!isPath) return settle(inspectValue(topology, options), options)
  const { file } = findTopology(topology instanceof URL ? fileURLToPath(topology) : topology, resolve())
  const { added, variables } = await loadEnvironment(file, ownVariables(globalThis.process))
  const lendAdded = () => lendVariables(globalThis.process, added)
  const giveBack = lendAdded()
  try {
    const subject = settle(await inspectPath(file, variables, options), options)
    const close = () => {
      subject.close?.()
      giveBack()
    }
    const lend = () => inTurn(lendAdded(), subject.lend?.())
    return { ...subject, close, lend, variables: { ...added, ...subject.variables } }
  } catch (error) {
    giveBack()
    throw error
  }
}

function inTurn(...calls: readonly ((() => void) | undefined)[]): () => void {
  return () => {
    for (const call of calls) call?.()
  }
}

function settle({ subject, problems }: Inspected, { replace }: SubjectOptions): Subject {
  const all = [...problems, ...(subject === undefined ? [] : problemsOf(subject.graph, replace))]
  if (subject === undefined || all.some(({ severity }) => severity === 'error')) {
    subject?.close?.()
    throw errorOf(all)
  }
  if (subject.close !== undefined) return replaceHandlers(subject, replace)
  const variables = sharedVariables(subject.graph)
  const lend = () => lendVariables(globalThis.process, variables)
  return replaceHandlers({ ...subject, close: lend(), lend, variables }, replace)
}

/** The folder for temporary files of all drivers of a process. */
const temporaryFolder = temporaryFolders(globalThis.process)

interface Inspected {
  readonly subject: Subject | undefined
  readonly problems: readonly Problem[]
}

async function inspectPath(file: string, env: Variables, { stage, built }: SubjectOptions): Promise<Inspected> {
  const { project, problems } = await inspectProject(file, {
    ...{ cwd: resolve(), stage, topologyOnly: built, temporaryFolder },
    lend: (variables) => lendVariables(globalThis.process, variables),
  })
  if (project === undefined) return { subject: undefined, problems }
  if (!built) return { subject: project, problems }
  const { loadBuilt } = await import('../bundle/built.ts')
  const { topology, graph, dir } = project
  const modules = modulesOf(topology.processors, dir)
  const telemetry = hasTelemetry(dir)
  const stackOf = (error: unknown) => cleanStack(error, resolve())
  const { processors, close, lend } = await loadBuilt(
    { file: project.file, topology, graph, modules, env, telemetry, temporaryFolder, stackOf, host: 'lambda' },
    globalThis.process,
  )
  const variables = Object.assign({}, ...graph.processors.map((processor) => namedVariables(processor, env)))
  return { subject: { graph, processors, dir, close, lend, variables }, problems }
}

/** The variables of an artifact are those of its processor. */
function namedVariables(processor: GraphProcessor, env: Variables): Readonly<Record<string, string>> {
  const own = Object.entries(variablesOf(processor, env))
  return Object.fromEntries(own.map(([name, value]) => [`${name} of "${processor.name}"`, value]))
}

function inspectValue(value: TopologyDefinition, { stage, built, replace }: SubjectOptions): Inspected {
  if (built) return { subject: undefined, problems: [notBuilt()] }
  const { topology, processors: parsed, problems } = parseTopology(value, { file: 'topology', modulesIn: () => [] })
  const hasHandler = (name: string) => typeof replace[name] === 'function'
  const inModules = parsed.filter(({ name, source }) => source.kind === 'module' && !hasHandler(name))
  const all = [...problems.map(sayHowToFind), ...inModules.map(({ name }) => notByValue(`processors.${name}`))]
  if (topology === undefined || inModules.length > 0) return { subject: undefined, problems: all }
  const inline = topology.processors.filter(({ source }) => source.kind === 'inline')
  const { processors } = findHandlers(inline, new Map(), { dir: '', cwd: '' })
  return { subject: { graph: buildGraph(topology, { stage }), processors, dir: resolve() }, problems: all }
}

/** Replaces the problem of an empty folder: without a file, the folder of a path is unknown. */
function sayHowToFind(problem: Problem): Problem {
  return problem.code === 'TOPOLOGY_EMPTY_FOLDER' ? notByValue(problem.where) : problem
}

function notByValue(where: string): Problem {
  return {
    code: 'PROCESSOR_NOT_FOUND',
    severity: 'error',
    where,
    what: 'is a path, but a topology that is passed as a value has no folder to find it in',
    remedy: "Give createTestDriver the path of the topology's file instead.",
  }
}

function notBuilt(): Problem {
  const what = 'needs the file of the topology, but the topology was passed as a value'
  const remedy = "Give createTestDriver the path of the topology's file instead."
  return { code: 'USAGE', severity: 'error', where: 'built', what, remedy }
}

function problemsOf(graph: Graph, replace: SubjectOptions['replace']): readonly Problem[] {
  return [...misreplaced(graph, replace), ...sizeProblems(graph, globalThis.process.env)]
}

function misreplaced({ processors }: Graph, replace: SubjectOptions['replace']): Problem[] {
  const names = processors.map(({ name }) => name)
  return Object.entries(replace).flatMap(([name, handler]) => {
    const where = `replace.${name}`
    if (!names.includes(name)) return [unknownIn(where, name, names)]
    if (typeof handler === 'function' || handler === undefined) return []
    const what = `must be a function; got ${handler === null ? 'null' : typeof handler}`
    const remedy = 'Give a handler: (event, context) => …'
    return [{ code: 'TOPOLOGY_INVALID', severity: 'error', where, what, remedy }]
  })
}

function unknownIn(where: string, name: string, names: readonly string[]): Problem {
  const near = nearest(name, names)
  const remedy = near === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${near}"?`
  const what = `no processor is named "${name}"`
  return { code: 'TOPOLOGY_UNKNOWN_PROCESSOR', severity: 'error', where, what, remedy }
}

/** Returns the error for a processor that does not exist. */
export function unknownProcessorError(name: string, { processors }: Graph): AttakError {
  const names = processors.map((processor) => processor.name)
  return errorOf([unknownIn('driver.processor', name, names)])
}

/** Whatever the topology says of how a handler settles was said of the one that is replaced. */
function replaceHandlers({ graph, processors, ...more }: Subject, replace: SubjectOptions['replace']): Subject {
  const loaded = new Map(processors)
  for (const [name, handler] of Object.entries(replace)) {
    const input = processors.get(name)?.input
    if (handler !== undefined) loaded.set(name, { name, handler, ...(input && { input }) })
  }
  const specs = graph.processors.map((spec) => (replace[spec.name] ? { ...spec, callback: false } : spec))
  return { ...more, graph: { ...graph, processors: specs }, processors: loaded }
}
