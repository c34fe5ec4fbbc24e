import type { Plan } from '../deploy/plan.ts'
import { AttakError } from '../errors.ts'
import { drawCount } from '../view/duration.ts'
import type { Host } from './host.ts'

/** How a question is asked. */
export interface Asking {
  /** The answer was given before: `--yes`. */
  readonly yes: boolean
  /** The message for when there is no terminal to ask at. */
  readonly unasked?: string
}

/** Whether to continue: with `--yes`, or after asking. Throws USAGE if there is no terminal to ask at. */
export async function confirmed(question: string, { yes, unasked }: Asking, host: Host): Promise<boolean> {
  if (yes) return true
  if (!host.interactive) {
    const what = unasked ?? `there is no terminal to ask in: ${question}`
    throw new AttakError('USAGE', what, 'Add --yes to confirm.')
  }
  const { askYes } = await import('./questions.ts')
  return askYes(question, host)
}

/**
 * Whether to apply a plan. Without a terminal, a plan that removes or replaces something throws USAGE, and other plans
 * are applied.
 */
export async function confirmPlan({ changes }: Plan, yes: boolean, host: Host): Promise<boolean> {
  const takesAway = changes.filter(({ kind }) => kind === 'remove' || kind === 'replace')
  if (changes.length === 0 || (takesAway.length === 0 && !host.interactive)) return true
  const unasked = `the plan removes ${drawCount(takesAway.length, 'resource')}, and there is no terminal to ask in`
  return confirmed(`Apply ${drawCount(changes.length, 'change')}?`, { yes, unasked }, host)
}
