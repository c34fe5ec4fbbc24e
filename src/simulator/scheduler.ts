import type { Current } from '../runtime/current.ts'
import { handle } from '../runtime/handle.ts'
import { Invocation } from '../runtime/invocation.ts'
import { copyForInvoke } from '../runtime/invoke.ts'
import { FirstAttempt, type Message, type Root } from '../runtime/message.ts'
import { SURE_OF_PROMPTNESS } from '../runtime/processor.ts'
import { keepDuration, rareOf } from '../runtime/rare.ts'
import { settleFailure } from '../runtime/retry.ts'
import { cutOff, hasEnded } from '../runtime/settle.ts'
import { describeThrown, errorOfThrown } from '../runtime/thrown.ts'
import type { Transport } from '../runtime/transport.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { ResumedEvent } from './intake.ts'
import type { SimulatedEdge, SimulatedProcessor } from './network.ts'
import { createQueue, dequeue, enqueue, itemsOf, oldest, putBack } from './queue.ts'
import type { Recorder } from './recorder.ts'
import { createTimers } from './timers.ts'

/**
 * Decides what runs next. Handlers are started in one order and committed in the same, whatever order they finish in: a
 * commit makes an invocation's emits visible, so that what starts next depends on the input alone.
 */
export interface Scheduler {
  /**
   * Starts messages that may start, the oldest first, and where nothing else may takes in an event of the input. At most
   * so many steps; gives how many.
   */
  work(most: number): number
  /**
   * Runs a message that the handler of `invoker` invokes, beside all else, and gives what it settles with as JSON carries
   * it. It is committed after its invoker, in the order of the calls.
   */
  invoke(invoker: Invocation, message: Message): Promise<unknown>
  /** The oldest invocation that is not committed. */
  head(): Invocation | undefined
  /** Commits the oldest invocation, which must be complete. */
  commitHead(): void
  /**
   * When nothing can start and nothing runs: moves virtual time to what is due next. False when nothing is by `untilMs`;
   * that is then the time, unless it is infinite.
   */
  advance(untilMs: number): boolean
  /** Ends every running invocation that `isOver`. */
  cutOff(isOver: (invocation: Invocation) => boolean, errorOf: (invocation: Invocation) => unknown): void
  /** Whether one more event of the input may be taken in. */
  hasRoom(): boolean
  /** Virtual milliseconds. */
  nowMs(): number
  /** How many messages wait for a later time. */
  waiting(): number
  readonly counts: Counts
}

/** What a run has come to so far. */
export interface Counts {
  /** Roots taken from the input. */
  roots: number
  /** Roots with messages that are not done. */
  openRoots: number
  outputs: number
  failed: number
}

/** A real clock, read once for many messages. */
export interface Clock {
  /** Milliseconds; may be some milliseconds old. */
  nowMs: number
  /** Set where each message is to be timed: reads the clock. */
  readonly exact: (() => number) | undefined
}

/** What a scheduler works with. */
export interface SchedulerParts {
  readonly seed: string
  /** Invocations that are started and not committed. */
  readonly concurrency: number
  /** Roots taken from the input that are not done. */
  readonly openRoots: number
  /** The next event of the input, where one is at hand. */
  readonly nextInput: () => InputEvent | undefined
  /** The way of inputs to a processor. */
  readonly edgeTo: (processor: string) => SimulatedEdge
  /** The way that an event came before it was resumed. */
  readonly edgeOf: (resumed: ResumedEvent) => SimulatedEdge
  readonly transport: (arrive: (message: Message) => void) => Transport
  readonly recorder: Recorder | undefined
  readonly current: Current | undefined
  readonly clock: Clock
}

