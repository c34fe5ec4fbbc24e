import { contentDigest } from '../content.ts'
import { InvocationContext } from '../context.ts'
import { type Begun, type HandledStore, type Lease, OTHER_DATA } from '../handled.ts'
import { idOf, type Message } from '../message.ts'
import { describeThrown } from '../thrown.ts'
import { invocationMs, type Leases, type Round, type Task } from './round.ts'
import { closeTask, setAside, startable } from './tasks.ts'

/** How long a lease lasts after the invocation has ended: more than clocks may differ by. */
const LATER_MS = 1000
/** How long one call of the store may take. */
const CALL_MS = 3000
/** How soon it is asked again about what another handles, or after it gave no answer; twice that the next time. */
const FIRST_WAIT_MS = 50
const MOST_WAIT_MS = 2000

/** The requests of a round to a store, and their results. */
interface Desk {
  readonly store: HandledStore
  readonly round: Round
  /** The tasks that wait for a lease, or will request it again. */
  readonly asked: Map<Task, { readonly lease: Lease; waitMs: number }>
  readonly held: Map<Task, Lease>
  readonly asking: Set<Task>
  readonly finishing: Set<Task>
  releasing: number
  hasWaited: boolean
}

/**
 * Prevents handling a message twice. A message waits for its lease before its handler starts, and is done when the
 * store knows that it was handled. If another function handles the message now, it waits here while there is time, and
 * is then redelivered. The same happens if the store does not answer.
 */
export function openLeases(store: HandledStore, round: Round): Leases {
  const desk: Desk = {
    store,
    round,
    asked: new Map(),
    held: new Map(),
    asking: new Set(),
    finishing: new Set(),
    releasing: 0,
    hasWaited: false,
  }
  return {
    has: (task) => has(desk, task),
    asking: () => desk.asking.size,
    hasWaited: () => desk.hasWaited,
    isQuiet: () => desk.asking.size + desk.finishing.size + desk.releasing === 0,
    handled: (task) => handled(desk, task),
    giveBack: (task) => giveBack(desk, task),
    giveUp: () => giveUp(desk),
  }
}

function has(desk: Desk, task: Task): boolean {
  const { store, round, held } = desk
  if (held.has(task)) return true
  if (task.message.forced === true) held.set(task, leaseOf(store, round, task.message))
  else ask(desk, task)
  return held.has(task)
}

function ask(desk: Desk, task: Task): void {
  const { store, round, asked } = desk
  const question = asked.get(task) ?? { lease: leaseOf(store, round, task.message), waitMs: FIRST_WAIT_MS }
  asked.set(task, question)
  desk.asking.add(task)
  const { parts, nowMs, runtime } = round
  // The process of a worker has no end: a lease that it leaves behind must not outlast its handlers for long.
  const leaseMs = Math.min(parts.endsMs - nowMs, invocationMs(runtime.timeoutMs)) + LATER_MS
  store.begin(question.lease, { leaseMs, withinMs: callMs(round) }).then(
    (begun) => goOn(round, () => answered(desk, task, begun)),
    (error) => goOn(round, () => askLater(desk, task, error as Error)),
  )
}

function goOn(round: Round, step: () => void): void {
  round.nowMs = round.parts.now()
  step()
  round.wake()
}

function answered(desk: Desk, task: Task, begun: Begun): void {
  const { round, asked, held, asking } = desk
  if ('lease' in begun) {
    held.set(task, begun.lease)
    asked.delete(task)
    if (asking.delete(task)) start(round, task, begun.kind)
    else giveBack(desk, task)
  } else if (begun.kind === 'busy')
    askLater(desk, task, new Error('another invocation is handling it, or ended while handling it'))
  else if (asking.delete(task)) {
    asked.delete(task)
    say(round, task, 'skipped')
    closeTask(round, task)
  }
}

function start(round: Round, task: Task, kind: 'new' | 'differs'): void {
  if (kind === 'differs') warn(round, task, OTHER_DATA)
  if (round.over) setAside(round, task)
  else round.ready.push(task)
}

function askLater(desk: Desk, task: Task, error: Error): void {
  const { round, asked, asking } = desk
  if (!asking.delete(task)) return
  desk.hasWaited = true
  const question = asked.get(task)!
  const { waitMs } = question
  task.dueMs = round.nowMs + waitMs
  question.waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)
  if (round.over || task.dueMs >= round.stopMs) say(round, task, 'postponed', error)
  else if (question.waitMs === MOST_WAIT_MS && waitMs < MOST_WAIT_MS)
    warn(round, task, `it still waits: ${error.message}`)
  const now = startable(round, task)
  if (now !== undefined) round.ready.push(now)
}

function giveBack(desk: Desk, task: Task): void {
  const { store, round, asked, held } = desk
  asked.delete(task)
  const lease = held.get(task)
  if (lease === undefined || !held.delete(task)) return
  desk.releasing++
  // One that is not taken back ends by itself.
  const end = () => {
    desk.releasing--
    round.wake()
  }
  store.release(lease, callMs(round)).then(end, end)
}

function handled(desk: Desk, task: Task): void {
  const { round, held, finishing } = desk
  const lease = held.get(task)!
  held.delete(task)
  finishing.add(task)
  const finish = () => {
    if (finishing.delete(task)) closeTask(round, task)
  }
  remember(desk, task, lease).then(() => goOn(round, finish))
}

async function remember(desk: Desk, task: Task, lease: Lease): Promise<void> {
  const { store, round, finishing } = desk
  const { parts } = round
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MOST_WAIT_MS, 2 * waitMs)) {
    try {
      return await store.done(lease, callMs(round))
    } catch (error) {
      if (!finishing.has(task) || parts.now() + waitMs >= round.answerMs) return notRemembered(desk, task, error)
      await new Promise<void>((resolve) => parts.after(waitMs, resolve))
    }
  }
}

function notRemembered({ round, finishing }: Desk, task: Task, error: unknown): void {
  if (finishing.has(task))
    warn(round, task, `it was handled, but is handled twice if it is delivered again: ${describeThrown(error).message}`)
}

function giveUp(desk: Desk): void {
  const { round, asking, finishing } = desk
  for (const task of asking) round.left.add(task)
  asking.clear()
  for (const task of finishing) {
    notRemembered(desk, task, new Error('the store gave no answer in time'))
    task.record.open--
  }
  finishing.clear()
}

function say(round: Round, task: Task, outcome: 'skipped' | 'postponed', error?: unknown): void {
  round.parts.ended(voiceOf(round, task), task.record.delivery, outcome, error)
}

function warn(round: Round, task: Task, text: string): void {
  round.parts.host.log(voiceOf(round, task), 'warn', text)
}

function voiceOf({ runtime, nowMs }: Round, { message }: Task): InvocationContext {
  return new InvocationContext(runtime, message, nowMs)
}

function leaseOf(store: HandledStore, { runtime }: Round, message: Message): Lease {
  return store.lease(`${runtime.name}/${idOf(message)}`, contentDigest(message))
}

/** By the clock, since `round.nowMs` may be of an earlier turn. */
function callMs({ answerMs, parts }: Round): number {
  return Math.max(1, Math.min(CALL_MS, answerMs - parts.now()))
}
