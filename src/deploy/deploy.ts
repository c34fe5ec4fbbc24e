import { AttakError, errorOf, type Problem } from '../errors.ts'
import { type Applied, type ApplyOptions, applyPlan } from './apply.ts'
import type { Change, Replacement } from './change.ts'
import { createGuard, type Guard } from './guard.ts'
import { keyOf } from './judge.ts'
import { type Looking, look, problemOf, type View, whereOf } from './look.ts'
import { type DeployMark, finalMark, markFor, markText } from './mark.ts'
import { type Plan, plan } from './plan.ts'
import type { Marks, Provider } from './provider.ts'

/** What is to be there. To destroy: nothing, with what the topology had as `known`, and `allowDataLoss`. */
export interface DeployRequest extends Looking {
  readonly allowDataLoss: boolean
  /** The time in milliseconds. */
  readonly now: () => number
}

/** A plan, and the way to apply it. */
export interface Deployment {
  readonly plan: Plan
  /**
   * Claims the stage and applies the plan. Throws, before anything is made: DATA_LOSS_REFUSED where the plan refuses
   * something, DEPLOY_OUTDATED where more would have to be removed by now than the plan shows. Once something may have
   * been made, all that went wrong is in the outcome.
   */
  apply(options: DeployOptions): Promise<Outcome>
}

/** How a deployment is carried out. */
export type DeployOptions = Omit<ApplyOptions, 'now'>

/** What became of a deploy. */
export interface Outcome extends Pick<Applied, 'done' | 'left'> {
  /** Why it did not get through; empty when all was done. */
  readonly problems: readonly Problem[]
}

/** A view younger than this is acted on without asking again whether another deploy has begun since. */
const FRESH_MS = 5_000

/** Looks at what lives and plans; changes nothing. Throws RESOURCE_NOT_OURS where wanted names are taken. */
export async function prepareDeploy(provider: Provider, request: DeployRequest): Promise<Deployment> {
  const lookedMs = request.now()
  const view = await look(provider, request)
  const planned = planFor(view, provider, request)
  return {
    plan: planned,
    async apply(options) {
      if (planned.refused.length > 0) throw errorOf(planned.refused.map(refusalOf))
      if (planned.changes.length === 0) return { done: [], left: [], problems: [] }
      if (options.signal?.aborted) return { done: [], left: planned.changes, problems: [cancelled(planned.changes)] }
      const isFresh = request.now() - lookedMs < FRESH_MS
      const deploying = { provider, request, options }
      return carryOut(await claim(planned, view, { ...deploying, isFresh }), deploying)
    },
  }
}

/** The error that an outcome amounts to; undefined when all was done. */
export function failureOf({ problems }: Outcome): AttakError | undefined {
  return problems.length === 0 ? undefined : errorOf(problems)
}

interface Deploying {
  readonly provider: Provider
  readonly request: DeployRequest
  readonly options: DeployOptions
}

interface Claim {
  readonly plan: Plan
  readonly mark: DeployMark
  readonly guard: Guard
}

/**
 * Marks the stage as ours. When somebody may have changed it since it was looked at, looks and plans again: what that
 * changes is done too, but nothing is removed that was not in the plan shown.
 */
async function claim(shown: Plan, view: View, deploying: Deploying & { readonly isFresh: boolean }): Promise<Claim> {
  const { provider, request, options, isFresh } = deploying
  const before = isFresh ? view.marks : await provider.marks()
  const first = markFor(options.deployId, shown)
  await provider.mark('deploy', markText(first))
  const guard = createGuard(provider, options.deployId, request.now)
  let current: Plan = shown
  let mark = first
  const mayHaveChanged = (!view.settled && before.deploy !== undefined) || !sameMarks(before, view.marks)
  if (mayHaveChanged || isStray(provider.marker, view, request)) {
    current = planFor(await look(provider, request, before), provider, request)
    if (current.refused.length > 0 || !isWithin(current, shown, provider.marker)) throw outdated()
    mark = markFor(options.deployId, current)
    if (markText(mark) !== markText(first)) await provider.mark('deploy', markText(mark))
  }
  if (before.overtaken !== undefined) await provider.mark('overtaken', undefined)
  return { plan: current, mark, guard }
}

