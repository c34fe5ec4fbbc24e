import type { Step } from './steps.ts'

/** What became of a step; `left` was not begun. */
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
 * Takes each step as soon as those before it allow, so many at once. What needs a step that was not done is left;
 * everything else goes on. Ends when nothing runs any more.
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
