import { buildGraph } from '../../../src/project/parse.ts'
import type { LoadedProcessor } from '../../../src/runtime/invocation.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import { parsedOf } from '../../contract/graph.ts'
import { type CloudParts, type FakeCloud, openCloud } from './cloud.ts'

type Processors = Record<string, Handler | { readonly handler: Handler; readonly [setting: string]: unknown }>

/** Deploys a topology of inline processors within this process. */
export function deploy(
  processors: Processors,
  streams: readonly object[] = [],
  said: Partial<CloudParts> = {},
): FakeCloud {
  const definition = { name: 'test', processors, streams }
  const topology = parsedOf(definition)
  const loaded = new Map<string, LoadedProcessor>()
  for (const { name, source, input } of topology.processors) {
    if (source.kind === 'inline') loaded.set(name, { name, ...source, ...(input && { input }) })
  }
  return openCloud({ graph: buildGraph(topology, { stage: 'dev' }), processors: loaded, ...said })
}
