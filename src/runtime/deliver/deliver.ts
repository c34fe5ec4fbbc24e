import type { Delivery } from '../carrier.ts'
import type { Invocation, InvocationHost, ProcessorRuntime } from '../invocation.ts'
import { attemptCompleted, attemptSettled, startAttempt } from './attempt.ts'
import { cutOffLate, giveUp, isHeld, nextEndMs, settleRound, stopStarting } from './end.ts'
import { type DeliverParts, endsOf, openRecords, type Round } from './round.ts'
import { nextTask, setWaitingAside } from './tasks.ts'

/**
 * Runs the messages of an invocation payload, and returns the records to redeliver. Messages with one key run one after
 * the other; all others run at once, up to `concurrency`. A message is done when it is complete, or recorded as failed.
 * A message to retry waits here if there is time, and others run meanwhile. Otherwise it waits in the retry place, if
 * it may leave its stream. Messages that there is no time for are left, by whole records; `progress` remembers which of
 * their messages are done. If only messages are left that must wait in their stream, the invocation lasts as long as it
 * can.
 *
 * The next message with the same key starts when the previous handler succeeds: its emits need not be accepted by then.
 * A record that the end of an invocation cut short gets the next invocation to itself. If that ends early, too, its
 * running messages fail with `TIMEOUT`, so that the rest of its stream continues.
 */
export function deliver(deliveries: readonly Delivery[], parts: DeliverParts): Promise<ReadonlySet<string>> {
  return new Promise((answer) => {
    const driver: Driver = {
      round: openRound(deliveries, parts, {
        settled: (invocation) => goOn(driver, attemptSettled, invocation),
        completed: (invocation) => goOn(driver, attemptCompleted, invocation),
        wake: () => pump(driver),
        accept: (invocation, topic, data, key) => {
          if (!driver.pumping) look(driver)
          return parts.host.accept(invocation, topic, data, key)
        },
      }),
      answer,
      pumping: false,
      answered: false,
      goingOn: false,
      looking: false,
      watchedMs: Number.POSITIVE_INFINITY,
      unwatch: () => {},
    }
    pump(driver)
  })
}

/** How long starting handlers may block the thread, before timers and the network get their turn. */
const SLICE_MS = 10

/** The state of a round until it is answered. */
interface Driver {
  readonly round: Round
  readonly answer: (failed: ReadonlySet<string>) => void
  /** Handlers are being started. */
  pumping: boolean
  answered: boolean
  /** It will continue when this turn's microtasks have run. */
  goingOn: boolean
  /** It will look for emits to send when this turn of the event loop has ended. */
  looking: boolean
  /** When it looks for handlers whose time is up. */
  watchedMs: number
  unwatch: () => void
}

/** Continues after an event. Emits that traveled together make many messages complete at once. */
function goOn(driver: Driver, take: (round: Round, invocation: Invocation) => void, invocation: Invocation): void {
  const { round } = driver
  round.nowMs = round.parts.now()
  if (!driver.goingOn) {
    driver.goingOn = true
    queueMicrotask(() => {
      driver.goingOn = false
      pump(driver)
    })
  }
  take(round, invocation)
}

function pump(driver: Driver): void {
  if (!driver.pumping && !driver.answered) driver.round.parts.current.apart(() => start(driver))
}

function start(driver: Driver): void {
  const { round } = driver
  const { parts } = round
  driver.pumping = true
  round.nowMs = parts.now()
  if (!startAll(round)) {
    parts.after(0, () => {
      driver.pumping = false
      pump(driver)
    })
    return
  }
  setWaitingAside(round)
  driver.pumping = false
  if (isIdle(round)) parts.idle()
  else if (round.handlers > 0) look(driver)
  if (isDone(round) && !isHeld(round)) finish(driver)
  else watch(driver)
}

/** Sends the emits when this turn of the event loop has ended and every handler waits only for them. */
function look(driver: Driver): void {
  if (driver.looking) return
  const { round } = driver
  driver.looking = true
  round.parts.after(0, () => {
    driver.looking = false
    if (round.handlers > 0 && allAwaitEmits(round)) round.parts.idle()
  })
}

function watch(driver: Driver): void {
  const { round } = driver
  const endMs = nextEndMs(round)
  if (endMs >= driver.watchedMs) return
  driver.unwatch()
  driver.watchedMs = endMs
  driver.unwatch = round.parts.after(Math.max(0, endMs - round.nowMs), () => {
    driver.watchedMs = Number.POSITIVE_INFINITY
    if (!driver.answered) round.parts.current.apart(() => endLate(driver))
  })
}

