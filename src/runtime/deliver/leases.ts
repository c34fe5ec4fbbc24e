import { contentDigest } from '../content.ts'
import { InvocationContext } from '../context.ts'
import { type Begun, type HandledStore, type Lease, OTHER_DATA } from '../handled.ts'
import { idOf, type Message } from '../message.ts'
import { describeThrown } from '../thrown.ts'
import type { Leases, Round, Task } from './round.ts'
import { closeTask, setAside, startable } from './tasks.ts'

/** A lease ends so long after the platform ends the invocation: what clocks may differ by, with room to spare. */
const LATER_MS = 1000
/** How long one call of the store may take. */
const CALL_MS = 3000
/** How soon it is asked again about what another handles, or after it gave no answer; twice that the next time. */
const FIRST_WAIT_MS = 50
const MOST_WAIT_MS = 2000

/**
 * Keeps what a store knows to be handled from being handled again. A message waits for its lease before its handler starts,
 * and is done when the store knows that it was handled. One that another handles waits here while there is time, and then
 * comes again; so does one about which the store gives no answer.
 */
export function openLeases(store: HandledStore, round: Round): Leases {
  const { parts } = round
  /** What is known of tasks whose leases are asked for, or will be again. */
  const asked = new Map<Task, { readonly lease: Lease; waitMs: number }>()
  const held = new Map<Task, Lease>()
  const asking = new Set<Task>()
  const finishing = new Set<Task>()
  let releasing = 0
  let hasWaited = false

  const goOn = (step: () => void) => {
    round.nowMs = parts.now()
    step()
    round.wake()
  }

  const ask = (task: Task) => {
    const { message } = task
    const question = asked.get(task) ?? { lease: leaseOf(store, round, message), waitMs: FIRST_WAIT_MS }
    asked.set(task, question)
    asking.add(task)
    const leaseMs = parts.endsMs - round.nowMs + LATER_MS
    store.begin(question.lease, { leaseMs, withinMs: callMs(round) }).then(
      (begun) => goOn(() => answered(task, begun)),
      (error) => goOn(() => askLater(task, error as Error)),
    )
  }

  const answered = (task: Task, begun: Begun) => {
    if ('lease' in begun) {
      held.set(task, begun.lease)
      asked.delete(task)
      if (asking.delete(task)) start(task, begun.kind)
      else giveBack(task)
    } else if (begun.kind === 'busy')
      askLater(task, new Error('another invocation is handling it, or did so when it ended'))
    else if (asking.delete(task)) {
      asked.delete(task)
      say(task, 'skipped')
      closeTask(round, task)
    }
  }

  const start = (task: Task, kind: 'new' | 'differs') => {
    if (kind === 'differs') warn(task, OTHER_DATA)
    if (round.over) setAside(round, task)
    else round.ready.push(task)
  }

  const askLater = (task: Task, error: Error) => {
    if (!asking.delete(task)) return
    hasWaited = true
    const question = asked.get(task)!
    const { waitMs } = question
    task.dueMs = round.nowMs + waitMs
    question.waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)
    if (round.over || task.dueMs >= round.stopMs) say(task, 'postponed', error)
    else if (question.waitMs === MOST_WAIT_MS && waitMs < MOST_WAIT_MS) warn(task, `it still waits: ${error.message}`)
    const now = startable(round, task)
    if (now !== undefined) round.ready.push(now)
  }

  const giveBack = (task: Task) => {
    asked.delete(task)
    const lease = held.get(task)
    if (lease === undefined || !held.delete(task)) return
    releasing++
    // One that is not taken back ends by itself.
    const end = () => {
      releasing--
      round.wake()
    }
    store.release(lease, callMs(round)).then(end, end)
  }

  const remember = async (task: Task, lease: Lease) => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
      try {
        return await store.done(lease, callMs(round))
      } catch (error) {
        if (!finishing.has(task) || parts.now() + waitMs >= round.answerMs) return notRemembered(task, error)
        await new Promise<void>((resolve) => parts.after(waitMs, resolve))
      }
    }
  }

  const notRemembered = (task: Task, error: unknown) => {
    if (finishing.has(task))
      warn(task, `it was handled, and may be again if it comes again: ${describeThrown(error).message}`)
  }

  const finish = (task: Task) => {
    if (finishing.delete(task)) closeTask(round, task)
  }

  const voiceOf = ({ message }: Task) => new InvocationContext(round.runtime, message, round.nowMs)
  const say = (task: Task, outcome: 'skipped' | 'postponed', error?: unknown) =>
    parts.ended(voiceOf(task), task.record.delivery, outcome, error)
  const warn = (task: Task, text: string) => parts.host.log(voiceOf(task), 'warn', text)

  return {
    has(task) {
      if (held.has(task)) return true
      if (task.message.forced === true) held.set(task, leaseOf(store, round, task.message))
      else ask(task)
      return held.has(task)
    },
    asking: () => asking.size,
    hasWaited: () => hasWaited,
    isQuiet: () => asking.size + finishing.size + releasing === 0,
    handled(task) {
      const lease = held.get(task)!
      held.delete(task)
      finishing.add(task)
      remember(task, lease).then(() => goOn(() => finish(task)))
    },
    giveBack,
    giveUp() {
      for (const task of asking) round.left.add(task)
      asking.clear()
      for (const task of finishing) {
        notRemembered(task, new Error('the store gave no answer in time'))
        task.record.open--
      }
      finishing.clear()
    },
  }
}

function leaseOf(store: HandledStore, { runtime }: Round, message: Message): Lease {
  return store.lease(`${runtime.name}/${idOf(message)}`, contentDigest(message))
}

/** By the clock, since `round.nowMs` may be of an earlier turn. */
function callMs({ answerMs, parts }: Round): number {
  return Math.max(1, Math.min(CALL_MS, answerMs - parts.now()))
}
