import { differingSettings, fingerprint, type LiveResource, type Resource, unstamped } from '../graph/resource.ts'
import type { Replacement, Write } from './change.ts'
import { compareText } from './order.ts'

/** A wanted resource, and what lives under its name. */
export interface Pair {
  readonly resource: Resource
  readonly fingerprint: string
  readonly live?: LiveResource
}

/** The verdict on a wanted resource; without a change it is as wanted. */
export interface Verdict {
  readonly live?: LiveResource
  readonly change?: Write | Replacement
  /** Whether the change would lose data, and is not done. */
  readonly refused?: boolean
}

/** Further inputs of a verdict. */
export interface Judging {
  /** Those on all that it needs. */
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly allowDataLoss: boolean
  readonly rewrite: boolean
  /** See {@link import('./plan.ts').PlanOptions.interrupted}. */
  readonly interrupted: boolean
  /** The ids of those that were there and are missing, although no deploy removed them. */
  readonly gone: ReadonlySet<string>
}

const NO_SETTINGS: readonly string[] = Object.freeze([])

/** Identifies a resource in its cloud. */
export function keyOf({ kind, name }: Pick<LiveResource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/** Finds for each wanted resource the live one with its name; the others are leftovers. */
export function match(wanted: readonly Resource[], live: readonly LiveResource[]) {
  const prints = new Map(wanted.map((resource) => [keyOf(resource), fingerprint(resource)]))
  if (prints.size < wanted.length) throw new Error('two resources of one kind and name')
  const rank = (one: LiveResource) =>
    one.fingerprint === undefined ? 2 : unstamped(one.fingerprint) === prints.get(keyOf(one)) ? 0 : 1
  const sorted = [...live].sort((a, b) => rank(a) - rank(b) || compareText(a.address, b.address))
  const counterparts = new Map<string, LiveResource>()
  const surplus: LiveResource[] = []
  for (const one of sorted) {
    const key = keyOf(one)
    if (prints.has(key) && !counterparts.has(key)) counterparts.set(key, one)
    else surplus.push(one)
  }
  const pairs = wanted.map((resource): Pair => {
    const found = counterparts.get(keyOf(resource))
    return { resource, fingerprint: prints.get(keyOf(resource))!, ...(found === undefined ? {} : { live: found }) }
  })
  return { pairs, surplus }
}

/** Decides what has to be done to one resource. */
export function judge(pair: Pair, { verdicts, allowDataLoss, rewrite, interrupted, gone }: Judging): Verdict {
  const { resource, live } = pair
  const made = resource.needs.flatMap((id) => {
    const { change, refused } = verdicts.get(id) ?? {}
    return change === undefined || refused || change.kind === 'update' ? [] : [change]
  })
  const common = {
    id: resource.id,
    resource,
    fingerprint: pair.fingerprint,
    made: Object.freeze(made.map(({ id }) => id)),
  }
  if (live === undefined) {
    const needs = interrupted ? Object.freeze([...resource.needs]) : common.made
    const reason = gone.has(resource.id) ? 'was removed by hand' : ''
    return { change: Object.freeze({ kind: 'create', ...common, made: needs, settings: NO_SETTINGS, reason }) }
  }
  const settings = differing(pair)
  const stuck = settings.filter((name) => resource.fixed.includes(name))
  const replaced = made.find(({ kind }) => kind === 'replace')
  if (stuck.length > 0 || replaced !== undefined) {
    const reason =
      stuck.length > 0 ? `${stuck.join(', ')} cannot be changed in place` : `needs ${replaced?.id}, which is replaced`
    const change: Replacement = Object.freeze({ kind: 'replace', ...common, live, settings, reason })
    return { change, refused: live.holdsData && !allowDataLoss }
  }
  const anew = made.find(({ kind }) => kind === 'create')
  const difference = differenceOf(pair, live, { settings, rewrite, anew: anew?.id })
  return difference === undefined
    ? { live }
    : { change: Object.freeze({ kind: 'update', ...common, live, ...difference }) }
}

/** Returns the settings that differ according to the fingerprints. */
function differing({ resource, live, fingerprint: wanted }: Pair): readonly string[] {
  if (live?.fingerprint === undefined || unstamped(live.fingerprint) === wanted) return NO_SETTINGS
  return Object.freeze(differingSettings(resource, live.fingerprint))
}

interface Differing {
  readonly settings: readonly string[]
  readonly rewrite: boolean
  /** The id of something it needs that is made anew. */
  readonly anew: string | undefined
}

function differenceOf(
  { resource, fingerprint: wanted }: Pair,
  live: LiveResource,
  { settings, rewrite, anew }: Differing,
): Pick<Write, 'settings' | 'reason'> | undefined {
  if (live.fingerprint === undefined) return { settings: NO_SETTINGS, reason: 'was left unfinished' }
  if (live.unsure) return { settings: NO_SETTINGS, reason: 'a deploy that did not end was changing it' }
  if (rewrite) return { settings: NO_SETTINGS, reason: 'may have been written by two deploys at once' }
  if (live.id !== resource.id) return { settings: NO_SETTINGS, reason: `was ${live.id}` }
  const all = Object.freeze([...new Set([...settings, ...(live.drift ?? [])])].sort())
  if (unstamped(live.fingerprint) !== wanted)
    return { settings: settings.length === 0 ? settings : all, reason: all.join(', ') || 'settings' }
  if (all.length > 0) return { settings: all, reason: `changed by hand: ${all.join(', ')}` }
  // A new role or function of the same name is another one: what refers to it has to refer to it again.
  return anew === undefined ? undefined : { settings: NO_SETTINGS, reason: `needs ${anew}, which is created again` }
}
