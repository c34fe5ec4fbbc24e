import type { LoadedProcessor } from '../runtime/invocation.ts'
import { findProcessor } from '../topology/inline.ts'
import type { StandardSchema } from '../topology/schema.ts'

/** Returns the code of a processor that is part of the topology's module; runs inside the deployed function. */
export function loadFromTopology(name: string, exported: unknown): LoadedProcessor {
  const { source, input } = findProcessor(exported, name)
  if (source.kind !== 'inline') {
    const module = source.kind === 'module' ? source.path : source.module
    throw new Error(`here, processor "${name}" is the module "${module}"`)
  }
  const { kind: _, ...found } = source
  return { name, ...found, ...(input && { input }) }
}

/** Returns the `input` schema that the topology declares for a processor whose code is a separate module. */
export function inputFromTopology(name: string, exported: unknown): StandardSchema | undefined {
  return findProcessor(exported, name).input
}
