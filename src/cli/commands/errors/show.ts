import { AttakError, errorOf, type Problem } from '../../../errors.ts'
import { failureOptionsOf } from '../../../view/failure.ts'
import { drawJsonLine } from '../../../view/print.ts'
import { type Arguments, type Command, flagOf } from '../../command.ts'
import type { Copy } from '../../errors/copies.ts'
import { drawRecord, drawTime } from '../../errors/draw.ts'
import { findById, isProblem } from '../../errors/filter.ts'
import { type Errors, hintOn, look, withErrors } from '../../errors/open.ts'
import type { Host } from '../../host.ts'
import { BROKER_OPTION, IDS_ARGUMENT, PLACE_OPTIONS } from '../../options.ts'

/** Shows all that is known of errors. */
export const show: Command = {
  name: 'show',
  summary: 'show one error in full',
  arguments: [IDS_ARGUMENT],
  options: [...PLACE_OPTIONS, BROKER_OPTION, { flags: '--json', summary: 'print a JSON array of the records' }],
  notes: `The id may be cut, or be the id of the message. If the store no longer has the error, attak shows the copy
that it kept when the error was listed.`,
  examples: ['attak errors show 3fa1b2c4', 'attak errors show 3fa1b2c4 --json'],
  run: (args, host) => withErrors(args, host, (errors) => showErrors(errors, args, host)),
}

/** Prints the errors that are named. Throws ERROR_NOT_FOUND for all that are not there, and USAGE. */
export async function showErrors(errors: Errors, args: Arguments, host: Host): Promise<number> {
  const listing = hintOn(errors)('errors list')
  const ids = args.positionals.filter((id) => id !== undefined)
  if (ids.length === 0) {
    throw new AttakError('USAGE', 'attak errors show: which error?', `Give its id: see ${listing}.`)
  }
  const { records, left } = await look(errors, host)
  const there = [...records, ...left]
  const known: readonly Copy[] = [...errors.copies.all.values()]
  const found = ids.map((id) => {
    const one = findById(id, there, listing)
    return isProblem(one) && there.every((record) => !record.id.startsWith(id)) ? findById(id, known, listing) : one
  })
  const problems = found.filter(isProblem)
  if (problems.length > 0) throw errorOf(problems satisfies readonly Problem[])
  const shown = found.filter((one) => !isProblem(one)) as readonly Copy[]
  if (flagOf(args, 'json')) {
    host.out.write(drawJsonLine(shown))
    return 0
  }
  const { out } = host
  const options = failureOptionsOf(out, host, errors.stage.project ?? { dir: errors.stage.dir })
  for (const record of shown) {
    out.tell(`${drawRecord(record, options)}\n`)
    const replayed = errors.copies.all.get(record.id)?.replayed
    if (!records.includes(record)) out.tell(`${told(replayed)}\n`)
    out.tell(options.colors.dim(drawNext(record.id.slice(0, 12), errors)))
  }
  return 0
}

function told(replayed: string | undefined): string {
  return replayed === undefined
    ? 'Its store no longer has it: it has expired, was purged, or was replayed from elsewhere. This is a copy.'
    : `It was replayed from this machine, ${drawTime(replayed)}.`
}

function drawNext(id: string, errors: Errors): string {
  const hint = hintOn(errors)
  const local = errors.local === undefined ? ' --local --inspect' : ' --inspect'
  return `Next: ${hint(`why ${id}`)}, ${hint(`errors replay ${id}${local}`)}, fix it, ${hint(`errors replay ${id}`)}\n`
}
