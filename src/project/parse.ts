import { CARRIER_RULES } from '../carriers/table.ts'
import { buildGraph as build, type GraphOptions } from '../graph/build.ts'
import type { Graph } from '../graph/graph.ts'
import { SOURCE_RULES } from '../sources/table.ts'
import { type Parsed, type ParseOptions, parseTopology as parse } from '../topology/parse.ts'
import type { Topology } from '../topology/topology.ts'

/** Parses a topology whose streams go over attak's carriers, and whose events come in by attak's sources. */
export function parseTopology(value: unknown, options: Omit<ParseOptions, 'carriers' | 'sources'>): Parsed {
  return parse(value, { ...options, carriers: CARRIER_RULES, sources: SOURCE_RULES })
}

/** Makes the graph of a topology of {@link parseTopology}. */
export function buildGraph(topology: Topology, options: Omit<GraphOptions, 'carriers'>): Graph {
  return build(topology, { ...options, carriers: CARRIER_RULES })
}
