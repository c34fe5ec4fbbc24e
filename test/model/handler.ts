import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, Retry } from 'attak'
import { type Behavior, type Late, makeValue, mutate, type Script, type Step, scriptOf } from './behavior.ts'

/** What really happened, in the order of real time; a transcript has another order. */
export interface Probed {
  readonly what: 'start' | 'settle' | 'leak'
  readonly processor: string
  readonly message: string
  readonly attempt: number
}

type Settle = (error?: unknown) => void

const store = new AsyncLocalStorage<string>()

/** The timers that settled handlers left behind; a run is closed after the last one, so that none outlives it. */
const timers = new Set<Promise<void>>()

/** Waits until what settled handlers left behind has happened. */
export async function lateTimers(): Promise<void> {
  await Promise.all(timers)
  timers.clear()
}

/** Makes a handler that does what a behavior says, and calls `probe` when it starts and settles. */
export function handlerOf(behavior: Behavior, probe: (probed: Probed) => void) {
  const begin = (event: unknown, context: Context) => {
    const { processor, id: message, attempt } = context
    const tell = (what: Probed['what']) => probe({ what, processor, message, attempt })
    if (store.getStore() !== undefined) tell('leak')
    store.enterWith(message)
    tell('start')
    const script = scriptOf(behavior, context.topic, attempt)
    return { script, done: perform(script.steps, 0, event, context), settled: () => tell('settle') }
  }
  const byReturn = (event: unknown, context: Context): unknown => {
    const { script, done, settled } = begin(event, context)
    const last = () => conclude(script, context, settled)
    if (behavior.shape === 'sync') return last()
    return Promise.resolve(done).then(last)
  }
  const byCall = (event: unknown, context: Context, settle: Settle): unknown => {
    const { script, done, settled } = begin(event, context)
    const last = () => concludeBy(script, context, settle, settled)
    if (done === undefined) last()
    else
      done.then(last, (error) => {
        settled()
        settle(error)
      })
    return behavior.shape === 'setting' ? Promise.resolve('ignored') : undefined
  }
  switch (behavior.shape) {
    case 'sync':
      return byReturn
    case 'async':
      return async (event: unknown, context: Context) => byReturn(event, context)
    case 'thenable':
      return (event: unknown, context: Context) => {
        const promise = byReturn(event, context) as Promise<unknown>
        // biome-ignore lint/suspicious/noThenProperty: this is what a thenable is.
        return { then: (resolve: () => void, reject: Settle) => void promise.then(resolve, reject) }
      }
    case 'callback':
      return (event: unknown, context: Context, callback: Settle) => byCall(event, context, callback)
    case 'context':
      return (event: unknown, context: Context) => {
        const { succeed, fail } = context
        return byCall(event, context, (error) => (error === undefined ? succeed() : fail(error)))
      }
    case 'setting':
      return (...given: [unknown, Context, Settle]) => byCall(...given)
  }
}

/** Does the steps from `first` on; gives a promise only if one of them has to wait. */
function perform(steps: readonly Step[], first: number, event: unknown, context: Context): Promise<void> | undefined {
  for (let index = first; index < steps.length; index++) {
    const pending = performStep(steps[index]!, event, context)
    if (pending !== undefined) return pending.then(() => perform(steps, index + 1, event, context))
  }
  return undefined
}

function performStep(step: Step, event: unknown, context: Context): Promise<void> | undefined {
  if (step.do === 'wait') return new Promise((resolve) => setTimeout(resolve, step.ms))
  if (step.do === 'log') context.log.info(step.text)
  else if (step.do === 'mutate') mutate(event)
  else {
    const value = makeValue(step.data, event, context)
    const options = step.key === undefined ? {} : { key: step.key }
    const accepted = context.emit(step.topic, value, options, step.take === 'callback' ? () => {} : undefined)
    if (step.thenMutate) mutate(value)
    if (step.take === 'catch') accepted.catch(() => {})
    if (step.take === 'await') return accepted
  }
  return undefined
}

/** Settles by returning or throwing, or by what nobody catches. */
function conclude({ end, late }: Script, context: Context, settled: () => void): unknown {
  if (end.end !== 'never' && end.end !== 'loose') for (const one of late) beLateByTimer(one.do, context)
  switch (end.end) {
    case 'throw':
      settled()
      throw new Error(end.text)
    case 'retry':
      settled()
      throw new Retry(end.afterMs)
    case 'never':
      return new Promise(() => {})
    case 'loose':
      loosen(end.how)
      return new Promise(() => {})
    default:
      settled()
      return 'returned'
  }
}

/** Settles by a call. */
function concludeBy({ end, late }: Script, context: Context, settle: Settle, settled: () => void): void {
  if (end.end === 'never') return
  if (end.end === 'loose') {
    loosen(end.how)
    return
  }
  settled()
  if (end.end === 'throw') settle(new Error(end.text))
  else if (end.end === 'retry') settle(new Retry(end.afterMs))
  else settle()
  if (end.end === 'throw' && end.twice) settle()
  if (end.end === 'ok-then-error') settle(new Error('second call'))
  for (const one of late) {
    if (one.when === 'sync') beLate(one.do, context)
    else if (one.when === 'tick') void Promise.resolve().then(() => beLate(one.do, context))
    else beLateByTimer(one.do, context)
  }
}

function loosen(how: 'timer' | 'promise'): void {
  const error = new Error('loose')
  if (how === 'promise') void Promise.reject(error)
  else
    setTimeout(() => {
      throw error
    }, 1)
}

function beLateByTimer(what: Late['do'], context: Context): void {
  const fired = new Promise<void>((resolve) => {
    setTimeout(() => {
      resolve()
      beLate(what, context)
    }, 3)
  })
  timers.add(fired)
}

function beLate(what: Late['do'], context: Context): void {
  if (what === 'throw') throw new Error('late error')
  const accepted = context.emit('late', 'late')
  if (what === 'caught emit') accepted.catch(() => {})
}
