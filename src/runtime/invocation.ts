import { format } from 'node:util'
import { AttakError } from '../errors.ts'
import type { Callback, Context, EmitOptions, Logger } from '../topology/handler.ts'
import { ACCEPTED, type EmitPromise, followEmit } from './emit-promise.ts'
import { idOf, type Message, parentIdOf, rootIdOf, traceparentOf } from './message.ts'
import type { ProcessorRuntime } from './processor.ts'

/** How serious a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line that a handler wrote, when its invocation held `emits` messages. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
  readonly emits: number
}

/** Why an invocation failed; a handler may throw anything, `undefined` too. */
export interface Failure {
  readonly error: unknown
}

/** What few invocations need, made when the first of it is. */
interface Rare {
  /** The handler read `done`, `succeed` or `fail`: its return does not settle it. */
  settlesItself: boolean
  /** Emits in flight or refused. */
  readonly follows: EmitPromise[]
  readonly logs: LogLine[]
  ordinals: Map<string, number> | undefined
  abort: AbortController | undefined
  /** How long it took, in real milliseconds, where that is measured. */
  tookMs: number | undefined
}

/**
 * One attempt to handle one message: what the handler sees as its `context`, and what became of it. A class, since one
 * is made for every message, and methods of a prototype cost nothing to make (row S1 of the benchmarks).
 */
export class Invocation implements Context {
  declare readonly runtime: ProcessorRuntime
  declare readonly message: Message
  /** When it was started, in milliseconds of the host's clock. */
  declare readonly startedMs: number
  /** `settled`: the handler has spoken; `complete`: and every emit was accepted or refused; `committed`: its host is done. */
  declare state: 'running' | 'settled' | 'complete' | 'committed'
  /** Why it failed; undefined while it has not. */
  declare failure: Failure | undefined
  /** What it emitted first, and after that: most emit once, and are spared a list. */
  declare firstEmit: Message | undefined
  declare laterEmits: Message[] | undefined
  /** How many emits that is. */
  declare emitted: number
  /** Its handler has returned and it is not complete: its host waits to hear of that. */
  declare outlasting: boolean
  declare rare: Rare | undefined

  // Assigned here and only declared above: fields that are defined cost a third of a dispatch on Node 20.
  constructor(runtime: ProcessorRuntime, message: Message, startedMs: number) {
    this.runtime = runtime
    this.message = message
    this.startedMs = startedMs
    this.state = 'running'
    this.failure = undefined
    this.firstEmit = undefined
    this.laterEmits = undefined
    this.emitted = 0
    this.outlasting = false
    this.rare = undefined
  }

  /** What it emitted: a message for each receiver, those of one emit side by side. */
  get emits(): readonly Message[] {
    const { firstEmit, laterEmits } = this
    return firstEmit === undefined ? [] : laterEmits === undefined ? [firstEmit] : [firstEmit, ...laterEmits]
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
    return traceparentOf(this.message)
  }

  get signal(): AbortSignal {
    return abortOf(this).signal
  }

  get log(): Logger {
    const line =
      (level: LogLevel) =>
      (...args: unknown[]) =>
        this.runtime.host.log(this, level, format(...args))
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }

  // A getter, so that it works taken off the context (`handler(event, { emit })`). Where it is called at once, the compiler
  // makes no closure; keeping it would make one for each invocation.
  get emit(): Context['emit'] {
    return (topic, data, options, callback) => emit(this, topic, data, options, callback)
  }

  get succeed(): Context['succeed'] {
    rareOf(this).settlesItself = true
    return () => settle(this, undefined)
  }

  get fail(): Context['fail'] {
    rareOf(this).settlesItself = true
    return (error) => settle(this, { error: error ?? new Error('context.fail was called without an error') })
  }

  get done(): Context['done'] {
    rareOf(this).settlesItself = true
    return (error) => settle(this, failureOf(error))
  }

  getRemainingTimeInMillis(): number {
    return Math.max(0, this.runtime.timeoutMs - (this.runtime.host.now() - this.startedMs))
  }

