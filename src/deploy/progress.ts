import type { Problem } from '../errors.ts'
import type { Change } from './change.ts'

/** One thing that happened while a plan was applied, for a live list of tasks. */
export type Progress =
  | { readonly kind: 'started'; readonly change: Change; readonly atMs: number }
  /** `for` is what is waited for: `IAM to propagate`; undefined when the wait is over. */
  | { readonly kind: 'waiting'; readonly change: Change; readonly for: string | undefined; readonly atMs: number }
  | { readonly kind: 'done'; readonly change: Change; readonly atMs: number; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly change: Change; readonly atMs: number; readonly problem: Problem }
