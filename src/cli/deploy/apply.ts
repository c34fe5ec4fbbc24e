import { randomUUID } from 'node:crypto'
import { type Deployment, failureOf, type Outcome } from '../../deploy/deploy.ts'
import { drawCount } from '../../view/duration.ts'
import { colorsOf, drawError } from '../../view/print.ts'
import type { Host } from '../host.ts'
import { tasksTo } from './tasks.ts'

const TICK_MS = 100

/**
 * Applies a plan and shows its tasks on stderr while it goes on. Throws all that went wrong, after all else is done; where
 * it was interrupted it tells what is left instead.
 */
export async function applyShown(deployment: Deployment, host: Host): Promise<Pick<Outcome, 'done'>> {
  if (deployment.plan.changes.length + deployment.plan.refused.length === 0) return { done: [] }
  const { err, signal } = host
  const tasks = tasksTo(err, host.now)
  const ticking = err.isTTY ? setInterval(tasks.tick, TICK_MS) : undefined
  const onAbort = () => tasks.say('Interrupted: what has begun is waited for; once more ends at once.')
  signal.addEventListener('abort', onAbort)
  try {
    const outcome = await deployment.apply({ deployId: randomUUID(), signal, onProgress: tasks.show })
    const { done, left } = outcome
    const failure = failureOf(outcome)
    if (failure === undefined) return outcome
    tasks.clear()
    if (done.length > 0) err.write(`${drawCount(done.length, 'change')} done, ${left.length} not.\n`)
    if (!signal.aborted) throw failure
    err.write(drawError(failure, colorsOf(err)))
    return outcome
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearInterval(ticking)
    tasks.clear()
  }
}
