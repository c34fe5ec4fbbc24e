import type { LiveResource, Resource } from '../graph/resource.ts'
import type { Change } from './change.ts'
import { compareText } from './order.ts'
import type { Kept, Plan } from './plan.ts'
import type { IdleCost } from './resources.ts'

/** What is printed of a plan beside its changes. */
export interface PlanStory {
  /** `hello (dev) in eu-west-1 of account 123456789012` */
  readonly title: string
  readonly wanted: readonly Resource[]
  /** The cost of leaving the wanted resources running, from the cloud. */
  readonly costs: readonly IdleCost[]
}

const SIGNS = { create: '+', update: '~', replace: '±', remove: '-' } as const
const VERBS = { create: 'to make', update: 'to change', replace: 'to replace', remove: 'to remove' } as const
/** The group of what belongs to no processor. */
const TOPOLOGY = 'for all processors'
const LOSS = '  --allow-data-loss removes them, and the data in them is lost'

/**
 * A plan for people, without a line break at its end. `+` is made, `~` changed, `±` removed and made again, `-` removed,
 * `!` left although it is not wanted, or not done because data would be lost.
 * ```
 * hello (dev) in eu-west-1 of account 123456789012: 1 to make, 1 to change, 7 unchanged
 *
 * reverse
 *   + stream    hello--dev--reverse
 *   ~ function  hello--dev--reverse: code, memory
 *
 * 2 functions, 1 queue, 2 streams
 * left running without messages: about $29.20 a month
 *   $29.20  1 on-demand stream
 * ```
 */
export function drawPlan(plan: Plan, { title, wanted, costs }: PlanStory): string {
  const { changes, kept, refused } = plan
  const kindWidth = Math.max(0, ...[...changes, ...refused].map((change) => thingOf(change).kind.length))
  const drawn = new Map([...changes].sort(byProcessor).map((change) => [change, lineOf(change, kindWidth)]))
  const groups = [...new Set([...drawn.keys()].map(groupOf))]
  const blocks = groups.map((group) => {
    const lines = [...drawn].filter(([change]) => groupOf(change) === group).map(([, line]) => line)
    return [group, ...lines].join('\n')
  })
  const held = kept.map(({ live, reason }) => `  ! ${live.kind} ${live.name}: ${reason}`)
  const stuck = refused.map(({ live, reason }) => `  ! ${live.kind} ${live.name}: ${reason}; it holds data`)
  return [
    `${title}: ${summaryOf(plan)}`,
    ...blocks,
    ...(held.length > 0 ? [['no longer needed, but kept:', ...held, LOSS].join('\n')] : []),
    ...(stuck.length > 0 ? [['would be replaced, which is refused:', ...stuck, LOSS].join('\n')] : []),
    ...(wanted.length > 0 ? [footOf(wanted, costs)] : []),
  ].join('\n\n')
}

/** A plan as JSON, the same for the same plan: names and reasons, and never a value of a setting. */
export function planJson(plan: Plan, { title, wanted, costs }: PlanStory) {
  return {
    title,
    changes: plan.changes.map((change) => ({
      change: change.kind,
      ...described(thingOf(change)),
      ...reasonsOf(change),
    })),
    unchanged: plan.unchanged.map(described),
    kept: plan.kept.map(({ live, reason }: Kept) => ({ ...described(live), reason })),
    refused: plan.refused.map((change) => ({ ...described(change.live), ...reasonsOf(change) })),
    resources: countsOf(wanted),
    costs,
    usdPerMonth: totalOf(costs),
  }
}

function lineOf(change: Change, kindWidth: number): string {
  const { kind, name } = thingOf(change)
  const reason = change.reason === '' ? '' : `: ${change.reason}`
  const lost = change.kind === 'remove' || change.kind === 'replace' ? change.live.holdsData : false
  return `  ${SIGNS[change.kind]} ${kind.padEnd(kindWidth)}  ${name}${reason}${lost ? ' (with its data)' : ''}`
}

function summaryOf({ changes, unchanged, refused }: Plan): string {
  const kinds = ['create', 'update', 'replace', 'remove'] as const
  const counts = kinds.map((kind) => ({ kind, count: changes.filter((change) => change.kind === kind).length }))
  const told = counts.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} ${VERBS[kind]}`)
  if (refused.length > 0) told.push(`${refused.length} refused`)
  if (told.length === 0) told.push('nothing to do')
  return [...told, ...(unchanged.length > 0 ? [`${unchanged.length} unchanged`] : [])].join(', ')
}

function footOf(wanted: readonly Resource[], costs: readonly IdleCost[]): string {
  const counts = Object.entries(countsOf(wanted)).map(([kind, count]) => countedKind(kind, count))
  if (costs.length === 0) return counts.join(', ')
  const figures = costs.map(({ usdPerMonth }) => dollars(usdPerMonth))
  const width = Math.max(...figures.map((figure) => figure.length))
  const lines = costs.map(({ text }, index) => `  ${figures[index]!.padStart(width)}  ${text}`)
  const total = `left running without messages: about ${dollars(totalOf(costs))} a month`
  return [counts.join(', '), total, ...lines].join('\n')
}

function countedKind(kind: string, count: number): string {
  const noun = kind === 'logs' ? 'log group' : kind
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Returns the number of resources of each kind, in the order of their names. */
function countsOf(wanted: readonly Resource[]): Readonly<Record<string, number>> {
  const kinds = [...new Set(wanted.map(({ kind }) => kind))].sort(compareText)
  return Object.fromEntries(kinds.map((kind) => [kind, wanted.filter((one) => one.kind === kind).length]))
}

/** To the cent; sums of many cents are rounded once. */
function totalOf(costs: readonly IdleCost[]): number {
  return Math.round(costs.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0) * 100) / 100
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`
}

function described({ id, kind, name, processor }: Resource | LiveResource) {
  return { id, kind, name, ...(processor === undefined ? {} : { processor }) }
}

function reasonsOf(change: Change) {
  return { reason: change.reason, ...(change.kind === 'remove' ? {} : { settings: change.settings }) }
}

/** Returns the resource of a change: the future one, or the removed one. */
function thingOf(change: Change): Resource | LiveResource {
  return change.kind === 'remove' ? change.live : change.resource
}

function groupOf(change: Change): string {
  return thingOf(change).processor ?? TOPOLOGY
}

/** Processors by name, then what belongs to the topology; the order within a group stays. */
function byProcessor(a: Change, b: Change): number {
  const [one, other] = [thingOf(a).processor, thingOf(b).processor]
  if (one === other) return 0
  if (one === undefined || other === undefined) return one === undefined ? 1 : -1
  return compareText(one, other)
}
