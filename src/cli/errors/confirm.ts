import { AttakError } from '../../errors.ts'
import { type Arguments, flagOf } from '../command.ts'
import type { Host } from '../host.ts'

/** Whether to go on: with `--yes`, or after asking. Throws USAGE where nobody can be asked. */
export async function confirmed(question: string, args: Arguments, host: Host): Promise<boolean> {
  if (flagOf(args, 'yes')) return true
  if (!host.interactive) {
    throw new AttakError(
      'USAGE',
      `there is no terminal to ask at: ${question}`,
      'Add --yes to do it without a question.',
    )
  }
  const { askYes } = await import('../questions.ts')
  return askYes(question, host)
}
