import { parseMark } from './mark.ts'
import type { CloudResources, Marks } from './resources.ts'

/** Watches over a claim on a stage. */
export interface Guard {
  /** Whether another deploy has claimed the stage since, as far as is known. */
  readonly lost: boolean
  /** The marks as they were last seen. */
  readonly marks: Marks
  /** Reads the mark, and returns whether the stage is still ours. */
  check(): Promise<boolean>
  /** Reads the mark if the last reading is old, and returns whether the stage is still ours. */
  glance(): Promise<boolean>
}

/** How old a look may get before another one is taken. */
export const OLD_MS = 5_000

/** Guards the claim that `deployId` has just made. */
export function createGuard(cloud: CloudResources, deployId: string, now: () => number): Guard {
  let lost = false
  let marks: Marks = {}
  let checkedMs = now()
  let checking: Promise<boolean> | undefined
  const check = async () => {
    checkedMs = now()
    marks = await cloud.marks()
    const { deploy } = marks
    lost ||= deploy === undefined || parseMark(deploy).deployId !== deployId
    return !lost
  }
  return {
    get lost() {
      return lost
    },
    get marks() {
      return marks
    },
    check,
    async glance() {
      if (now() - checkedMs < OLD_MS) return checking ?? !lost
      checking = check().finally(() => {
        checking = undefined
      })
      return checking
    },
  }
}