/** Makes a scheduler with nothing to do. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { seed, concurrency, openRoots, nextInput, edgeTo, edgeOf, recorder, current, clock } = parts
  const ready = createQueue<Message>()
  const uncommitted = createQueue<Invocation>()
  const retries = createTimers<Message>()
  const askedRetries = new Map<Message, number>()
  const counts: Counts = { roots: 0, openRoots: 0, outputs: 0, failed: 0 }
  /** Invocations that were invoked, by who did it, until that one is committed. */
  const invoked = new Map<Invocation, Invocation[]>()
  let nowMs = 0

  /** Gives the message that may start next, if it is at hand: see `commit`. */
  const start = (message: Message): Message | undefined => {
    const { receiver, copier } = message.edge as SimulatedEdge
    const invocation = new Invocation(receiver, message, clock.exact === undefined ? clock.nowMs : clock.exact())
    current?.enter(invocation, receiver.promptRuns < SURE_OF_PROMPTNESS)
    handle(invocation, copier.copy(message.data))
    current?.leave(invocation)
    if (invocation.state !== 'complete') {
      receiver.promptRuns = Number.MIN_SAFE_INTEGER
      invocation.outlasting = true
    } else {
      if (receiver.promptRuns < SURE_OF_PROMPTNESS) receiver.promptRuns++
      if (clock.exact !== undefined) keepDuration(invocation, clock.exact() - invocation.startedMs)
      if (uncommitted.size === 0) return commit(invocation, receiver)
    }
    enqueue(uncommitted, invocation)
    return undefined
  }

  const startInvoked = (invoker: Invocation, message: Message, answer: (invocation: Invocation) => void) => {
    const { receiver, copier } = message.edge as SimulatedEdge
    const invocation = new Invocation(receiver, message, receiver.host.now())
    rareOf(invocation).invoked = { result: undefined, answer: () => answer(invocation) }
    const others = invoked.get(invoker)
    if (others === undefined) invoked.set(invoker, [invocation])
    else others.push(invocation)
    message.root.pending++
    current?.enter(invocation, true)
    handle(invocation, copier.copy(message.data))
    current?.leave(invocation)
    if (invocation.state === 'complete') {
      if (clock.exact !== undefined) keepDuration(invocation, clock.exact() - invocation.startedMs)
      answer(invocation)
    } else {
      receiver.promptRuns = Number.MIN_SAFE_INTEGER
      invocation.outlasting = true
    }
  }

  /** Those that outlast their invoker, whose time was up, are committed when it is their turn. */
  const commitInvoked = (invoker: Invocation) => {
    const invocations = invoked.get(invoker) ?? []
    invoked.delete(invoker)
    for (const invocation of invocations) {
      if (invocation.state !== 'complete') enqueue(uncommitted, invocation)
      else queueAlone(commit(invocation, invocation.runtime as SimulatedProcessor))
    }
  }

  /** Gives what it emitted, where that is one message that nothing waits before: it need not pass the queue. */
  const commit = (invocation: Invocation, receiver: SimulatedProcessor): Message | undefined => {
    const { message, failure, firstEmit, laterEmits } = invocation
    invocation.state = 'committed'
    receiver.emitted += invocation.emitted
    const retryAtMs = failure === undefined ? undefined : retryTimeOf(message, failure.error)
    if (failure === undefined) receiver.handled++
    else if (retryAtMs === undefined && message.edge?.invoked !== true) counts.failed++
    if (recorder !== undefined) {
      const outcome = failure === undefined ? 'ok' : retryAtMs === undefined ? 'failed' : 'retry'
      recorder.commit(invocation, nowMs, outcome, retryAtMs)
    }
    let next: Message | undefined
    if (firstEmit !== undefined) {
      if (laterEmits === undefined) next = arriveAlone(firstEmit)
      else sender.send(invocation.emits)
    }
    if (invoked.size > 0) {
      queueAlone(next)
      next = undefined
      commitInvoked(invocation)
    }
    if (retryAtMs === undefined) finish(message)
    else retries.add(retryAtMs, nextAttempt(message))
    return next
  }

  /** A message of its own: whoever still holds the one before sees what it was. */
  const nextAttempt = (message: Message) => {
    const next = { ...message, attempt: message.attempt + 1 }
    const asked = askedRetries.get(message)
    askedRetries.delete(message)
    if (asked !== undefined) askedRetries.set(next, asked)
    return next
  }

  const retryTimeOf = (message: Message, error: unknown) => {
    if (message.edge?.invoked) return undefined
    const asked = askedRetries.get(message) ?? 0
    const verdict = settleFailure(message, error, (message.edge as SimulatedEdge).policy, asked)
    if (!verdict.retry) return undefined
    if (verdict.asked) askedRetries.set(message, asked + 1)
    return nowMs + verdict.afterMs
  }

  const finish = (message: Message) => {
    if (message.key !== undefined) freeLane(message, message.key)
    if (askedRetries.size > 0) askedRetries.delete(message)
    if (--message.root.pending === 0) counts.openRoots--
  }

  const freeLane = (message: Message, key: string) => {
    const { lanes } = message.edge as SimulatedEdge
    const waiting = lanes.get(key)
    const next = waiting && dequeue(waiting)
    if (next === undefined) lanes.delete(key)
    else enqueue(ready, next)
  }

  const arrive = (message: Message) => {
    const edge = message.edge as SimulatedEdge | undefined
    if (edge === undefined) {
      counts.outputs++
      return
    }
    message.root.pending++
    if (message.key === undefined) enqueue(ready, message)
    else joinLane(edge, message.key, message)
  }

  const arriveAlone = (message: Message) => {
    if (ready.size > 0 || message.key !== undefined || message.edge === undefined) {
      arrive(message)
      return undefined
    }
    message.root.pending++
    return message
  }

  const queueAlone = (message: Message | undefined) => {
    if (message !== undefined) enqueue(ready, message)
  }

  const joinLane = ({ lanes }: SimulatedEdge, key: string, message: Message) => {
    if (!lanes.has(key)) {
      lanes.set(key, undefined)
      enqueue(ready, message)
      return
    }
    const waiting = lanes.get(key) ?? createQueue<Message>()
    enqueue(waiting, message)
    lanes.set(key, waiting)
  }

  /** Gives the message of an input, where that may start at once. */
  const admit = (input: InputEvent) => {
    const root: Root = { seed, position: counts.roots, pending: 0, id: undefined }
    const message = isResumed(input) ? resumedOf(root, edgeOf(input), input) : inputOf(root, edgeTo(input.to), input)
    counts.roots++
    counts.openRoots++
    return arriveAlone(message)
  }

  const hasRoom = () => uncommitted.size < concurrency && counts.openRoots < openRoots

  const work = (most: number) => {
    let steps = 0
    let next = dequeue(ready)
    while (steps < most && uncommitted.size < concurrency) {
      if (next !== undefined) next = start(next)
      else {
        const input = counts.openRoots < openRoots ? nextInput() : undefined
        if (input === undefined) break
        next = admit(input)
      }
      next ??= dequeue(ready)
      steps++
    }
    if (next !== undefined) putBack(ready, next)
    return steps
  }

  const sender = parts.transport(arrive).open('')

  return {
    work,
    invoke: (invoker, message) =>
      new Promise((resolve, reject) => {
        // In a turn of its own, since whose code runs is known by turns.
        queueMicrotask(() => {
          if (hasEnded(invoker)) reject(invoker.failure?.error)
          else startInvoked(invoker, message, (invocation) => answerInvoked(invocation, resolve, reject))
        })
      }),
    head: () => oldest(uncommitted),
    commitHead() {
      const invocation = dequeue(uncommitted)
      const next = invocation && commit(invocation, invocation.runtime as SimulatedProcessor)
      if (next !== undefined) putBack(ready, next)
    },
    advance(untilMs) {
      const nextMs = retries.nextMs() ?? Number.POSITIVE_INFINITY
      if (nextMs > untilMs || nextMs === Number.POSITIVE_INFINITY) {
        if (untilMs !== Number.POSITIVE_INFINITY) nowMs = untilMs
        return false
      }
      nowMs = nextMs
      while (retries.nextMs() === nowMs) enqueue(ready, retries.shift()!)
      return true
    },
    cutOff(isOver, errorOf) {
      const cut = (invocation: Invocation) => {
        for (const other of invoked.get(invocation) ?? []) cut(other)
        if (isOver(invocation)) cutOff(invocation, errorOf(invocation))
      }
      for (const invocation of itemsOf(uncommitted)) cut(invocation)
    },
    hasRoom,
    nowMs: () => nowMs,
    waiting: () => retries.size,
    counts,
  }
}