function endLate(driver: Driver): void {
  const { round } = driver
  round.nowMs = round.parts.now()
  if (round.nowMs >= round.answerMs) {
    giveUp(round)
    finish(driver)
  } else {
    cutOffLate(round)
    pump(driver)
    if (!driver.answered) watch(driver)
  }
}

function finish(driver: Driver): void {
  driver.answered = true
  driver.unwatch()
  driver.answer(settleRound(driver.round))
}

type Hooks = Required<Pick<InvocationHost, 'settled' | 'completed' | 'accept'>> & Pick<Round, 'wake'>

function openRound(deliveries: readonly Delivery[], parts: DeliverParts, hooks: Hooks): Round {
  const nowMs = parts.now()
  const { stopMs, answerMs } = endsOf(nowMs, parts.endsMs)
  const { records, alone } = openRecords(deliveries, parts.progress)
  const round: Round = {
    parts,
    leases: undefined,
    runtime: runtimeOf(parts, hooks, stopMs),
    records,
    alone,
    cursor: { record: 0, message: 0 },
    lanes: new Map(),
    ready: [],
    running: new Map(),
    handlers: 0,
    waiting: new Map(),
    left: new Set(),
    saving: new Map(),
    again: undefined,
    started: 0,
    nowMs,
    over: false,
    stopMs,
    answerMs,
    wake: hooks.wake,
  }
  round.leases = parts.leases?.(round)
  return round
}

/**
 * Lists each name: a spread object has a different shape each time, for which the code compiled for the last payload is
 * not optimized. The compiler checks that none is missing.
 */
function runtimeOf({ processor, host, now }: DeliverParts, hooks: Hooks, endsMs: number): ProcessorRuntime {
  const { accept, settled, completed } = hooks
  const { invoke, late, log } = host
  const { name, topology, stage, timeoutMs, handler, self, input, invokes, resources, state, spans } = processor
  const { seesCallback, takesContext, settlesByCallback, ignoresFulfillment } = processor
  return {
    name,
    topology,
    stage,
    timeoutMs,
    handler,
    self,
    input,
    seesCallback,
    takesContext,
    settlesByCallback,
    ignoresFulfillment,
    invokes,
    host: { accept, invoke, late, log, settled, completed, turn: undefined, now, endsMs } satisfies All<InvocationHost>,
    resources,
    state,
    hasResult: false,
    spans,
  } satisfies All<ProcessorRuntime>
}

/** A type that names every field, including optional ones. */
type All<T> = Record<keyof T, unknown>

/** Starts the tasks that may start. Returns false if that takes so long that other code must get the thread. */
function startAll(round: Round): boolean {
  const sliceEndMs = round.nowMs + SLICE_MS
  while (hasRoom(round)) {
    if (!round.over && hasNoTime(round)) stopStarting(round)
    if (round.over) return true
    const task = nextTask(round)
    if (task === undefined) return true
    if (round.leases?.has(task) === false) continue
    startAttempt(round, task)
    if (round.nowMs > sliceEndMs) return false
  }
  return true
}

/** No handler runs, or will when the store has answered. */
function isIdle({ handlers, leases }: Round): boolean {
  return handlers === 0 && (leases === undefined || leases.asking() === 0)
}

/** Whether each handler that runs waits for its last emit to be accepted. */
function allAwaitEmits({ running }: Round): boolean {
  for (const { phase, rare } of running.keys()) {
    const last = rare?.follows.at(-1)
    if (phase === 'running' && (last === undefined || !last.awaited || last.acceptance.isSettled)) return false
  }
  return true
}

/** Counts requested leases, because each starts a handler when it is granted. */
function hasRoom({ handlers, leases, parts }: Round): boolean {
  return handlers + (leases === undefined ? 0 : leases.asking()) < parts.concurrency
}

/** Whether a task that starts now may not end in time, judging by earlier durations. The first task is always tried. */
function hasNoTime({ parts, nowMs, stopMs, started, runtime, leases }: Round): boolean {
  return (
    (started > 0 || leases?.hasWaited() === true) &&
    nowMs + Math.min(runtime.timeoutMs, parts.progress.slowMs) >= stopMs
  )
}

function isDone({ running, waiting, saving, ready, over, leases }: Round): boolean {
  if (leases?.isQuiet() === false) return false
  return running.size === 0 && waiting.size === 0 && saving.size === 0 && (over || ready.length === 0)
}
