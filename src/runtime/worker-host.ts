import type { Thrown } from './thrown.ts'

/** The process that a worker runs in, as far as it touches it. */
export interface WorkerHost {
  /** The console that handlers use. */
  readonly console: Console
  /** Writes whole lines to stdout. */
  write(text: string): void
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back after a wait. Returns what cancels it. */
  after(ms: number, call: () => void): () => void
  /** From 0 up to 1. */
  random(): number
  /** Describes a thrown value for records and log lines. */
  describe(error: unknown): Thrown
  /** Calls `take` first for each uncaught error. If it returns false, the process ends as usual. */
  onUncaught(take: (error: unknown) => boolean): void
}
