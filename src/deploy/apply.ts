import type { Problem } from '../errors.ts'
import { stamped } from '../graph/resource.ts'
import type { Change, Write } from './change.ts'
import type { Guard } from './guard.ts'
import { problemOf, whereOf } from './look.ts'
import type { Plan } from './plan.ts'
import type { CloudResources, Report } from './resources.ts'
import { runSteps, type Step, type StepEnd, stepsOf } from './steps.ts'

/** How a plan is applied. */
export interface ApplyOptions {
  /** Distinguishes this deploy from all others of the stage: at most 40 letters, digits and `-`. */
  readonly deployId: string
  /** The time in milliseconds. */
  readonly now: () => number
  /** When it is aborted, nothing more is started; what runs is waited for. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** How many resources at once, most of which wait; the cloud paces its calls. Default 64. */
  readonly concurrency?: number
}

/** One thing that happened while a plan was applied, for a live list of tasks. */
export type Progress =
  | { readonly kind: 'started'; readonly change: Change; readonly atMs: number }
  /** `for` is the reason of the wait: `IAM to propagate`; undefined when the wait is over. */
  | { readonly kind: 'waiting'; readonly change: Change; readonly for: string | undefined; readonly atMs: number }
  | { readonly kind: 'done'; readonly change: Change; readonly atMs: number; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly change: Change; readonly atMs: number; readonly problem: Problem }

/** How far a plan got. */
export interface Applied {
  readonly done: readonly Change[]
  readonly failed: readonly Problem[]
  /** Not begun, or begun and not through. */
  readonly left: readonly Change[]
  /** Whether anything was begun at all. */
  readonly begun: boolean
}

const CONCURRENCY = 64

/**
 * Applies a plan. It first makes the wanted resources, as many at the same time as possible. If all of them exist and
 * the stage is still ours, it then removes others. A failure stops only the steps that depend on it. Errors of a cloud
 * are returned, not thrown.
 */
export async function applyPlan(
  plan: Plan,
  cloud: CloudResources,
  guard: Guard,
  options: ApplyOptions,
): Promise<Applied> {
  const failed: Problem[] = []
  const teller = createTeller(options)
  const halted = () => options.signal?.aborted === true || guard.lost
  const perform = async (step: Step): Promise<StepEnd> => {
    try {
      if (!(await guard.glance())) return 'left'
      teller.started(step)
      await take(step, cloud, { deployId: options.deployId, report: teller.reportOf(step) })
      teller.done(step)
      return 'done'
    } catch (error) {
      failed.push(teller.failed(step, error))
      return 'failed'
    }
  }
  const running = { perform, halted, concurrency: options.concurrency ?? CONCURRENCY }
  const { writes, removals } = stepsOf(plan, cloud.kinds, cloud.marker)
  const ends = new Map(await runSteps(writes, running))
  const allThere = [...ends.values()].every((end) => end === 'done')
  if (removals.length > 0 && allThere && !halted()) {
    const ours = await guard.check().catch((error: unknown) => {
      failed.push(problemOf(error, 'looking for other deploys'))
      return false
    })
    if (ours) for (const [step, end] of await runSteps(removals, running)) ends.set(step, end)
  }
  const undone = new Set(
    [...writes, ...removals].filter((step) => ends.get(step) !== 'done').map(({ change }) => change),
  )
  const isDone = (change: Change) => !undone.has(change)
  const left = plan.changes.filter((change) => !isDone(change))
  return { done: plan.changes.filter(isDone), failed, left, begun: teller.begun() }
}

interface Taking {
  readonly deployId: string
  readonly report: Report
}

function take({ change, act }: Step, cloud: CloudResources, { deployId, report }: Taking): Promise<void> {
  if (change.kind === 'remove') return cloud.remove(change, report)
  const fingerprint = stamped(change.fingerprint, deployId)
  if (change.kind !== 'replace') return cloud.write({ ...change, fingerprint }, report)
  const { live, ...rest } = change
  if (act === 'remove') return cloud.remove({ kind: 'remove', id: live.id, live, reason: change.reason }, report)
  const write: Write = { ...rest, kind: 'create', fingerprint }
  return cloud.write(write, report)
}

/** Reports the progress of changes; a replacement counts as one change. */
function createTeller({ now, onProgress = () => {} }: ApplyOptions) {
  const startedMs = new Map<Change, number>()
  return {
    begun: () => startedMs.size > 0,
    started({ change }: Step) {
      if (startedMs.has(change)) return
      const atMs = now()
      startedMs.set(change, atMs)
      onProgress({ kind: 'started', change, atMs })
    },
    reportOf({ change }: Step): Report {
      return (waitingFor) => onProgress({ kind: 'waiting', change, for: waitingFor, atMs: now() })
    },
    done({ change, act }: Step) {
      if (change.kind === 'replace' && act === 'remove') return
      const atMs = now()
      onProgress({ kind: 'done', change, atMs, tookMs: atMs - (startedMs.get(change) ?? atMs) })
    },
    failed({ change }: Step, error: unknown): Problem {
      const where = whereOf(change.kind === 'remove' ? change.live : change.resource)
      const problem = problemOf(error, where)
      onProgress({ kind: 'failed', change, atMs: now(), problem })
      return problem
    },
  }
}
