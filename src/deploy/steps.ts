import type { Change } from './change.ts'
import type { Plan } from './plan.ts'

/** A call of the cloud that a plan takes: a replacement takes two, any other change one. */
export interface Step {
  readonly change: Change
  readonly act: 'write' | 'remove'
  /** Those that have to have succeeded before. */
  readonly needs: readonly Step[]
  /** Those that have to be over before, well or not. */
  readonly after: readonly Step[]
}

/** The steps of a plan in its two phases: unwanted resources are removed when all wanted ones exist. */
export interface Steps {
  readonly writes: readonly Step[]
  readonly removals: readonly Step[]
}

interface Draft extends Step {
  readonly needs: Step[]
  readonly after: Step[]
}

/** The steps that a plan takes, and what waits for what. Pure. */
export function stepsOf({ changes }: Plan, kinds: readonly string[], marker: string): Steps {
  return { writes: writesOf(changes), removals: removalsOf(changes, kinds, marker) }
}

function writesOf(changes: readonly Change[]): readonly Step[] {
  const writes = new Map<string, Draft>()
  const clearings = new Map<string, Draft>()
  for (const change of changes) {
    if (change.kind === 'remove') continue
    writes.set(change.id, draft(change, 'write'))
    if (change.kind === 'replace') clearings.set(change.id, draft(change, 'remove'))
  }
  for (const [id, write] of writes) {
    const { change } = write
    if (change.kind === 'remove') continue
    const clearing = clearings.get(id)
    if (clearing !== undefined) write.needs.push(clearing)
    for (const need of change.resource.needs) {
      const needed = writes.get(need)
      if (needed !== undefined) write.needs.push(needed)
      if (clearing !== undefined) clearings.get(need)?.needs.push(clearing)
    }
  }
  return [...clearings.values(), ...writes.values()]
}

function removalsOf(changes: readonly Change[], kinds: readonly string[], marker: string): readonly Step[] {
  const removals = changes.flatMap((change) =>
    change.kind === 'remove' ? [{ live: change.live, step: draft(change, 'remove') }] : [],
  )
  for (const { live, step } of removals) {
    const others = removals.filter((other) => other.step !== step)
    if (live.id === marker) {
      step.needs.push(...others.map((other) => other.step))
      continue
    }
    const isAbove = (other: (typeof removals)[number]) => kinds.indexOf(other.live.kind) > kinds.indexOf(live.kind)
    step.needs.push(...others.filter((other) => other.live.needs?.includes(live.id)).map((other) => other.step))
    step.after.push(...others.filter((other) => isAbove(other) && other.live.id !== marker).map((other) => other.step))
  }
  return removals.map(({ step }) => step)
}

function draft(change: Change, act: Step['act']): Draft {
  return { change, act, needs: [], after: [] }
}

/** The result of a step; `left` was not begun. */
export type StepEnd = 'done' | 'failed' | 'left'

/** How steps are run. */
export interface Running {
  /** Takes a step; never throws. */
  readonly perform: (step: Step) => Promise<StepEnd>
  /** Whether to start no more. */
  readonly halted: () => boolean
  /** How many at once. */
  readonly concurrency: number
}

/**
 * Runs each step as soon as its predecessors are done, at most `concurrency` at once. Steps that need a failed step are
 * skipped; all others continue. Ends when no step runs.
 */
export function runSteps(
  steps: readonly Step[],
  { perform, halted, concurrency }: Running,
): Promise<ReadonlyMap<Step, StepEnd>> {
  const ends = new Map<Step, StepEnd>()
  const waiting = new Set(steps)
  let running = 0
  return new Promise((resolve, reject) => {
    const advance = () => {
      leaveHopeless(waiting, ends)
      for (const step of waiting) {
        if (running >= concurrency || halted()) break
        if (!isReady(step, ends)) continue
        waiting.delete(step)
        running++
        perform(step).then((end) => {
          running--
          ends.set(step, end)
          advance()
        }, reject)
      }
      if (running > 0) return
      for (const step of waiting) ends.set(step, 'left')
      resolve(ends)
    }
    advance()
  })
}

/** A step that needs one which was not done is left, and so are those that need it. */
function leaveHopeless(waiting: Set<Step>, ends: Map<Step, StepEnd>): void {
  for (let found = true; found; ) {
    found = false
    for (const step of waiting) {
      if (!step.needs.some((need) => ends.has(need) && ends.get(need) !== 'done')) continue
      waiting.delete(step)
      ends.set(step, 'left')
      found = true
    }
  }
}

function isReady({ needs, after }: Step, ends: ReadonlyMap<Step, StepEnd>): boolean {
  return needs.every((need) => ends.get(need) === 'done') && after.every((step) => ends.has(step))
}
