import type { Plan } from '../../deploy/plan.ts'
import { AttakError } from '../../errors.ts'
import { drawCount } from '../../view/duration.ts'
import type { Host } from '../host.ts'

/**
 * Whether a plan is to be applied. With `--yes` it is; where someone can answer, they are asked; elsewhere a plan that
 * removes or replaces something throws USAGE, and others are applied.
 */
export async function confirmPlan(plan: Plan, yes: boolean, host: Host): Promise<boolean> {
  if (yes || plan.changes.length === 0) return true
  const { askYes } = host.interactive ? await import('../questions.ts') : { askYes: undefined }
  const takesAway = plan.changes.filter(({ kind }) => kind === 'remove' || kind === 'replace')
  if (askYes !== undefined) return askYes(`Apply ${drawCount(plan.changes.length, 'change')}?`, host)
  if (takesAway.length === 0) return true
  const what = `the plan takes ${drawCount(takesAway.length, 'resource')} away, and there is no terminal to ask at`
  throw new AttakError('USAGE', what, 'Add --yes to do it without a question.')
}