/** Settles what an invoker waits for, with what a deployed one would get: values as JSON carries them, errors described. */
function answerInvoked(
  invocation: Invocation,
  resolve: (value: unknown) => void,
  reject: (error: Error) => void,
): void {
  const back = invocation.rare?.invoked
  if (invocation.failure === undefined && back !== undefined) {
    try {
      back.result = copyForInvoke(invocation.processor, 'answer', back.result)
      resolve(back.result)
      return
    } catch (error) {
      invocation.failure = { error }
    }
  }
  reject(errorOfThrown(describeThrown(invocation.failure?.error)))
}

function inputOf(root: Root, edge: SimulatedEdge, { event, key, topic }: InputEvent): Message {
  return new FirstAttempt({ data: event, topic, key, edge, parent: undefined, root, ordinal: 0, hop: 1 })
}

function isResumed(input: InputEvent | ResumedEvent): input is ResumedEvent {
  return (input as Partial<ResumedEvent>).resumed !== undefined
}

function resumedOf(root: Root, edge: SimulatedEdge, { event, key, topic, resumed }: ResumedEvent): Message {
  const { id, parent, hop } = resumed
  root.id = resumed.root
  return { ...{ data: event, topic, key, edge, parent, root, hop, id }, ordinal: -1, attempt: 1, row: -1 }
}
