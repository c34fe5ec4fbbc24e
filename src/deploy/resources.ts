import type { LiveResource, Resource } from '../graph/resource.ts'
import type { Removal, Write } from './change.ts'

/**
 * A cloud, opened for one topology and stage. Everything it makes carries tags of the stage; it changes nothing else.
 * Any call may be made again after it failed, or after the process died during it. A cloud respects its limits: it
 * paces its calls, waits for throttling and for resources to be ready, and reports those waits.
 * `test/contract/cloud-resources.ts` is its definition.
 */
export interface CloudResources {
  /** `aws` */
  readonly name: string
  /** Its kinds of resources, dependencies first; removals go in the opposite order. */
  readonly kinds: readonly string[]
  /** The id of the resource that carries the marks of the stage; it is removed last of all. */
  readonly marker: string
  /**
   * Lists the resources of the stage. `quick` may lag by minutes (a listing by tag); `thorough` asks each service, and
   * lags as little as possible. Both may lack a resource that was just made, or contain one that was just removed.
   */
  list(how: Listing): Promise<readonly LiveResource[]>
  /** Returns the current resource with this name. Throws RESOURCE_NOT_OURS when it lacks our tags. */
  read(resource: Resource): Promise<LiveResource | undefined>
  /** Returns the settings in which a live resource differs from the wanted one, whatever its fingerprint is. */
  inspect?(resource: Resource, live: LiveResource): Promise<readonly string[]>
  /**
   * Makes or updates a resource; ends when it is ready to use. A new resource carries our tags from the first call on,
   * and the fingerprint from the last. `kind` and `live` are hints. A missing resource is made. An existing one with
   * our tags is adopted: its fingerprint is removed first, and all of it is written. An existing one without our tags
   * throws RESOURCE_NOT_OURS. An update writes at least the named settings; all of them if none is named.
   */
  write(change: Write, report: Report): Promise<void>
  /** Removes a resource; ends when its name can be used again. A missing resource counts as removed. */
  remove(removal: Removal, report: Report): Promise<void>
  /** Returns the current marks of the stage; empty if the marker does not exist. */
  marks(): Promise<Marks>
  /** Marks the stage, or with undefined takes a mark away; makes the marker, half-made, where it does not exist. */
  mark(name: MarkName, text: string | undefined): Promise<void>
  /** Returns the details of leftover resources that {@link costs} needs. */
  describe(left: readonly LiveResource[]): Promise<readonly Priced[]>
  /** Returns the rough cost of idle wanted and leftover resources; lines without a figure inform. Pure. */
  costs(wanted: readonly Priced[], left: readonly Priced[]): readonly IdleCost[]
}

/** The inputs of a price. */
export type Priced = Pick<Resource, 'kind' | 'config'>

/** How much a listing is to ask for. */
export type Listing = 'quick' | 'thorough'

/** Receives what the cloud waits for, such as `IAM to propagate`; undefined when the wait is over. */
export type Report = (waitingFor: string | undefined) => void

/**
 * A mark on a stage: which deploy began last, which one was overtaken while it was writing, and which one ended and how.
 * Text of at most 256 characters.
 */
export type MarkName = 'deploy' | 'overtaken' | 'ended'

/** The marks that a stage carries. */
export type Marks = Readonly<Partial<Record<MarkName, string>>>

/** A line of the cost of an idle topology: `2 on-demand streams`, 58.4. */
export interface IdleCost {
  readonly text: string
  readonly usdPerMonth: number
}
