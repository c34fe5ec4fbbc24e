import { drawCount } from '../../../view/duration.ts'
import { colorsOf, drawJsonLine } from '../../../view/print.ts'
import { type Arguments, type Command, flagOf } from '../../command.ts'
import { drawErrors } from '../../errors/draw.ts'
import { filterOf, isMeant } from '../../errors/filter.ts'
import { type Errors, hintOn, look, processorsWithErrors, withErrors } from '../../errors/open.ts'
import type { Host } from '../../host.ts'
import { BROKER_OPTION, FILTER_OPTIONS, PLACE_OPTIONS } from '../../options.ts'

/** Lists what has failed and was not replayed. */
export const list: Command = {
  name: 'list',
  summary: 'list errors',
  arguments: [],
  options: [
    ...FILTER_OPTIONS,
    ...PLACE_OPTIONS,
    BROKER_OPTION,
    { flags: '--json', summary: 'print a JSON array of the records' },
  ],
  notes: `Listing removes nothing: attak receives the records from the queue, keeps a copy in .attak/errors, and
gives them back. Invocations that ended by a crash, a timeout or out of memory are listed as crash.`,
  examples: [
    'attak errors list',
    'attak errors list --processor bill --since 1h',
    'attak errors list --kind crash --json',
    'attak errors list --simulated',
  ],
  run: (args, host) => withErrors(args, host, (errors) => listErrors(errors, args, host)),
}

/** Prints the errors that a command line selects, the oldest first. */
export async function listErrors(errors: Errors, args: Arguments, host: Host): Promise<number> {
  const seen = await look(errors, host)
  const { records, left } = seen
  const filter = filterOf(args, host.date(), processorsWithErrors(errors, seen))
  const meant = records.filter((record) => isMeant(record, filter))
  if (flagOf(args, 'json')) {
    host.out.write(drawJsonLine(meant))
    return 0
  }
  const { out } = host
  const hint = hintOn(errors)
  const colors = colorsOf(out)
  const others = records.length - meant.length
  const more = others === 0 ? '' : `, and ${others} that the filter leaves out`
  out.tell(`${colors.bold(errors.place)}: ${drawCount(meant.length, 'error')}${more}\n`)
  if (meant.length > 0) {
    out.tell(`${drawErrors(meant, out)}\n`)
    const again = filter === undefined ? hint('errors replay --all') : `${hint('errors replay')} with the same filter`
    out.tell(colors.dim(`${hint('errors show ID')} shows one in full, ${again} runs them again.\n`))
  }
  if (left.length > 0) {
    const what = `${drawCount(left.length, 'error')} replayed from this machine, but still in the store`
    out.tell(
      `${what}: ${hint('errors purge --all --yes')} removes all errors, ${hint('errors replay --all')} only these.\n`,
    )
  }
  return 0
}
