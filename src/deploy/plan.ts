import { differingSettings, fingerprint, type LiveResource, type Resource } from '../graph/resource.ts'
import type { Change, Removal, Replacement, Write } from './change.ts'
import { compareText, orderByNeeds } from './order.ts'
import type { Provider } from './provider.ts'

/** What has to be done so that what lives is what is wanted: a plain value. */
export interface Plan {
  /** In an order in which they can be done one by one: what is needed first, removals last. */
  readonly changes: readonly Change[]
  /** The ids of those that are as wanted. */
  readonly unchanged: readonly string[]
  /** No longer wanted, but left because data would be lost with them. */
  readonly kept: readonly Kept[]
  /** Replacements that would lose data. A plan that has any is not applied. */
  readonly refused: readonly Replacement[]
}

/** A resource that stays although it is not wanted. */
export interface Kept {
  readonly id: string
  readonly live: LiveResource
  /** `holds messages`, `needed by stream/a` */
  readonly reason: string
}

/** What a plan may do, and what it has to know of the provider. */
export interface PlanOptions extends Pick<Provider, 'kinds' | 'marker'> {
  /** Whether what holds data may be removed. */
  readonly allowDataLoss: boolean
  /** Whether everything is written again, whatever the fingerprints say. */
  readonly rewrite?: boolean
}

/**
 * Compares what is wanted with what lives, by kind and name. Pure: the same plan for the same resources, in whatever
 * order they come. What is half-made is finished. A resource that is replaced takes those along that need it.
 */
export function plan(wanted: readonly Resource[], live: readonly LiveResource[], options: PlanOptions): Plan {
  const rank = rankOf(options.kinds)
  const ordered = orderByNeeds(wanted, rank)
  const { counterparts, surplus } = match(ordered, live)
  const verdicts = new Map<string, Verdict>()
  for (const resource of ordered) {
    verdicts.set(resource.id, judge(resource, counterparts.get(keyOf(resource)), { verdicts, options }))
  }
  const all = [...verdicts.values()]
  const { removals, kept } = parted(surplus, ordered, { ...options, rank })
  return Object.freeze({
    changes: Object.freeze([
      ...all.flatMap(({ change, refused }) => (change && !refused ? [change] : [])),
      ...removals,
    ]),
    unchanged: Object.freeze(ordered.filter(({ id }) => !verdicts.get(id)?.change).map(({ id }) => id)),
    kept,
    refused: Object.freeze(
      all.flatMap(({ change, refused }) => (refused && change?.kind === 'replace' ? [change] : [])),
    ),
  })
}

