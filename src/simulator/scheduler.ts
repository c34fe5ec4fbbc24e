import type { Sender } from '../runtime/carrier.ts'
import { InvocationContext } from '../runtime/context.ts'
import { handle } from '../runtime/handle.ts'
import { type Invocation, keepDuration } from '../runtime/invocation.ts'
import type { Message, Root } from '../runtime/message.ts'
import { cutOff, hasEnded } from '../runtime/settle.ts'
import type { InputEvent } from '../topology/topology.ts'
import type { ResumedEvent } from './intake.ts'
import { type InvokedParts, openInvoked } from './invoked.ts'
import { joinLane, leaveLane } from './lanes.ts'
import {
  inputMessage,
  isResumed,
  messageTo,
  resumedMessage,
  type SimulatedEdge,
  type SimulatedMessage,
  type SimulatedProcessor,
} from './message.ts'
import { createQueue, dequeue, enqueue, itemsOf, oldest } from './queue.ts'
import type { Recorder } from './recorder.ts'
import { openRetries } from './retries.ts'

/**
 * Decides what runs next. Handlers are started in one order and committed in the same, whatever order they finish in: a
 * commit makes an invocation's emits visible, so that what starts next depends on the input alone.
 */
export interface Scheduler {
  /**
   * Starts messages that may start, the oldest first. Takes an event of the input where no message may start. Stops after
   * the first step that is made after `endMs` (real). Returns whether it did anything.
   */
  work(endMs: number): boolean
  /** Real milliseconds when the last step was made: a start, a commit by `commitHead`, or an event taken in that may not start. */
  lookedMs(): number
  /**
   * Runs a message that the handler of `invoker` invokes, beside all else, and gives what it settles with as JSON carries
   * it. It is committed after its invoker, in the order of the calls.
   */
  invoke(invoker: Invocation, message: SimulatedMessage): Promise<unknown>
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

/** What a scheduler works with. */
export interface SchedulerParts extends InvokedParts {
  readonly seed: string
  /** Invocations that are started and not committed. */
  readonly concurrency: number
  /** Roots taken from the input that are not done. */
  readonly openRoots: number
  /** The next event of the input, where one is at hand. */
  readonly nextInput: () => InputEvent | undefined
  /** The edge of inputs to a processor. */
  readonly edgeTo: (processor: string) => SimulatedEdge
  /** The edge that an event came over before it was resumed. */
  readonly edgeOf: (resumed: ResumedEvent) => SimulatedEdge
  readonly openSender: (arrive: (message: Message) => void) => Sender
  readonly recorder: Recorder | undefined
}

/** Makes a scheduler with nothing to do. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { seed, concurrency, openRoots, nextInput, edgeTo, edgeOf, recorder, current, now, timed } = parts
  /** What starts next, before all that is ready. */
  let next: SimulatedMessage | undefined
  const ready = createQueue<SimulatedMessage>()
  const uncommitted = createQueue<Invocation>()
  const retries = openRetries()
  const counts: Counts = { roots: 0, openRoots: 0, outputs: 0, failed: 0 }
  let nowMs = 0
  let lookedMs = Number.NEGATIVE_INFINITY

  const work = (endMs: number) => {
    // Kept here, not outside: to store what is new in what is old costs the collector (5 ns a message).
    let first = next
    let worked = false
    while (lookedMs <= endMs && uncommitted.size < concurrency) {
      const message = first === undefined && ready.size > 0 ? dequeue(ready) : first
      if (message === undefined) {
        const { roots } = counts
        first = admit()
        if (counts.roots === roots) break
        if (first === undefined) lookedMs = now()
      } else {
        const after = message.receivers!.next
        first = after === undefined ? undefined : messageTo(message, after)
        const emitted = start(message, first === undefined)
        if (first === undefined) first = emitted
      }
      worked = true
    }
    next = first
    return worked
  }

  /** Gives what it emitted, where that is one message that may start next, which `isFirst` says of it: see `arrive`. */
  const start = (message: SimulatedMessage, isFirst: boolean): SimulatedMessage | undefined => {
    const { receiver, copier } = message.edge!
    const event = copier.copy(message.data)
    lookedMs = now()
    const invocation = new InvocationContext(receiver, message, lookedMs)
    current.run(invocation, handle, event)
    if (invocation.state !== 'complete') invocation.outlasting = true
    else {
      if (timed) keepDuration(invocation, now() - invocation.startedMs)
      if (uncommitted.size === 0) return commit(invocation, isFirst)
    }
    enqueue(uncommitted, invocation)
    return undefined
  }

