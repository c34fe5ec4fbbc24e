import { randomUUID } from 'node:crypto'
import type { CloudStage } from '../../deploy/cloud.ts'
import { AttakError } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { drawCount } from '../../view/duration.ts'
import { titleOf } from '../../view/failure.ts'
import { colorsOf, drawError, drawJsonLine, hang } from '../../view/print.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { copiesOf, look } from '../errors/open.ts'
import { followTraces, MOST_TRACES } from '../follow.ts'
import type { Hint } from '../hint.ts'
import { hintOf } from '../hint.ts'
import { type Host, interruptCode } from '../host.ts'
import { INPUT_OPTIONS, openProjectInput } from '../input.ts'
import { isOnBroker, withBroker } from '../on-broker.ts'
import { BROKER_OPTION, quietMsOf, STAGE_OPTIONS } from '../options.ts'
import { type Triggered, triggerOf } from '../send.ts'
import { loadStage, type MeantStage, processorsOf, tellOrigins, withLive } from '../stage.ts'
import { sendInput } from '../trigger/send-input.ts'

/** Feeds the live topology. */
export const trigger: Command = {
  name: 'trigger',
  summary: 'send events to a topology that is deployed or runs',
  arguments: [PATH_ARGUMENT],
  options: [
    ...INPUT_OPTIONS,
    { flags: '-f, --follow', summary: 'show what happens to the events until nothing more is logged' },
    {
      flags: '--quiet-after <seconds>',
      summary: '--follow ends after so many seconds without a log line (default 10)',
    },
    ...STAGE_OPTIONS,
    BROKER_OPTION,
    { ...JSON_OPTION, summary: 'print one JSON object per line: each event, and each log line of --follow' },
  ],
  notes: `Takes the same input as attak simulate and sends each event to the function of its processor. Accepted
events are handled at least once. --follow waits three times as long while the end of an event is not
confirmed by a log line. Exit code: 1 when an event was refused or, with --follow, failed or was not
confirmed.

With --broker, puts each event into the channel of its processor. Workers have no common log, so --follow shows
how many messages of the topology wait, and which of the events fail. It ends when nothing waits any more.
Exit code: 1 when an event was refused or, with --follow, failed, or waits without a worker.`,
  examples: [
    'attak trigger',
    'attak trigger --follow',
    'attak trigger --broker redis://localhost:6379 --follow',
    'attak trigger --input slow.json --follow --quiet-after 120',
    'cat events.jsonl | attak trigger --input - --to spout --stage production',
  ],
  async run(args, host) {
    const stage = await loadStage(args, host)
    if (isOnBroker(args, stage, host, ['quietAfter'])) {
      const { triggerOnBroker } = await import('../trigger/on-broker.ts')
      return withBroker(stage, host, (there) => triggerOnBroker(there, stage, args, host))
    }
    const quietMs = quietMsOf(args)
    await tellOrigins(stage, host)
    const input = await openProjectInput(args, stage.project, host)
    return withLive(stage, host, async ({ live, place }) => {
      const startedMs = host.date()
      const send = triggerOf(live, { scope: stage.scope, seed: randomUUID(), now: host.date })
      const json = flagOf(args, 'json')
      const { accepted, sent } = await sendInput({ input, send, place, json }, host)
      const following = flagOf(args, 'follow') && accepted > 0
      if (!following) return interruptCode(host.signal) ?? 0
      const roots = new Set(sent.keys())
      const { failed, confirmed } = await followTraces(
        live,
        { processors: processorsOf(stage.project), roots, awaited: roots, startedMs, quietMs, json },
        host,
      )
      if (host.signal.aborted) return interruptCode(host.signal)!
      const hint = hintOf(stage.given)
      if (failed > 0 && !json)
        host.err.tell(`${hint('errors list')} shows what failed, ${hint('errors replay')} runs it again.\n`)
      const count = accepted - confirmed.size
      if (count > 0) {
        const isKnown = accepted <= MOST_TRACES
        const events = isKnown ? [...sent.values()].filter(({ root }) => !confirmed.has(root)) : []
        const records = await recordsOf(stage, live, host)
        tellUnconfirmed({ events, count, of: accepted, json, records, hint }, host)
      }
      return failed + count > 0 ? 1 : 0
    })
  },
}

/** Returns the errors of the stage; prints why if they cannot be read. */
async function recordsOf(stage: MeantStage, live: CloudStage, host: Host): Promise<readonly ErrorRecord[]> {
  try {
    const copies = copiesOf(stage, host.date())
    const store = await live.errors((id) => copies.all.get(id))
    const { records, left } = await look({ store, copies }, host)
    return [...records, ...left]
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    host.err.tell(drawError(error, colorsOf(host.err)))
    return []
  }
}

/** The most events that are listed one by one. */
const MOST_LISTED = 20

/** Accepted events without an end in the logs. */
interface Unconfirmed {
  readonly events: readonly Triggered[]
  /** The total number; more than `events` if not all are known one by one. */
  readonly count: number
  /** How many were accepted. */
  readonly of: number
  readonly json: boolean
  /** The errors of the stage. */
  readonly records: readonly ErrorRecord[]
  readonly hint: Hint
}

/** Lists accepted events that were not confirmed, with what the errors of the stage have of them. */
function tellUnconfirmed({ events, count, of, json, records, hint }: Unconfirmed, host: Host): void {
  const found = events.map((event) => ({ event, records: records.filter((record) => isAbout(record, event)) }))
  if (json) {
    for (const { event, records } of found)
      host.out.write(drawJsonLine({ kind: 'unconfirmed', ...event, errors: records.map(({ id }) => id) }))
    return
  }
  const listed = found.slice(0, MOST_LISTED).map(({ event, records: [record] }) => {
    const known =
      record === undefined
        ? 'it has no error record'
        : `${record.kind === 'crash' ? 'crash: ' : ''}${hang(titleOf(record.error))} (${hint(`errors show ${record.id.slice(0, 12)}`)})`
    return `  ${event.to} ${event.id}: ${known}\n`
  })
  const more = count - listed.length
  const [first] = events
  host.err.tell(
    [
      `${colorsOf(host.err).red('✗')} ${drawCount(count, 'event')} of ${of} not confirmed: no log line shows that they were handled.\n`,
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
