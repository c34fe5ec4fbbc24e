import type { EmitPromise } from './emit-promise.ts'
import type { Invocation } from './invocation.ts'
import type { ProcessSpan } from './spans.ts'

/** How serious a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line that a handler wrote, when its invocation had made `emits` emits. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
  readonly emits: number
}

/** What an invocation that was invoked is to give back. */
export interface Invoked {
  /** What its handler settled with. */
  result: unknown
  /** Hears of its completion where that comes after its handler returned. */
  readonly answer?: () => void
}

/** What few invocations need, made when the first of it is. */
export interface Rare {
  /** The handler read `done`, `succeed` or `fail`: its return does not settle it. */
  settlesItself: boolean
  /** Emits in flight or refused. */
  follows: readonly EmitPromise[]
  logs: readonly LogLine[]
  ordinals: Map<string, number> | undefined
  /** How often it invoked each processor. */
  invokes: Map<string, number> | undefined
  /** Set where another processor's handler invoked it and waits for what it settles with. */
  invoked: Invoked | undefined
  abort: AbortController | undefined
  /** What is made of it where the user's project has OpenTelemetry. */
  span: ProcessSpan | undefined
  /** How long it took, in real milliseconds, where that is measured. */
  tookMs: number | undefined
}

/** What few invocations need, of one that does. */
export function rareOf(invocation: Invocation): Rare {
  invocation.rare ??= {
    settlesItself: false,
    follows: NONE,
    logs: NONE,
    ordinals: undefined,
    invokes: undefined,
    invoked: undefined,
    abort: undefined,
    span: undefined,
    tookMs: undefined,
  }
  return invocation.rare
}

/** Shared by all that have none: a list of its own costs each 16 places with its first entry. */
const NONE: readonly never[] = []

/** Keeps an emit or an invoke whose acceptance the invocation waits for. */
export function addFollow(invocation: Invocation, follow: EmitPromise): void {
  const rare = rareOf(invocation)
  if (rare.follows === NONE) rare.follows = [follow]
  else (rare.follows as EmitPromise[]).push(follow)
}

/** What aborts what a handler started. */
export function abortOf(invocation: Invocation): AbortController {
  const rare = rareOf(invocation)
  rare.abort ??= new AbortController()
  return rare.abort
}

/** Keeps a line with the invocation that wrote it. */
export function keepLine(invocation: Invocation, level: LogLevel, text: string): void {
  const rare = rareOf(invocation)
  const line = { level, text, emits: invocation.emitted }
  if (rare.logs === NONE) rare.logs = [line]
  else (rare.logs as LogLine[]).push(line)
}

/** Keeps how long an invocation took, in real milliseconds. */
export function keepDuration(invocation: Invocation, tookMs: number): void {
  rareOf(invocation).tookMs = tookMs
}
