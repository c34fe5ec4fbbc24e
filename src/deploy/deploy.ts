import { type AttakError, errorOf, type Problem } from '../errors.ts'
import { type Applied, applyPlan } from './apply.ts'
import type { Change, Replacement } from './change.ts'
import {
  type Claim,
  claim,
  type Deploying,
  type DeployOptions,
  type DeployRequest,
  planAgain,
  planFor,
} from './claim.ts'
import { type Guard, OLD_MS } from './guard.ts'
import { keyOf } from './judge.ts'
import { look, problemOf, whereOf } from './look.ts'
import { type End, endText, finalMark, markText } from './mark.ts'
import type { Kept, Plan } from './plan.ts'
import type { CloudResources } from './resources.ts'

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

/** The result of a deploy. */
export interface Outcome extends Pick<Applied, 'done' | 'left'> {
  /** No longer wanted, and left because the plan that was shown does not remove it: another deploy created it meanwhile. */
  readonly held: readonly Kept[]
  /** Why it did not get through; empty when all was done. */
  readonly problems: readonly Problem[]
}

/** Looks at what lives and plans; changes nothing. Throws RESOURCE_NOT_OURS where wanted names are taken. */
export async function prepareDeploy(cloud: CloudResources, request: DeployRequest): Promise<Deployment> {
  const view = await look(cloud, request)
  const planned = planFor(view, cloud, request)
  return {
    plan: planned,
    async apply(options) {
      if (planned.refused.length > 0) throw errorOf(planned.refused.map(refusalOf))
      if (planned.changes.length === 0) return { done: [], left: [], held: [], problems: [] }
      if (options.signal?.aborted)
        return { done: [], left: planned.changes, held: [], problems: [cancelled(planned.changes)] }
      const deploying = { cloud, request, options }
      return carryOut(await claim(planned, view, deploying), deploying)
    },
  }
}

/** The error that an outcome amounts to; undefined when all was done. */
export function failureOf({ problems }: Outcome): AttakError | undefined {
  return problems.length === 0 ? undefined : errorOf(problems)
}

/** How many times a deploy writes everything again because an older deploy was still writing. */
const MOST_ROUNDS = 5

/** Applies the plan; and again, for as long as the deploy that was overtaken has written meanwhile. */
async function carryOut(claimed: Claim, deploying: Deploying): Promise<Outcome> {
  const { cloud, request, options } = deploying
  const done = new Map<string, Change>()
  let current = claimed
  if (removesMarker(claimed.plan, cloud)) {
    // The mark of a deploy that was overtaken would go with the marker.
    if (!(await isOurs(claimed, deploying)))
      return { done: [], left: claimed.plan.changes, held: [], problems: [OVERTAKEN] }
    if (claimed.guard.marks.overtaken !== undefined) current = await planAgain(claimed, deploying)
  }
  for (let round = 1; ; round++) {
    const { plan: now, guard } = current
    const watching = watch(guard, deploying)
    const applied = await applyPlan(now, cloud, guard, { ...options, now: request.now })
    await watching.end()
    for (const change of applied.done) done.set(change.id, change)
    const { left } = applied
    const end = (problems: readonly Problem[]): Outcome => ({
      ...{ done: [...done.values()], left, problems },
      held: now.kept.filter(({ live }) => !claimed.shown.kept.some((other) => keyOf(other.live) === keyOf(live))),
    })
    const problems = [...applied.failed]
    if (options.signal?.aborted && left.length > 0) problems.push(cancelled(left))
    try {
      if (done.get(cloud.marker)?.kind === 'remove') return end(problems)
      if (!(await isOurs(current, deploying))) {
        if (applied.begun && guard.marks.deploy !== undefined) await cloud.mark('overtaken', options.deployId)
        return end([...problems, OVERTAKEN])
      }
      const isDisturbed = guard.marks.overtaken !== undefined && !options.signal?.aborted
      if (isDisturbed && round < MOST_ROUNDS) {
        current = await planAgain(current, deploying)
        continue
      }
      if (isDisturbed) problems.push(DISTURBED)
      const isThrough = problems.length === 0 && left.length === 0
      await markEnd(current, isThrough ? 'through' : 'stopped', deploying)
    } catch (error) {
      problems.push(problemOf(error, 'the mark of the stage'))
    }
    return end(problems)
  }
}

/**
 * Whether the stage is still ours after the plan was applied. An older deploy that may still be running gets time to
 * notice and mark that it was overtaken.
 */
async function isOurs({ guard, rivalUntilMs }: Claim, { request, options }: Deploying): Promise<boolean> {
  const sinceMs = request.now()
  while (await guard.check()) {
    const { overtaken } = guard.marks
    const isWaiting =
      overtaken === undefined
        ? request.now() < rivalUntilMs
        : overtaken.endsWith(WRITING) && request.now() - sinceMs < MOST_WAIT_MS
    if (!isWaiting || options.signal?.aborted) return true
    await request.sleep(LOOK_MS, options.signal ?? NEVER)
  }
  return false
}

const LOOK_MS = 500
/** The open calls of an overtaken deploy take minutes at most; after that it has died. */
const MOST_WAIT_MS = 300_000
const NEVER = new AbortController().signal

/** The end of an overtaken deploy's mark, until its open calls have ended. */
const WRITING = ' writing'

/**
 * Reads the mark while a plan is applied. If another deploy has overtaken this one, marks that this one is still
 * writing.
 */
function watch(guard: Guard, { cloud, request, options }: Deploying) {
  const over = new AbortController()
  const watchOn = async () => {
    while (!over.signal.aborted) {
      await request.sleep(OLD_MS, over.signal)
      if (over.signal.aborted || (await guard.check())) continue
      if (guard.marks.deploy !== undefined) await cloud.mark('overtaken', `${options.deployId}${WRITING}`)
      return
    }
  }
  // An error here occurs again after the plan is applied, and is reported then.
  const watching = watchOn().catch(() => {})
  return {
    async end() {
      over.abort()
      if (guard.lost) await watching
    },
  }
}

function removesMarker({ changes }: Plan, { marker }: CloudResources): boolean {
  return changes.some(({ kind, id }) => kind === 'remove' && id === marker)
}

async function markEnd({ plan: current, mark }: Claim, end: End, { cloud, options }: Deploying): Promise<void> {
  const final = finalMark(options.deployId, current)
  if (end === 'through' && mark.digest !== final.digest) await cloud.mark('deploy', markText(final))
  await cloud.mark('ended', endText(options.deployId, end))
}

function refusalOf({ live, reason }: Replacement): Problem {
  return {
    code: 'DATA_LOSS_REFUSED',
    severity: 'error',
    where: whereOf(live),
    what: `it would have to be removed and created again (${reason}), and the data in it would be lost`,
    remedy: 'Deploy with --allow-data-loss, or undo that setting.',
  }
}

const OVERTAKEN: Problem = {
  code: 'DEPLOY_OVERTAKEN',
  severity: 'error',
  where: 'the stage',
  what: 'another deploy of this stage began while this one ran, so this one stopped',
  remedy: 'Deploy again when the other deploy has ended.',
}

const DISTURBED: Problem = { ...OVERTAKEN, what: 'other deploys of this stage kept writing while this one ran' }

function cancelled(left: readonly Change[]): Problem {
  const what = `interrupted; ${left.length === 1 ? '1 change is' : `${left.length} changes are`} left`
  const remedy = 'Run the same command again: it continues from there.'
  return { code: 'DEPLOY_CANCELLED', severity: 'error', where: 'this run', what, remedy }
}