/** What identifies a resource in its cloud. */
export function keyOf({ kind, name }: Pick<LiveResource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

const NO_SETTINGS: readonly string[] = Object.freeze([])

interface Verdict {
  readonly change?: Write | Replacement
  readonly refused?: boolean
}

interface Judging {
  /** Of all that it needs. */
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly options: PlanOptions
}

function judge(resource: Resource, live: LiveResource | undefined, { verdicts, options }: Judging): Verdict {
  const needed = resource.needs.map((id) => verdicts.get(id))
  const made = needed.flatMap((need) =>
    need?.change && !need.refused && need.change.kind !== 'update' ? [need.change] : [],
  )
  const common = {
    id: resource.id,
    resource,
    fingerprint: fingerprint(resource),
    made: Object.freeze(made.map(({ id }) => id)),
  }
  if (live === undefined)
    return { change: Object.freeze({ kind: 'create', ...common, settings: NO_SETTINGS, reason: '' }) }
  const difference = differenceOf(resource, live, options.rewrite === true)
  const stuck = differing(resource, live).filter((name) => resource.fixed.includes(name))
  const replaced = made.find(({ kind }) => kind === 'replace')
  if (stuck.length > 0 || replaced !== undefined) {
    const reason =
      stuck.length > 0 ? `${stuck.join(', ')} cannot be changed in place` : `needs ${replaced?.id}, which is replaced`
    const change: Replacement = Object.freeze({
      kind: 'replace',
      ...common,
      live,
      settings: differing(resource, live),
      reason,
    })
    return { change, refused: live.holdsData && !options.allowDataLoss }
  }
  return difference === undefined ? {} : { change: Object.freeze({ kind: 'update', ...common, live, ...difference }) }
}

function differing(resource: Resource, live: LiveResource): readonly string[] {
  if (live.fingerprint === undefined || live.fingerprint === fingerprint(resource)) return []
  return differingSettings(resource, live.fingerprint)
}

function differenceOf(
  resource: Resource,
  live: LiveResource,
  rewrite: boolean,
): Pick<Write, 'settings' | 'reason'> | undefined {
  if (live.fingerprint === undefined) return { settings: NO_SETTINGS, reason: 'was left half-made' }
  if (live.unsure) return { settings: NO_SETTINGS, reason: 'was being changed by a deploy that did not end' }
  if (rewrite) return { settings: NO_SETTINGS, reason: 'was written by two deploys at once' }
  if (live.id !== resource.id) return { settings: NO_SETTINGS, reason: `was ${live.id}` }
  const settings = Object.freeze([...new Set([...differing(resource, live), ...(live.drift ?? [])])].sort())
  if (live.fingerprint !== fingerprint(resource)) return { settings, reason: settings.join(', ') || 'settings' }
  return settings.length === 0 ? undefined : { settings, reason: `changed by hand: ${settings.join(', ')}` }
}

/** Finds for each wanted resource the one that lives under its name; what is left over belongs to none. */
function match(wanted: readonly Resource[], live: readonly LiveResource[]) {
  const prints = new Map(wanted.map((resource) => [keyOf(resource), fingerprint(resource)]))
  if (prints.size < wanted.length) throw new Error('two resources of one kind and name')
  const rank = (one: LiveResource) =>
    one.fingerprint === undefined ? 2 : one.fingerprint === prints.get(keyOf(one)) ? 0 : 1
  const sorted = [...live].sort((a, b) => rank(a) - rank(b) || compareText(a.address, b.address))
  const counterparts = new Map<string, LiveResource>()
  const surplus: LiveResource[] = []
  for (const one of sorted) {
    const key = keyOf(one)
    if (prints.has(key) && !counterparts.has(key)) counterparts.set(key, one)
    else surplus.push(one)
  }
  return { counterparts, surplus }
}

interface Parting extends PlanOptions {
  readonly rank: (a: Ranked, b: Ranked) => number
}

/** Parts what is not wanted into what is removed, dependents first, and what is kept. */
function parted(surplus: readonly LiveResource[], wanted: readonly Resource[], options: Parting) {
  const ordered = orderByNeeds(surplus, options.rank).toReversed()
  const kept: Kept[] = []
  const removals: Removal[] = []
  for (const live of ordered) {
    const dependent = kept.find((other) => other.live.needs?.includes(live.id))
    const holds = live.holdsData && !options.allowDataLoss
    if (holds || dependent !== undefined) {
      const reason = holds ? 'holds messages' : `needed by ${dependent?.id}`
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
  if (same === undefined) return wanted.length === 0 ? '' : 'is no longer wanted'
  return same.name === live.name ? 'is there twice' : `is called ${same.name} now`
}

type Ranked = Pick<LiveResource, 'kind' | 'id' | 'name'> & { readonly address?: string }

/** Compares by the order of kinds, then by id and name; a kind that the provider does not know comes last. */
function rankOf(kinds: readonly string[]): (a: Ranked, b: Ranked) => number {
  const rank = ({ kind }: Ranked) => (kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length)
  return (a, b) =>
    rank(a) - rank(b) ||
    compareText(a.id, b.id) ||
    compareText(a.name, b.name) ||
    compareText(a.address ?? '', b.address ?? '')
}