async function carryOut({ plan: current, mark, guard }: Claim, deploying: Deploying): Promise<Outcome> {
  const { provider, request, options } = deploying
  const applied = await applyPlan(current, provider, guard, { ...options, now: request.now })
  const { done, left } = applied
  const problems = [...applied.failed]
  if (options.signal?.aborted && left.length > 0) problems.push(cancelled(left))
  try {
    const isGone = done.some(({ kind, id }) => kind === 'remove' && id === provider.marker)
    if (!isGone) problems.push(...(await release(applied, guard, deploying)))
    const final = finalMark(options.deployId, current)
    const isThrough = problems.length === 0 && left.length === 0
    if (isThrough && !isGone && mark.digest !== final.digest) await provider.mark('deploy', markText(final))
  } catch (error) {
    problems.push(problemOf(error, 'the mark of the stage'))
  }
  return { done, left, problems }
}

/** Looks a last time whether the stage is still ours; where it is not, warns the next deploy of what we wrote. */
async function release(
  { begun }: Applied,
  guard: Guard,
  { provider, options }: Deploying,
): Promise<readonly Problem[]> {
  if (guard.lost || !(await guard.check())) {
    if (begun && guard.marks.deploy !== undefined) await provider.mark('overtaken', options.deployId)
    return [overtaken('another deploy of this stage began while this one ran, so this one stopped')]
  }
  if (guard.marks.overtaken === undefined) return []
  return [overtaken('another deploy of this stage was still writing when this one began')]
}

function planFor(view: View, provider: Provider, { wanted, allowDataLoss }: DeployRequest): Plan {
  const { kinds, marker } = provider
  const interrupted = view.marks.deploy !== undefined && !view.settled
  return plan(wanted, view.live, {
    ...{ kinds, marker, allowDataLoss, interrupted },
    rewrite: view.marks.overtaken !== undefined,
  })
}

/** Whether the marker has come into being by our mark alone, and has to go again. */
function isStray(marker: string, { live }: View, { wanted }: DeployRequest): boolean {
  return ![...live, ...wanted].some(({ id }) => id === marker)
}

/** Whether a plan removes nothing that another one does not remove, but for the marker. */
function isWithin(current: Plan, shown: Plan, marker: string): boolean {
  const removedBy = ({ changes }: Plan) =>
    changes.flatMap((change) => (change.kind === 'remove' || change.kind === 'replace' ? [change.live] : []))
  const expected = new Set(removedBy(shown).map(keyOf))
  return removedBy(current).every((live) => live.id === marker || expected.has(keyOf(live)))
}

function sameMarks(a: Marks, b: Marks): boolean {
  return a.deploy === b.deploy && a.overtaken === b.overtaken
}

function refusalOf({ live, reason }: Replacement): Problem {
  return {
    code: 'DATA_LOSS_REFUSED',
    severity: 'error',
    where: whereOf(live),
    what: `it would have to be removed and made again (${reason}), and the messages in it would be lost`,
    remedy: 'Deploy with --allow-data-loss, or undo that setting.',
  }
}

function overtaken(what: string): Problem {
  const remedy = 'When the other deploy is through, deploy again.'
  return { code: 'DEPLOY_OVERTAKEN', severity: 'error', where: 'the stage', what, remedy }
}

function cancelled(left: readonly Change[]): Problem {
  const what = `interrupted; ${left.length === 1 ? '1 change is' : `${left.length} changes are`} left`
  const remedy = 'Run the same again: it goes on from there.'
  return { code: 'DEPLOY_CANCELLED', severity: 'error', where: 'this run', what, remedy }
}

function outdated(): AttakError {
  return new AttakError(
    'DEPLOY_OUTDATED',
    'what is deployed has changed since the plan was made: more would be removed than it shows',
    'Plan again.',
  )
}
