import type { Thrown } from '../runtime/thrown.ts'

/** One line of a transcript: what `simulate --json` prints and a trace file holds. `at` is virtual milliseconds. */
export type TranscriptEntry = RunEntry | StartEntry | EmitEntry | LogEntry | EndEntry | SummaryEntry

/** The first line. */
export interface RunEntry {
  readonly kind: 'run'
  readonly version: 1
  readonly topology: string
  readonly stage: string
  readonly seed: string
}

/** A handler was called. `parent`, `from` and `topic` are absent if there is none; `event` if it is `undefined`. */
export interface StartEntry {
  readonly kind: 'start'
  readonly at: number
  readonly processor: string
  readonly message: string
  readonly root: string
  readonly parent?: string
  readonly from?: string
  readonly topic?: string
  readonly key?: string
  readonly hop: number
  readonly attempt: number
  /** The handler of `parent` invoked it and waits for its end. */
  readonly invoked?: true
  readonly event?: unknown
}

/**
 * The handler of `message` emitted `id`; `to` lists the processors that will receive it. If it is empty, the emit is an
 * output of the run.
 */
export interface EmitEntry {
  readonly kind: 'emit'
  readonly at: number
  readonly processor: string
  readonly message: string
  readonly id: string
  readonly topic: string
  readonly key?: string
  readonly data?: unknown
  readonly to: readonly string[]
}

/** A line that the handler wrote, by `console` or `context.log`. */
export interface LogEntry {
  readonly kind: 'log'
  readonly at: number
  readonly processor: string
  readonly message: string
  readonly level: LogLevel
  readonly text: string
}

/** How serious a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The outcome of one attempt; `error` when it is not `ok`, `retryAt` (virtual ms) when it is `retry`. */
export interface EndEntry {
  readonly kind: 'end'
  readonly at: number
  readonly processor: string
  readonly message: string
  readonly outcome: 'ok' | 'retry' | 'failed'
  readonly retryAt?: number
  /** Real milliseconds from call to completion, if timings are on. */
  readonly tookMs?: number
  /** Another handler invoked it, and receives its result or error. */
  readonly invoked?: true
  /** In `attak simulate`, the stack contains only the user's own frames. */
  readonly error?: Thrown
  /** The handler's result, if it was invoked. */
  readonly result?: unknown
}

/** The last line. `handled` counts messages whose last outcome is ok; `failed` the error records. */
export interface SummaryEntry {
  readonly kind: 'summary'
  readonly handled: Readonly<Record<string, number>>
  readonly emitted: Readonly<Record<string, number>>
  readonly outputs: number
  readonly failed: number
  /** Real milliseconds of the run, if timings are on. */
  readonly tookMs?: number
}
