import { errorOf } from '../../../errors.ts'
import type { ErrorRecord } from '../../../runtime/error-record.ts'
import { drawCount } from '../../../view/duration.ts'
import { colorsOf, drawJsonLine } from '../../../view/print.ts'
import { type Arguments, type Command, flagOf } from '../../command.ts'
import { confirmed } from '../../confirm.ts'
import { drawErrors } from '../../errors/draw.ts'
import { chooseErrors, filterOf } from '../../errors/filter.ts'
import { type Errors, look, processorsWithErrors, type Seen, withErrors } from '../../errors/open.ts'
import { type Host, interruptCode } from '../../host.ts'
import { BROKER_OPTION, FILTER_OPTIONS, IDS_ARGUMENT, PLACE_OPTIONS, YES_OPTION } from '../../options.ts'

/** Removes errors permanently. */
export const purge: Command = {
  name: 'purge',
  summary: 'remove errors without replaying them',
  arguments: [IDS_ARGUMENT],
  options: [
    { flags: '--all', summary: 'all errors' },
    ...FILTER_OPTIONS,
    { flags: '--unreadable', summary: 'messages in the crash queues that attak cannot read' },
    ...PLACE_OPTIONS,
    BROKER_OPTION,
    { ...YES_OPTION, summary: 'do not ask' },
    { flags: '--json', summary: 'print JSON, for programs' },
  ],
  notes: 'Shows what it will remove and asks you to confirm; without a terminal it needs --yes. New errors stay.',
  examples: [
    'attak errors purge 3fa1b2c4',
    'attak errors purge --processor bill --yes',
    'attak errors purge --all',
    'attak errors purge --unreadable',
  ],
  run: (args, host) => withErrors(args, host, (errors) => purgeErrors(errors, args, host), ['unreadable']),
}

/** Removes the errors that a command line selects. Throws USAGE, and ERROR_NOT_FOUND for unknown ids. */
export async function purgeErrors(errors: Errors, args: Arguments, host: Host): Promise<number> {
  const seen = await look(errors, host)
  const unreadable = flagOf(args, 'unreadable') ? (seen.unreadable ?? []) : []
  const going =
    flagOf(args, 'unreadable') && !isMore(args, host.date(), processorsWithErrors(errors, seen))
      ? []
      : meant(errors, args, seen, host)
  const count = going.length + unreadable.length
  const json = flagOf(args, 'json')
  const { err } = host
  if (count === 0) {
    err.tell(`There are no errors of ${errors.place} to remove.\n`)
  } else {
    if (going.length > 0) err.tell(drawErrors(going, err))
    const what = [
      ...(going.length > 0 ? [drawCount(going.length, 'error')] : []),
      ...(unreadable.length > 0 ? [`${drawCount(unreadable.length, 'message')} that cannot be read`] : []),
    ]
    if (
      !(await confirmed(
        `Remove ${what.join(' and ')} of ${errors.place} for good?`,
        { yes: flagOf(args, 'yes') },
        host,
      ))
    ) {
      err.tell('Nothing was removed.\n')
      return interruptCode(host.signal) ?? 1
    }
  }
  const removed = count === 0 ? new Set<string>() : await errors.store.remove(going, unreadable)
  if (json) host.out.write(drawJsonLine({ removed: [...removed] }))
  else if (count > 0) {
    const removedText = drawCount(removed.size, unreadable.length > 0 ? 'message' : 'error')
    host.out.tell(`${colorsOf(host.out).green('✓')} ${removedText} of ${errors.place} removed\n`)
  }
  return 0
}

/** Whether a command line selects other errors than those that cannot be read. */
function isMore(args: Arguments, nowMs: number, names: readonly string[]): boolean {
  const hasIds = args.positionals.some((id) => id !== undefined)
  return hasIds || flagOf(args, 'all') || filterOf(args, nowMs, names) !== undefined
}

function meant(errors: Errors, args: Arguments, seen: Seen, host: Host): readonly ErrorRecord[] {
  const { records, problems } = chooseErrors('attak errors purge', args, seen, errors, host.date())
  if (problems.length > 0) throw errorOf(problems)
  return flagOf(args, 'all') ? [...records, ...seen.left] : records
}
