import { AttakError } from '../errors.ts'
import type { LiveResource } from '../graph/resource.ts'
import type { ApplyOptions } from './apply.ts'
import { createGuard, type Guard, OLD_MS } from './guard.ts'
import { keyOf } from './judge.ts'
import { type Looking, look, type View } from './look.ts'
import { type DeployMark, endOf, isThrough, markFor, markText, parseMark } from './mark.ts'
import { type Plan, plan } from './plan.ts'
import type { CloudResources, Marks } from './resources.ts'

/** The wanted stage. To destroy it: no wanted resources, the topology's resources as `known`, and `allowDataLoss`. */
export interface DeployRequest extends Looking {
  readonly allowDataLoss: boolean
  /** The time in milliseconds. */
  readonly now: () => number
  /** Waits for some milliseconds; the signal may end it early. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How a deployment is carried out. */
export type DeployOptions = Omit<ApplyOptions, 'now'>

/** All that a deploy works with. */
export interface Deploying {
  readonly cloud: CloudResources
  readonly request: DeployRequest
  readonly options: DeployOptions
}

/** A stage that is marked as ours, and what to do with it. */
export interface Claim {
  readonly plan: Plan
  /** The plan that the user has seen. */
  readonly shown: Plan
  readonly mark: DeployMark
  readonly guard: Guard
  /** Until then a deploy that was overtaken by this one may not have noticed; by the clock of the request. */
  readonly rivalUntilMs: number
}

/** A running deploy reads the mark every {@link OLD_MS}; the rest is for its call. */
const RIVAL_MS = OLD_MS + 3_000

/**
 * Marks the stage as ours. When another deploy may have changed it since it was looked at, looks and plans again: what
 * that changes is done too, but nothing is removed that was not in the plan shown. Throws DEPLOY_OUTDATED where another
 * deploy is through since then, and where messages would be lost.
 */
export async function claim(shown: Plan, view: View, deploying: Deploying): Promise<Claim> {
  const { cloud, request, options } = deploying
  const before = await cloud.marks()
  const mark = markFor(options.deployId, shown)
  await cloud.mark('deploy', markText(mark))
  const guard = createGuard(cloud, options.deployId, request.now)
  const claimed = { plan: shown, shown, mark, guard, rivalUntilMs: 0 }
  const isChanged = before.deploy !== view.marks.deploy || before.overtaken !== view.marks.overtaken
  const mayHaveChanged = (!view.settled && before.deploy !== undefined) || isChanged
  if (!mayHaveChanged && !isStray(cloud.marker, view, request)) return claimed
  const again = await look(cloud, request, before)
  const isRival = before.deploy !== undefined && !again.settled && endOf(before) === undefined
  const current = planFor(again, cloud, request)
  if (current.refused.length > 0) throw outdated()
  const removed = removedBy(shown, cloud.marker)
  const isThroughSince = idOf(before) !== idOf(view.marks) && (again.settled || isThrough(before))
  if (isThroughSince && !removedBy(current, cloud.marker).isWithin(removed)) throw outdated()
  const held = planFor(again, cloud, request, removed.has)
  if (held.changes.some((change) => change.kind === 'replace' && change.live.holdsData && !removed.has(change.live)))
    throw outdated()
  const rivalUntilMs = isRival ? request.now() + RIVAL_MS : 0
  return settle({ ...claimed, plan: held, rivalUntilMs }, before, deploying)
}

/** Plans again, to write everything, after an older deploy was writing at the same time. */
export async function planAgain(claimed: Claim, deploying: Deploying): Promise<Claim> {
  const { cloud, request } = deploying
  const { marks } = claimed.guard
  const view = await look(cloud, request, marks)
  const removed = removedBy(claimed.shown, cloud.marker)
  return settle({ ...claimed, plan: planFor(view, cloud, request, removed.has) }, marks, deploying)
}

/** Marks the stage for the plan that is about to be applied, and takes away the mark of the deploy that was overtaken. */
async function settle(claimed: Claim, before: Marks, { cloud, options }: Deploying): Promise<Claim> {
  const mark = markFor(options.deployId, claimed.plan)
  if (markText(mark) !== markText(claimed.mark)) await cloud.mark('deploy', markText(mark))
  if (before.overtaken !== undefined) await cloud.mark('overtaken', undefined)
  return { ...claimed, mark }
}

/** Makes the plan for the found state of a stage. */
export function planFor(
  view: View,
  { kinds, marker }: CloudResources,
  { wanted, allowDataLoss }: DeployRequest,
  mayRemove: (live: LiveResource) => boolean = () => true,
): Plan {
  return plan(wanted, view.live, {
    ...{ kinds, marker, allowDataLoss, mayRemove },
    interrupted: view.marks.deploy !== undefined && !view.settled,
    through: isThrough(view.marks),
    rewrite: view.marks.overtaken !== undefined,
  })
}

/** Whether the marker has come into being by our mark alone, and has to go again. */
function isStray(marker: string, { live }: View, { wanted }: DeployRequest): boolean {
  return ![...live, ...wanted].some(({ id }) => id === marker)
}

/** Returns the resources that a plan removes, always with the marker. */
function removedBy({ changes }: Plan, marker: string) {
  const live = changes.flatMap((change) => (change.kind === 'remove' || change.kind === 'replace' ? [change.live] : []))
  const keys = new Set(live.map(keyOf))
  const has = (one: LiveResource) => one.id === marker || keys.has(keyOf(one))
  return {
    has,
    isWithin: (other: { readonly has: typeof has }) => live.every(other.has),
  }
}

function idOf({ deploy }: Marks): string | undefined {
  return deploy === undefined ? undefined : parseMark(deploy).deployId
}

function outdated(): AttakError {
  return new AttakError(
    'DEPLOY_OUTDATED',
    'another deploy has changed this stage since the plan was made, and more would be removed than the plan shows',
    'Plan again.',
  )
}
