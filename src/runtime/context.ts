import { format } from 'node:util'
import type { Callback, Context, EmitOptions, Logger } from '../topology/handler.ts'
import type { State } from '../topology/state.ts'
import { stateOf } from './context-state.ts'
import { emit } from './emit.ts'
import {
  abortOf,
  type Failure,
  type Invocation,
  type LogLevel,
  type ProcessorRuntime,
  type Rare,
  rareOf,
} from './invocation.ts'
import { invoke } from './invoke.ts'
import { idOf, type Message, parentIdOf, rootIdOf, traceparentOf } from './message.ts'
import { failureOfCallback, settle } from './settle.ts'

/**
 * An invocation, and the `context` of handlers that only read it by name. A class, since one is made for every message, and
 * methods of a prototype cost nothing to make (row S1 of the benchmarks).
 */
export class InvocationContext implements Invocation {
  declare readonly runtime: ProcessorRuntime
  declare readonly message: Message
  declare startedMs: number
  declare phase: Invocation['phase']
  declare failure: Failure | undefined
  declare firstEmit: Message | undefined
  declare laterEmits: Message[] | undefined
  declare outlasting: boolean
  declare rare: Rare | undefined

  // Assigned here and only declared above: fields that are defined cost a third of a dispatch on Node 20.
  constructor(runtime: ProcessorRuntime, message: Message, startedMs: number) {
    this.runtime = runtime
    this.message = message
    this.startedMs = startedMs
    this.phase = 'running'
    this.failure = undefined
    this.firstEmit = undefined
    this.laterEmits = undefined
    this.outlasting = false
    this.rare = undefined
  }

  get emits(): readonly Message[] {
    const { firstEmit, laterEmits } = this
    return firstEmit === undefined ? [] : laterEmits === undefined ? [firstEmit] : [firstEmit, ...laterEmits]
  }

  get emitted(): number {
    return this.firstEmit === undefined ? 0 : this.laterEmits === undefined ? 1 : 1 + this.laterEmits.length
  }

  get processor(): string {
    return this.runtime.name
  }

  get topology(): string {
    return this.runtime.topology
  }

  get stage(): string {
    return this.runtime.stage
  }

  get id(): string {
    return idOf(this.message)
  }

  get topic(): string | undefined {
    return this.message.topic
  }

  get from(): string | undefined {
    return this.message.edge?.from
  }

  get key(): string | undefined {
    return this.message.key
  }

  get attempt(): number {
    return this.message.attempt
  }

  get hop(): number {
    return this.message.hop
  }

  get root(): string {
    return rootIdOf(this.message.root)
  }

  get parent(): string | undefined {
    return parentIdOf(this.message)
  }

  get traceparent(): string {
    return this.rare?.span?.traceparent ?? traceparentOf(this.message)
  }

  get signal(): AbortSignal {
    return abortOf(this).signal
  }

  get resources(): unknown {
    return this.runtime.resources?.value
  }

  get state(): State {
    return stateOf(this)
  }

  get log(): Logger {
    const line =
      (level: LogLevel) =>
      (...args: unknown[]) =>
        this.runtime.host.log(this, level, format(...args))
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }

  // Called only as a method of its context: handlers that take it off get a `contextView`.
  emit(topic: string, data?: unknown, options?: EmitOptions | Callback, callback?: Callback): Promise<void> {
    return emit(this, topic, data, options, callback)
  }

  get invoke(): Context['invoke'] {
    return (processor, data, callback) => invoke(this, processor, data, callback) as Promise<never>
  }

  get invokeLocal(): Context['invokeLocal'] {
    return (processor, ...given) => {
      const callback = given.find((one) => typeof one === 'function') as Callback | undefined
      return invoke(this, processor, given[0] === callback ? undefined : given[0], callback) as Promise<never>
    }
  }

  get succeed(): Context['succeed'] {
    rareOf(this).settlesItself = true
    return (result) => settle(this, undefined, result)
  }

  get fail(): Context['fail'] {
    rareOf(this).settlesItself = true
    return (error) => settle(this, { error: error ?? new Error('context.fail was called without an error') })
  }

  get done(): Context['done'] {
    rareOf(this).settlesItself = true
    return (error, result) => settle(this, failureOfCallback(error), result)
  }

  getRemainingTimeInMillis(): number {
    const { timeoutMs, host } = this.runtime
    const endsMs = Math.min(this.startedMs + timeoutMs, host.endsMs ?? Number.POSITIVE_INFINITY)
    return Math.max(0, endsMs - host.now())
  }
}
