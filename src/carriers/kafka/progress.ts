import type { AttemptMark } from '../../runtime/broker.ts'
import { type Kept, WINDOW } from './kept.ts'

/** How far a lane is: what was given to its user, and what of it is done. */
export interface Progress {
  /** The first offset that was not given. */
  next: number
  /** Offsets that were given and are not done, in order. */
  readonly open: Set<number>
  /** Done offsets behind the oldest open one, also those of earlier owners. */
  readonly done: Set<number>
  readonly marks: Map<number, readonly AttemptMark[]>
  readonly crashes: Map<number, number>
}

/** Goes on from where an earlier owner was. */
export function progressFrom(offset: number, { done, marks, crashes }: Kept): Progress {
  return { next: offset, open: new Set(), done: new Set(done), marks: new Map(marks), crashes: new Map(crashes) }
}

/** The offset to be committed: all before it are done. */
export function baseOf({ next, open }: Progress): number {
  for (const first of open) return first
  return next
}

/** Whether a record may be given now: what is done behind the oldest open one has to fit beside the offset. */
export function mayGive(progress: Progress, offset: number): boolean {
  return offset < baseOf(progress) + WINDOW
}

/** A record is reached. Returns whether it is to be given to the user: an earlier owner has not done it. */
export function reach(progress: Progress, offset: number): boolean {
  progress.next = offset + 1
  if (progress.done.has(offset)) return false
  progress.open.add(offset)
  return true
}

/** All offsets before this one were reached; those that were not given hold no record. */
export function pass(progress: Progress, next: number): void {
  if (next > progress.next) progress.next = next
  forget(progress)
}

/** Records are done. */
export function finish(progress: Progress, offsets: readonly number[]): void {
  for (const offset of offsets) {
    if (progress.open.delete(offset)) progress.done.add(offset)
    progress.marks.delete(offset)
    progress.crashes.delete(offset)
  }
  forget(progress)
}

/** What is before the offset to be committed needs no place beside it. */
function forget(progress: Progress): void {
  const base = baseOf(progress)
  for (const offset of progress.done) if (offset < base) progress.done.delete(offset)
  for (const offset of progress.marks.keys()) if (offset < base) progress.marks.delete(offset)
  for (const offset of progress.crashes.keys()) if (offset < base) progress.crashes.delete(offset)
}