  const commit = (invocation: Invocation, isFirst: boolean): SimulatedMessage | undefined => {
    const { failure, firstEmit, laterEmits } = invocation
    const receiver = invocation.runtime as SimulatedProcessor
    const message = invocation.message as SimulatedMessage
    invocation.state = 'committed'
    const retryAtMs = failure === undefined ? undefined : retries.timeOf(invocation, failure, nowMs)
    if (failure === undefined) receiver.handled++
    else if (retryAtMs === undefined && message.edge?.invoked !== true) counts.failed++
    if (recorder !== undefined) {
      const outcome = failure === undefined ? 'ok' : retryAtMs === undefined ? 'failed' : 'retry'
      recorder.commit(invocation, nowMs, outcome, retryAtMs)
    }
    let passed: SimulatedMessage | undefined
    if (firstEmit !== undefined) {
      receiver.emitted += laterEmits === undefined ? 1 : 1 + laterEmits.length
      if (laterEmits === undefined) passed = arrive(firstEmit as SimulatedMessage, isFirst)
      else sender.send(invocation.emits)
    }
    if (invoked.size() > 0) commitInvoked(invocation)
    if (retryAtMs === undefined) finish(message)
    else retries.add(message, retryAtMs)
    return passed
  }

  /** Those that outlast their invoker, whose time was up, are committed when it is their turn. */
  const commitInvoked = (invoker: Invocation) => {
    for (const invocation of invoked.take(invoker)) {
      if (invocation.state === 'complete') commit(invocation, false)
      else enqueue(uncommitted, invocation)
    }
  }

  /** Gives the message itself, where `isFirst` and nothing is ready before it: then it need not pass the queue. */
  const arrive = (message: SimulatedMessage, isFirst: boolean): SimulatedMessage | undefined => {
    const { receivers, key } = message
    if (receivers === undefined) counts.outputs++
    else {
      message.root.pending += receivers.count
      if (key !== undefined) joinLanes(message, key)
      else if (isFirst && ready.size === 0) return message
      else enqueue(ready, message)
    }
    return undefined
  }

  const joinLanes = (message: SimulatedMessage, key: string) => {
    for (let at = message.receivers; at !== undefined; at = at.next) {
      const own = messageTo(message, at.edge.alone)
      if (joinLane(at.edge.lanes, key, own)) enqueue(ready, own)
    }
  }

  const finish = (message: SimulatedMessage) => {
    if (message.key !== undefined) {
      const next = leaveLane(message.edge!.lanes, message.key)
      if (next !== undefined) enqueue(ready, next)
    }
    retries.forget(message)
    if (--message.root.pending === 0) counts.openRoots--
  }

  /** Takes in an event of the input, where there is one and room for it, and gives its message, if that may start. */
  const admit = (): SimulatedMessage | undefined => {
    const input = counts.openRoots < openRoots ? nextInput() : undefined
    if (input === undefined) return undefined
    const root: Root = { seed, position: counts.roots, pending: 0, id: undefined }
    const message = isResumed(input)
      ? resumedMessage(root, edgeOf(input), input)
      : inputMessage(root, edgeTo(input.to), input)
    counts.roots++
    counts.openRoots++
    return arrive(message, true)
  }

  const sender = parts.openSender((message) => void arrive(message as SimulatedMessage, false))
  const invoked = openInvoked({ current, now, timed })

  return {
    work,
    lookedMs: () => lookedMs,
    invoke: invoked.run,
    head: () => oldest(uncommitted),
    commitHead() {
      const invocation = dequeue(uncommitted)
      const passed = invocation && commit(invocation, next === undefined)
      next ??= passed
      lookedMs = now()
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
      for (const outer of itemsOf(uncommitted)) {
        for (const invocation of invoked.within(outer)) {
          // What listens to its signal is the handler's own code.
          if (!hasEnded(invocation) && isOver(invocation)) current.run(invocation, cutOff, errorOf(invocation))
        }
      }
    },
    hasRoom: () => uncommitted.size < concurrency && counts.openRoots < openRoots,
    nowMs: () => nowMs,
    waiting: () => retries.size(),
    counts,
  }
}
