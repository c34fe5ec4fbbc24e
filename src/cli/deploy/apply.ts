import { randomUUID } from 'node:crypto'
import type { Progress } from '../../deploy/apply.ts'
import type { Change } from '../../deploy/change.ts'
import { type Deployment, failureOf, type Outcome } from '../../deploy/deploy.ts'
import { own, visible } from '../../view/controls.ts'
import { drawCount, drawDuration } from '../../view/duration.ts'
import { colorsOf, drawError, hang } from '../../view/print.ts'
import type { Host } from '../host.ts'
import { hushSlowLine } from '../slow.ts'
import type { Terminal } from '../terminal.ts'

const TICK_MS = 100

/**
 * Applies a plan and shows its tasks on stderr meanwhile. Throws all problems, after everything else is done. After an
 * interrupt, it prints what is left instead.
 */
export async function applyShown(deployment: Deployment, host: Host): Promise<Pick<Outcome, 'done'>> {
  if (deployment.plan.changes.length + deployment.plan.refused.length === 0) return { done: [] }
  const { err, signal } = host
  hushSlowLine(host)
  const tasks = tasksTo(err, host.now)
  const ticking = err.isTTY ? setInterval(tasks.tick, TICK_MS) : undefined
  const onAbort = () => tasks.say('Interrupted: finishing the changes that have begun. Interrupt again to end at once.')
  signal.addEventListener('abort', onAbort)
  try {
    const outcome = await deployment.apply({ deployId: randomUUID(), signal, onProgress: tasks.show })
    const { done, left } = outcome
    const failure = failureOf(outcome)
    if (failure === undefined) return outcome
    tasks.clear()
    if (done.length > 0) err.tell(`${drawCount(done.length, 'change')} done, ${left.length} not.\n`)
    if (!signal.aborted) throw failure
    err.tell(drawError(failure, colorsOf(err)))
    return outcome
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearInterval(ticking)
    tasks.clear()
  }
}

/** Shows what an apply does while it does it. */
export interface Tasks {
  show(progress: Progress): void
  /** Prints a separate line among the tasks. */
  say(line: string): void
  /** Draws running tasks again, because their times continue while nothing else happens. */
  tick(): void
  /** Removes the running tasks from the screen. */
  clear(): void
}

const MOST_RUNNING = 10
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const DONE = { create: 'created', update: 'updated', replace: 'replaced', remove: 'removed' } as const
const DOING = { create: 'creating', update: 'updating', replace: 'replacing', remove: 'removing' } as const

interface Running {
  readonly change: Change
  readonly sinceMs: number
  waitingFor: string | undefined
}

/**
 * On a terminal, running tasks stand below completed ones, each with its time and its wait. Elsewhere it prints a line
 * for each completed or failed task, and one for each wait.
 */
export function tasksTo(err: Terminal, now: () => number): Tasks {
  const colors = colorsOf(err)
  const running = new Map<string, Running>()
  let drawn = 0
  const clear = () => {
    if (drawn > 0) err.write(own(`\x1b[${drawn}A\x1b[J`))
    drawn = 0
  }
  const draw = () => {
    if (!err.isTTY) return
    const lines = drawRunning([...running.values()], now()).map((line) => visible(line).slice(0, err.columns - 1))
    if (lines.length > 0) err.write(lines.map((line) => `${colors.dim(line)}\n`).join(''))
    drawn = lines.length
  }
  const say = (line: string) => {
    clear()
    err.tell(`${line}\n`)
    draw()
  }
  return {
    show(progress) {
      const { change } = progress
      const name = nameOf(change)
      if (progress.kind === 'started') {
        running.set(change.id, { change, sinceMs: now(), waitingFor: undefined })
        clear()
        draw()
      } else if (progress.kind === 'waiting') {
        const task = running.get(change.id)
        if (task !== undefined) task.waitingFor = progress.for
        if (!err.isTTY && progress.for !== undefined) say(`  … ${name}: waiting for ${progress.for}`)
      } else {
        running.delete(change.id)
        if (progress.kind === 'failed') say(`  ${colors.red('✗')} ${name}: ${hang(progress.problem.what)}`)
        else say(`  ${colors.green('✓')} ${name} ${DONE[change.kind]} ${colors.dim(drawDuration(progress.tookMs))}`)
      }
    },
    say,
    tick() {
      clear()
      draw()
    },
    clear,
  }
}

/** Returns the name of a changed resource for people: `function reverse`. */
export function nameOf({ id }: Pick<Change, 'id'>): string {
  return id.replace('/', ' ')
}

function drawRunning(tasks: readonly Running[], nowMs: number): readonly string[] {
  const frame = SPINNER[Math.floor(nowMs / FRAME_MS) % SPINNER.length]!
  const lines = tasks.slice(0, MOST_RUNNING).map(({ change, sinceMs, waitingFor }) => {
    const wait = waitingFor === undefined ? '' : `, waiting for ${waitingFor}`
    return `  ${frame} ${DOING[change.kind]} ${nameOf(change)} ${drawDuration(nowMs - sinceMs)}${wait}`
  })
  const more = tasks.length - MOST_RUNNING
  return more > 0 ? [...lines, `  and ${more} more`] : lines
}
