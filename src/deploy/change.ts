import type { LiveResource, Resource } from '../graph/resource.ts'

/** A change to one resource. */
export type Change = Write | Replacement | Removal

/** A resource to make or to update, as a cloud receives it. */
export interface Write {
  readonly kind: 'create' | 'update'
  readonly id: string
  readonly resource: Resource
  /** To be put on the resource last, when all else of it is as wanted. */
  readonly fingerprint: string
  /** The existing resource; absent if there is none. Without a fingerprint it was left unfinished. */
  readonly live?: LiveResource
  /** The settings that differ, sorted; empty where all of it has to be written. */
  readonly settings: readonly string[]
  /** The reason, for people: `memory, code`, `was left unfinished`; empty for a new resource. */
  readonly reason: string
  /** Which of its needs the same plan makes, or a deploy that ended midway may have; a mapping reads a new stream from its start. */
  readonly made: readonly string[]
}

/** A resource that is removed and made again under its name, because it cannot be changed in place. */
export interface Replacement extends Omit<Write, 'kind' | 'live'> {
  readonly kind: 'replace'
  readonly live: LiveResource
}

/** A resource that is no longer wanted. */
export interface Removal {
  readonly kind: 'remove'
  readonly id: string
  readonly live: LiveResource
  readonly reason: string
}
