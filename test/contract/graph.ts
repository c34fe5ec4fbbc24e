import { bakeEntry } from '../../src/bundle/bake.ts'
import { errorOf } from '../../src/errors.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'
import type { BakedEntry } from '../../src/runtime/baked.ts'
import type { LoadedProcessor } from '../../src/runtime/invocation.ts'
import type { Topology } from '../../src/topology/topology.ts'

/** Parses a topology as a user writes it. Throws what is wrong with it. */
export function parsedOf(definition: object): Topology {
  const { topology, problems } = parseTopology(definition, { file: 'topology.js', modulesIn: () => [] })
  if (topology === undefined) throw errorOf(problems)
  return topology
}

/** The processors of a topology, all of which are inline. */
export function inlineProcessors({ processors }: Topology): ReadonlyMap<string, LoadedProcessor> {
  return new Map(
    processors.map(({ name, source, input }) => {
      if (source.kind !== 'inline') throw new Error(`${name} is not inline`)
      const { kind: _, ...found } = source
      return [name, { name, ...found, ...(input && { input }) }]
    }),
  )
}

/** The graph of a topology as a user writes it. */
export function graphOf(definition: object, stage = 'dev'): Graph {
  return buildGraph(parsedOf(definition), { stage })
}

/** What an artifact holds of a topology for one of its processors, as it is read from there. */
export function bakedOf(definition: object, processor: string): BakedEntry {
  return JSON.parse(JSON.stringify(bakeEntry(graphOf(definition), [processor])))
}
