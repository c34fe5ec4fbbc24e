import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { LoadedProcessor } from '../runtime/processor.ts'
import type { Topology } from '../topology/topology.ts'

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
