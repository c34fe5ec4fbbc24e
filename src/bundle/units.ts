import { dirname, join } from 'node:path'
import { packageFolder } from '../code/installed.ts'
import { isInPackages } from '../code/packages.ts'
import type { Problem } from '../errors.ts'
import type { Graph, GraphProcessor } from '../graph/graph.ts'
import { ownReceiver, RECEIVERS } from '../receivers/table.ts'
import type { Architecture } from '../topology/deployment.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Topology, TopologyProcessor } from '../topology/topology.ts'

/** The content of one artifact. */
export interface Unit {
  /** Unlike every other's, and no path. */
  readonly id: string
  readonly processors: readonly string[]
  /** The file with the processor's code, if that is separate from the topology. */
  readonly module?: string
  /** The text of that file, if it is on no disk. */
  readonly moduleText?: string
  /** Present if the processor is a receiver. */
  readonly receiver?: BundledReceiver
  /** The topology's module, when code or schemas are part of it. */
  readonly topology?: string
  /** All processors, in the order of the topology. */
  readonly names: readonly string[]
  /** The oldest Node that will run it: `node22`. */
  readonly target: string
  readonly architecture: Architecture
  readonly external: readonly string[]
  readonly include: readonly string[]
}

/** A receiver, as its artifact has it. */
export interface BundledReceiver {
  readonly module: string
  readonly properties: Readonly<Record<string, unknown>>
  /** The name of one of attak's own. */
  readonly own?: string
  /** The package of its client. */
  readonly client?: string
}

/** A unit and the module it starts with. */
export interface SourceUnit extends Unit {
  readonly source: string
}

/** The properties of a project that {@link unitsOf} needs. */
export interface UnitOptions {
  readonly file: string
  readonly topology: Topology
  readonly graph: Graph
  readonly modules: ReadonlyMap<string, string>
}

/**
 * Returns the artifacts to make, one for each processor. A processor that is part of the topology's module gets what it
 * needs of that module. Processors with separate files come first; otherwise in the order of the topology.
 */
export function unitsOf({ file, topology, graph, modules }: UnitOptions): readonly Unit[] {
  const names = topology.processors.map(({ name }) => name)
  const withSchema = new Set(topology.processors.filter(({ input }) => input !== undefined).map(({ name }) => name))
  const receivers = new Map(topology.processors.map((one) => [one.name, receiverIn(one, { file, modules })]))
  const alone = graph.processors.flatMap((processor) => {
    const receiver = receivers.get(processor.name)
    const module = receiver?.module ?? modules.get(processor.name)
    if (module === undefined) return []
    return {
      id: processor.name,
      module,
      names,
      ...receiver,
      ...(withSchema.has(processor.name) && { topology: file }),
      ...together([processor]),
    }
  })
  const inline = graph.processors.filter(({ name }) => !modules.has(name) && receivers.get(name) === undefined)
  const architectures = [...new Set(inline.map(({ architecture }) => architecture))]
  const parts = architectures.flatMap((architecture) => {
    const alike = inline.filter((processor) => processor.architecture === architecture)
    return alike.map(({ name }) => ({
      id: `--part-${name}`,
      topology: file,
      names,
      ...together(alike),
      processors: [name],
    }))
  })
  return [...alone, ...parts]
}

/**
 * Returns what the unit of a receiver has besides: where its factory is. What attak or a package has is imported by a module that
 * is written here, in the folder of the topology, from where packages are found.
 */
function receiverIn(
  { name, source }: TopologyProcessor,
  { file, modules }: Pick<UnitOptions, 'file' | 'modules'>,
): Pick<Unit, 'module' | 'moduleText' | 'receiver'> | undefined {
  if (source.kind !== 'receiver') return undefined
  const { module, properties } = source
  const found = modules.get(name)
  const written = join(dirname(file), `attak-receiver-${name}.mjs`)
  if (found !== undefined && !isInPackages(found)) return { module: found, receiver: { module, properties } }
  const own = ownReceiver(module)
  if (own === undefined || !Object.hasOwn(RECEIVERS, own)) {
    return {
      module: written,
      moduleText: `export { default } from ${JSON.stringify(module)}\n`,
      receiver: { module, properties },
    }
  }
  const { client } = RECEIVERS[own]!
  const clients = client === undefined ? '' : `${JSON.stringify(client)}: () => import(${JSON.stringify(client)})`
  return {
    module: written,
    moduleText: `export const clients = { ${clients} }\n`,
    receiver: { module, properties, own, ...(client !== undefined && { client }) },
  }
}

/** Returns the receivers whose clients are not installed. */
export function clientProblems(units: readonly Unit[], dir: string): readonly Problem[] {
  return units.flatMap(({ id, receiver }) => {
    const { module, client } = receiver ?? {}
    if (client === undefined || packageFolder(dir, client) !== undefined) return []
    return {
      ...{ code: 'CLIENT_MISSING', severity: 'error', where: placeOfProcessor(id) },
      what: `the receiver "${module}" needs the package "${client}", which is not installed`,
      remedy: `Run npm install ${client} in the folder of the project.`,
    }
  })
}

/** Processors named by their place in a list cannot be deployed: a function would become another when the list changes. */
export function indexProblems(graph: Graph): readonly Problem[] {
  return graph.processors
    .filter(({ namedByIndex }) => namedByIndex)
    .map(({ name }) => ({
      code: 'TOPOLOGY_NAMED_BY_INDEX',
      severity: 'error',
      where: placeOfProcessor(name),
      what: 'is named by its place in a list, so its name would change with the list',
      remedy: 'Name its function, write processors as a map, or move it to a file.',
    }))
}

function together(processors: readonly GraphProcessor[]) {
  const versions = processors.map(({ runtime }) => Number.parseInt(runtime.slice('nodejs'.length), 10))
  return {
    processors: processors.map(({ name }) => name),
    target: `node${Math.min(...versions)}`,
    architecture: processors[0]!.architecture,
    external: [...new Set(processors.flatMap(({ external }) => external))].sort(),
    include: [...new Set(processors.flatMap(({ include }) => include))].sort(),
  }
}
