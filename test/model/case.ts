import type { Behavior, Data } from './behavior.ts'

/** Waits between tries; a field that is absent was not given. */
export interface CaseBackoff {
  readonly firstMs?: number
  readonly factor?: number
  readonly maxMs?: number
  readonly jitter?: boolean
}

/** Settings of retries. */
export interface CaseRetries {
  readonly retries?: number
  readonly backoff?: CaseBackoff
}

/** Settings of what carries a stream. */
export interface CaseCarried {
  readonly via?: 'kinesis' | 'sqs'
  readonly fifo?: boolean
  readonly batch?: number
}

/** A processor of a case. */
export interface CaseProcessor extends CaseRetries {
  readonly behavior: Behavior
  /** Seconds. */
  readonly timeout?: number
  readonly retryQueue?: boolean
}

/** A stream of a case. */
export interface CaseStream extends CaseRetries, CaseCarried {
  readonly from: string
  readonly to: string
  readonly topics?: readonly string[]
  readonly stream?: string
}

/** An input of a case. */
export interface CaseInput {
  readonly to: string
  readonly data: Data
  readonly key?: string
  readonly topic?: string
}

/** One topology with handlers and inputs, as data. */
export interface Case extends CaseRetries, CaseCarried {
  readonly hopLimit: number
  readonly processors: Readonly<Record<string, CaseProcessor>>
  readonly streams: readonly CaseStream[]
  readonly inputs: readonly CaseInput[]
}

/** Whether a handler of the case may leave an error that nobody catches. */
export function mayThrowUncaught({ processors }: Case): boolean {
  const scripts = Object.values(processors).flatMap(({ behavior }) => [...behavior.x, ...behavior.other])
  return scripts.some(({ end, late }) => end.end === 'loose' || late.some((one) => one.do === 'throw'))
}

/** Whether a processor has so short a timeout that `attak simulate` may take a busy machine for a handler that hangs. */
export function hasShortTimeout({ processors }: Case): boolean {
  return Object.values(processors).some(({ timeout }) => timeout !== undefined)
}
