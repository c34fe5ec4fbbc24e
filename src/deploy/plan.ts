import { type LiveResource, type Resource, unstamped } from '../graph/resource.ts'
import type { Change, Removal, Replacement } from './change.ts'
import { judge, match, type Pair, type Verdict } from './judge.ts'
import { compareText, orderByNeeds } from './order.ts'
import type { CloudResources } from './resources.ts'

/** The changes that turn the live resources into the wanted ones: a plain value. */
export interface Plan {
  /** In an order in which they can be done one by one: dependencies first, removals last. */
  readonly changes: readonly Change[]
  /** Resources without changes. */
  readonly unchanged: readonly LiveResource[]
  /** No longer wanted, but left because data would be lost with them. */
  readonly kept: readonly Kept[]
  /** Replacements that would lose data. A plan that has any is not applied. */
  readonly refused: readonly Replacement[]
}

/** A resource that stays although it is not wanted. */
export interface Kept {
  readonly id: string
  readonly live: LiveResource
  /** `holds data`, `needed by stream/a` */
  readonly reason: string
}

/** What a plan may do, and the properties of the cloud that it needs. */
export interface PlanOptions extends Pick<CloudResources, 'kinds' | 'marker'> {
  /** Whether what holds data may be removed. */
  readonly allowDataLoss: boolean
  /** Whether to write everything again, whatever the fingerprints are. */
  readonly rewrite?: boolean
  /**
   * Whether an earlier deploy may have ended midway. Then the dependencies of a missing resource count as just made, so
   * that a new mapping reads messages that were sent to a new stream before.
   */
  readonly interrupted?: boolean
  /**
   * Whether the last deploy completed. Then a resource that is missing, although its neighbors exist, was removed by
   * hand.
   */
  readonly through?: boolean
  /** Whether something that is no longer wanted may be removed; without it, everything may. */
  readonly mayRemove?: (live: LiveResource) => boolean
}

/**
 * Compares the wanted resources with the live ones, by kind and name. Pure: the same plan for the same resources, in
 * any order. Half-made resources are finished. If a resource is replaced, those that depend on it are replaced, too.
 */
export function plan(wanted: readonly Resource[], live: readonly LiveResource[], options: PlanOptions): Plan {
  const rank = rankOf(options.kinds)
  const ordered = orderByNeeds(wanted, rank)
  const { pairs, surplus } = match(ordered, live)
  const { allowDataLoss, rewrite = false, interrupted = false, through = false } = options
  const verdicts = new Map<string, Verdict>()
  const gone = through ? goneOf(pairs) : new Set<string>()
  for (const pair of pairs)
    verdicts.set(pair.resource.id, judge(pair, { verdicts, allowDataLoss, rewrite, interrupted, gone }))
  const all = [...verdicts.values()]
  const { removals, kept } = parted(surplus, ordered, { ...options, rank })
  return Object.freeze({
    changes: Object.freeze([
      ...all.flatMap(({ change, refused }) => (change && !refused ? [change] : [])),
      ...removals,
    ]),
    unchanged: Object.freeze(all.flatMap(({ change, live: same }) => (change || !same ? [] : [same]))),
    kept,
    refused: Object.freeze(
      all.flatMap(({ change, refused }) => (refused && change?.kind === 'replace' ? [change] : [])),
    ),
  })
}

/**
 * Returns the ids of resources that the last deploy made and that are missing now. An unchanged resource proves that
 * its dependencies existed. An unchanged resource that only one other depends on, such as the role of a function,
 * proves that the other one existed.
 */
function goneOf(pairs: readonly Pair[]): ReadonlySet<string> {
  const isComplete = ({ live, fingerprint }: Pair) =>
    live?.fingerprint !== undefined && unstamped(live.fingerprint) === fingerprint
  const complete = pairs.filter(isComplete).map(({ resource }) => resource)
  const isThere = new Set(complete.map(({ id }) => id))
  const isOnlyFor = (other: Resource, id: string) =>
    pairs.every(({ resource }) => resource.id === id || !resource.needs.includes(other.id))
  const wasThere = ({ id, needs, processor }: Resource) =>
    complete.some((other) => other.needs.includes(id)) ||
    (processor !== undefined &&
      needs.every((need) => isThere.has(need)) &&
      complete.some((other) => other.processor === processor && needs.includes(other.id) && isOnlyFor(other, id)))
  const missing = pairs.filter(({ live }) => live === undefined).map(({ resource }) => resource)
  return new Set(missing.filter(wasThere).map(({ id }) => id))
}

interface Parting extends PlanOptions {
  readonly rank: (a: Ranked, b: Ranked) => number
}

/** Splits unwanted resources into those to remove, dependents first, and those to keep. */
function parted(surplus: readonly LiveResource[], wanted: readonly Resource[], options: Parting) {
  const ordered = orderByNeeds(surplus, options.rank).toReversed()
  const kept: Kept[] = []
  const removals: Removal[] = []
  for (const live of ordered) {
    const dependent = kept.find((other) => other.live.needs?.includes(live.id))
    const holds = live.holdsData && !options.allowDataLoss
    const isForeign = options.mayRemove?.(live) === false
    if (holds || isForeign || dependent !== undefined) {
      const reason = isForeign
        ? 'another deploy created it meanwhile'
        : holds
          ? 'holds data'
          : `needed by ${dependent?.id}`
      kept.push(Object.freeze({ id: live.id, live, reason }))
    } else {
      removals.push(Object.freeze({ kind: 'remove', id: live.id, live, reason: reasonOf(live, wanted) }))
    }
  }
  const isMarker = ({ id }: Removal) => id === options.marker
  return {
    removals: [...removals.filter((removal) => !isMarker(removal)), ...removals.filter(isMarker)],
    kept: Object.freeze(kept),
  }
}

function reasonOf(live: LiveResource, wanted: readonly Resource[]): string {
  const same = wanted.find(({ id }) => id === live.id)
  if (same === undefined) return wanted.length === 0 ? '' : 'is no longer needed'
  return same.name === live.name ? 'exists twice' : `is called ${same.name} now`
}

type Ranked = Pick<LiveResource, 'kind' | 'id' | 'name'> & { readonly address?: string }

/** Compares by the order of kinds, then by id and name; a kind that the cloud does not know comes last. */
function rankOf(kinds: readonly string[]): (a: Ranked, b: Ranked) => number {
  const rank = ({ kind }: Ranked) => (kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length)
  return (a, b) =>
    rank(a) - rank(b) ||
    compareText(a.id, b.id) ||
    compareText(a.name, b.name) ||
    compareText(a.address ?? '', b.address ?? '')
}