  /** What `console.log(context)` shows: the context, not how it is kept. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { processor, topology, stage, id, topic, from, key, attempt, hop, root, parent } = this
    return { processor, topology, stage, id, topic, from, key, attempt, hop, root, parent }
  }
}

/** A callback's or `done`'s first argument as failure: null and undefined mean success. */
export function failureOf(error: unknown): Failure | undefined {
  return error === undefined || error === null ? undefined : { error }
}

/** The handler has spoken; the first time counts. The invocation is complete when its emits are. */
export function settle(invocation: Invocation, failure: Failure | undefined): void {
  if (invocation.state !== 'running') return
  invocation.state = 'settled'
  invocation.failure = failure
  if (invocation.rare === undefined || invocation.rare.follows.length === 0) complete(invocation)
  else void completeAfterEmits(invocation, invocation.rare.follows)
}

/** Ends it as failed now, whatever its handler and emits still do: its time is up, or the run's. */
export function cutOff(invocation: Invocation, error: unknown): void {
  if (hasEnded(invocation)) return
  invocation.failure = { error }
  abortOf(invocation).abort(error)
  complete(invocation)
}

/** Keeps a line with the invocation that wrote it. */
export function keepLine(invocation: Invocation, level: LogLevel, text: string): void {
  rareOf(invocation).logs.push({ level, text, emits: countEmits(invocation) })
}

/** Keeps how long an invocation took, in real milliseconds. */
export function keepDuration(invocation: Invocation, tookMs: number): void {
  rareOf(invocation).tookMs = tookMs
}

/** Adds a message to what an invocation emitted. */
export function addEmit(invocation: Invocation, message: Message): void {
  if (invocation.firstEmit === undefined) invocation.firstEmit = message
  else if (invocation.laterEmits === undefined) invocation.laterEmits = [message]
  else invocation.laterEmits.push(message)
}

function countEmits({ firstEmit, laterEmits }: Invocation): number {
  return (firstEmit === undefined ? 0 : 1) + (laterEmits?.length ?? 0)
}

/** How many emits with this topic and key came before in this invocation; counts this one. */
export function nextOrdinal(invocation: Invocation, topic: string, key: string | undefined): number {
  const { firstEmit, laterEmits, rare } = invocation
  if (firstEmit === undefined) return 0
  const last = laterEmits === undefined ? firstEmit : laterEmits[laterEmits.length - 1]!
  if (rare?.ordinals === undefined && last.topic === topic && last.key === key) return last.ordinal + 1
  const ordinals = rare?.ordinals ?? new Map([[ordinalName(last.topic, last.key), last.ordinal + 1]])
  rareOf(invocation).ordinals = ordinals
  const name = ordinalName(topic, key)
  const ordinal = ordinals.get(name) ?? 0
  ordinals.set(name, ordinal + 1)
  return ordinal
}

function hasEnded(invocation: Invocation): boolean {
  return invocation.state === 'complete' || invocation.state === 'committed'
}

function ordinalName(topic: string | undefined, key: string | undefined): string {
  return key === undefined ? `=${topic}` : JSON.stringify([topic, key])
}

/** Emits; the way of an emit without options is kept short, since most are such. */
function emit(
  invocation: Invocation,
  topic: string,
  data: unknown,
  options: EmitOptions | Callback | undefined,
  callback: Callback | undefined,
): Promise<void> {
  if (typeof options === 'function') return emit(invocation, topic, data, undefined, options)
  let acceptance: Promise<void> | undefined
  try {
    if (hasEnded(invocation)) throw lateEmit(invocation, topic)
    if (typeof topic !== 'string' || topic === '') throw topicRefusal(topic)
    const key = options === undefined ? undefined : keyOf(topic, options)
    acceptance = invocation.runtime.host.accept(invocation, topic, data, key)
    invocation.emitted++
  } catch (error) {
    acceptance = Promise.reject(error)
  }
  if (acceptance === undefined && callback === undefined) return ACCEPTED
  return follow(invocation, acceptance ?? ACCEPTED, callback)
}

function follow(invocation: Invocation, acceptance: Promise<void>, callback: Callback | undefined): Promise<void> {
  const followed = followEmit(acceptance)
  if (!hasEnded(invocation)) rareOf(invocation).follows.push(followed)
  if (callback !== undefined) {
    const call = (error: unknown) => callSafely(invocation, callback, error)
    followed.promise.then(() => call(null), call)
  }
  return followed.promise
}

function callSafely(invocation: Invocation, callback: Callback, error: unknown): void {
  try {
    callback(error)
  } catch (thrown) {
    settle(invocation, { error: thrown })
  }
}

function keyOf(topic: string, options: EmitOptions): string | undefined {
  if (options === null) return undefined
  if (typeof options !== 'object') throw refusal(`emit of "${topic}": options must be an object, got ${typeof options}`)
  const { key } = options
  if (key === undefined || typeof key === 'string') return key
  throw refusal(`emit of "${topic}": options.key must be a string, got ${format('%o', key)}`)
}

function topicRefusal(topic: unknown): AttakError {
  return refusal(`context.emit: the topic must be a string that is not empty, got ${format('%o', topic)}`)
}

function refusal(message: string): AttakError {
  return new AttakError('EMIT_REFUSED', message, 'Call context.emit(topic, data?, { key }?, callback?).')
}

function lateEmit(invocation: Invocation, topic: string): AttakError {
  const error = new AttakError(
    'EMIT_AFTER_END',
    `"${invocation.processor}" emitted "${topic}" after it had settled (message ${invocation.id})`,
    'Emit before the handler returns, resolves or calls back; await what it starts.',
  )
  invocation.runtime.host.late(invocation, error)
  return error
}

async function completeAfterEmits(invocation: Invocation, follows: readonly EmitPromise[]): Promise<void> {
  for (let settled = 0; settled < follows.length; ) {
    const open = follows.slice(settled)
    settled = follows.length
    await Promise.allSettled(open.map((followed) => followed.acceptance))
  }
  const untaken = follows.find((followed) => followed.refused !== undefined && !followed.taken)
  if (invocation.state === 'settled') {
    invocation.failure ??= untaken?.refused
    complete(invocation)
  }
}

function complete(invocation: Invocation): void {
  invocation.state = 'complete'
  if (invocation.outlasting) invocation.runtime.host.completed(invocation)
}

function abortOf(invocation: Invocation): AbortController {
  const rare = rareOf(invocation)
  rare.abort ??= new AbortController()
  return rare.abort
}

function rareOf(invocation: Invocation): Rare {
  invocation.rare ??= {
    settlesItself: false,
    follows: [],
    logs: [],
    ordinals: undefined,
    abort: undefined,
    tookMs: undefined,
  }
  return invocation.rare
}
