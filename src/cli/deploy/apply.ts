import { randomUUID } from 'node:crypto'
import { type Deployment, failureOf, type Outcome } from '../../deploy/deploy.ts'
import type { Host } from '../host.ts'
import { tasksTo } from './tasks.ts'

const TICK_MS = 100

/** Applies a plan and shows its tasks on stderr while it goes on. Throws all that went wrong, after all else is done. */
export async function applyShown(deployment: Deployment, host: Host): Promise<Outcome> {
  const tasks = tasksTo(host.err, host.now)
  const ticking = host.err.isTTY ? setInterval(tasks.tick, TICK_MS) : undefined
  try {
    const outcome = await deployment.apply({ deployId: randomUUID(), signal: host.signal, onProgress: tasks.show })
    const failure = failureOf(outcome)
    if (failure !== undefined) throw failure
    return outcome
  } finally {
    clearInterval(ticking)
    tasks.clear()
  }
}
