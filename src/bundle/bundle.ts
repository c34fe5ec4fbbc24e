import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { Topology } from '../topology/topology.ts'
import type { Artifact } from './artifact.ts'

/** What to bundle. */
export interface BundleOptions {
  /** The topology's file, absolute. */
  readonly file: string
  readonly topology: Topology
  readonly graph: Graph
  /** The file of each processor that is a module, absolute, by its name. All others share one artifact. */
  readonly modules: ReadonlyMap<string, string>
  /** The deployer's environment: what `environment` names is taken from it when the shared artifact is tried. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A project's artifacts, and what keeps some of them from being made. */
export interface BundledProject {
  /** By processor; several processors may have the very same artifact. */
  readonly artifacts: ReadonlyMap<string, Artifact>
  /** All of them at once; those of severity error leave processors without an artifact. */
  readonly problems: readonly Problem[]
}

/** Makes the artifacts of all processors of a loaded project, and tries the shared one before it is given out. */
export async function bundleProject(options: BundleOptions): Promise<BundledProject> {
  return Promise.reject(new Error(`artifacts of "${options.graph.name}" are not built yet`))
}
