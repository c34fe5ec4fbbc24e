import type { ErrorRecord } from '../../runtime/error-record.ts'
import { drawCount } from '../../view/duration.ts'
import { titleOf } from '../../view/failure.ts'
import { colorsOf, drawJsonLine, hang } from '../../view/print.ts'
import type { Hint } from '../hint.ts'
import type { Host } from '../host.ts'
import type { Triggered } from './send.ts'

/** So many events are listed one by one. */
const MOST_LISTED = 20

/** Accepted events whose end no log line told. */
export interface Unconfirmed {
  readonly events: readonly Triggered[]
  /** How many there are; more than `events` where not all are known one by one. */
  readonly count: number
  /** How many were accepted. */
  readonly of: number
  readonly json: boolean
  /** The errors of the stage. */
  readonly records: readonly ErrorRecord[]
  readonly hint: Hint
}

/** Lists accepted events that were not confirmed, with what the errors of the stage have of them. */
export function tellUnconfirmed({ events, count, of, json, records, hint }: Unconfirmed, host: Host): void {
  const found = events.map((event) => ({ event, records: records.filter((record) => isAbout(record, event)) }))
  if (json) {
    for (const { event, records } of found)
      host.out.write(drawJsonLine({ kind: 'unconfirmed', ...event, errors: records.map(({ id }) => id) }))
    return
  }
  const listed = found.slice(0, MOST_LISTED).map(({ event, records: [record] }) => {
    const known =
      record === undefined
        ? 'no error is known of it'
        : `${record.kind === 'crash' ? 'crash: ' : ''}${hang(titleOf(record.error))} (${hint(`errors show ${record.id.slice(0, 12)}`)})`
    return `  ${event.to} ${event.id}: ${known}\n`
  })
  const more = count - listed.length
  const [first] = events
  host.err.write(
    [
      `${colorsOf(host.err).red('✗')} ${drawCount(count, 'event')} of ${of} not confirmed: no log line says what became of them.\n`,
      ...listed,
      ...(more > 0 ? [`  and ${more} more\n`] : []),
      'A handler may still be running: wait longer with --quiet-after. ',
      first === undefined ? '' : `${hint(`logs --message ${first.id}`)} shows its lines, `,
      `${hint('errors list')} shows errors that come later.\n`,
    ].join(''),
  )
}

function isAbout({ message, suspects = [] }: ErrorRecord, { id }: Triggered): boolean {
  return message?.id === id || suspects.some((suspect) => suspect.id === id)
}
