import { errorOf } from '../errors.ts'
import type { LoadedProcessor } from '../runtime/processor.ts'
import { parseTopology } from '../topology/parse.ts'
import type { StandardSchema } from '../topology/schema.ts'
import type { TopologyProcessor } from '../topology/topology.ts'

/** Gives the code of a processor that is part of the topology's module; runs inside the deployed function. */
export function loadFromTopology(name: string, exported: unknown): LoadedProcessor {
  const { source, input } = processorIn(exported, name)
  if (source.kind === 'module') throw new Error(`here, processor "${name}" is the module "${source.path}"`)
  return { name, handler: source.handler, ...(source.self && { self: source.self }), ...(input && { input }) }
}

/** Gives the `input` schema that the topology's module has for a processor whose code is a module of its own. */
export function inputFromTopology(name: string, exported: unknown): StandardSchema | undefined {
  return processorIn(exported, name).input
}

function processorIn(exported: unknown, name: string): TopologyProcessor {
  const { processors, problems } = parseTopology(exported, { file: 'the topology', modulesIn: () => undefined })
  const found = processors.find((processor) => processor.name === name)
  if (found !== undefined) return found
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw errorOf(errors)
  throw new Error(`here, the topology has no processor "${name}"`)
}
