import { randomUUID } from 'node:crypto'
import type { BrokerStatus } from '../../runtime/broker.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { drawNumber } from '../../view/duration.ts'
import { titleOf } from '../../view/failure.ts'
import { colorsOf, drawJsonLine, hang } from '../../view/print.ts'
import { drawWord } from '../../view/value.ts'
import { type Arguments, flagOf } from '../command.ts'
import { LOOK_MS, MOST_TRACES } from '../follow.ts'
import { hintOf } from '../hint.ts'
import { type Host, interruptCode } from '../host.ts'
import { openProjectInput } from '../input.ts'
import { type BrokerStage, senderOn, waitingIn, withoutWorker } from '../on-broker.ts'
import { triggerOf } from '../send.ts'
import type { MeantStage } from '../stage.ts'
import { type SentInput, sendInput } from './send-input.ts'

/** Puts the events of an input into the channels of a broker. Returns the exit code. */
export async function triggerOnBroker(
  there: BrokerStage,
  stage: MeantStage,
  args: Arguments,
  host: Host,
): Promise<number> {
  const { broker, place, status } = there
  const json = flagOf(args, 'json')
  const input = await openProjectInput(args, stage.project, host)
  const known = flagOf(args, 'follow') ? await recordsOn(there) : []
  const put = senderOn(there)
  const send = triggerOf(
    {
      send: (channel, body, key) => put({ channel, key, body }),
      mostSendBytes: broker.rules.messageBytes,
    },
    { scope: stage.scope, seed: randomUUID(), now: host.date },
  )
  const sending = await sendInput({ input, send, place, json }, host)
  const alone = withoutWorker(status).filter((name) => sending.receivers.has(name))
  if (alone.length > 0) {
    const names = alone.join(', ')
    host.err.tell(`No worker runs ${names}. The events wait on the broker: ${hintOf(stage.given)('run')} starts one.\n`)
  }
  if (!flagOf(args, 'follow') || sending.accepted === 0) return interruptCode(host.signal) ?? 0
  return follow({ there, stage, sending, json, known: new Set(known.map(({ id }) => id)) }, host)
}

async function recordsOn({ broker }: BrokerStage): Promise<readonly ErrorRecord[]> {
  return (await broker.errors.list()).records
}

interface Following {
  readonly there: BrokerStage
  readonly stage: MeantStage
  readonly sending: SentInput
  readonly json: boolean
  /** The ids of error records that were there before. */
  readonly known: Set<string>
}

/**
 * Looks with nothing that waits, one after the other, before following ends. A single look may miss a record that is on its way from
 * one channel to another: channels are looked at one by one, and Kafka shows what was committed a little later.
 */
const QUIET_LOOKS = 3

/** Shows what waits and what fails until nothing of the topology waits, or no worker is left for it. Returns the exit code. */
async function follow({ there, stage, sending, json, known }: Following, host: Host): Promise<number> {
  const { broker } = there
  let [failed, quiet, drawn, errors] = [0, 0, '', there.status.errors]
  let alone: readonly string[] = []
  let waiting: Readonly<Record<string, number>> = {}
  while (!host.signal.aborted && quiet < QUIET_LOOKS && alone.length === 0) {
    if (drawn !== '') await host.sleep(LOOK_MS)
    const status = await broker.status()
    waiting = waitingBy(status)
    const names = Object.keys(waiting)
    const text = names.map((name) => `${name} ${drawNumber(waiting[name]!)}`).join(', ') || 'nothing'
    if (text !== drawn && json) host.out.write(drawJsonLine({ kind: 'waiting', channels: waiting }))
    if (text !== drawn && !json) host.out.tell(`${colorsOf(host.out).dim('waiting:')} ${text}\n`)
    drawn = text
    quiet = names.length === 0 ? quiet + 1 : 0
    const isStuck = names.every((name) => withoutWorker(status).includes(name))
    alone = isStuck ? names : []
    const isChanged = status.errors !== errors || quiet > 0 || isStuck
    errors = status.errors
    for (const record of isChanged ? await recordsOn(there) : []) {
      if (!isNew(record, known, sending)) continue
      known.add(record.id)
      failed++
      tellRecord(record, { stage, json }, host)
    }
  }
  if (host.signal.aborted) return interruptCode(host.signal)!
  if (json) host.out.write(drawJsonLine({ kind: 'followed', failed, waiting }))
  else tellEnd({ failed, alone, stage }, host)
  return failed + alone.length > 0 ? 1 : 0
}

function waitingBy({ channels }: BrokerStatus): Readonly<Record<string, number>> {
  const counts = channels.map((channel) => [channel.name, waitingIn(channel)] as const)
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

/** Whether an error record is new, and of these events. Of very many, each new one counts. */
function isNew({ id, message, suspects = [] }: ErrorRecord, known: Following['known'], { sent }: SentInput): boolean {
  if (known.has(id)) return false
  const roots = [...suspects, ...(message === undefined ? [] : [message])].map(({ attakroot }) => attakroot)
  return sent.size > MOST_TRACES || roots.some((root) => sent.has(root))
}

function tellRecord(record: ErrorRecord, { stage, json }: Pick<Following, 'stage' | 'json'>, host: Host): void {
  const { id, kind, processor, error, message } = record
  if (json) {
    const root = message?.attakroot
    host.out.write(drawJsonLine({ kind: 'error', id, recorded: kind, processor, message: message?.id, root, error }))
    return
  }
  const colors = colorsOf(host.out)
  const show = hintOf(stage.given)(`errors show ${id.slice(0, 12)}`)
  host.out.tell(
    `${colors.red('✗')} ${colors.cyan(drawWord(processor))} ${hang(titleOf(error))} ${colors.dim(`(${show})`)}\n`,
  )
}

interface End {
  readonly failed: number
  readonly alone: readonly string[]
  readonly stage: MeantStage
}

function tellEnd({ failed, alone, stage }: End, host: Host): void {
  const colors = colorsOf(host.out)
  const hint = hintOf(stage.given)
  if (alone.length > 0) {
    host.err.tell(`Messages wait for ${alone.join(', ')}, and no worker runs that. ${hint('run')} starts one.\n`)
  } else if (failed === 0) {
    host.out.tell(`${colors.green('✓')} Nothing waits any more, and none of the events has an error record.\n`)
  } else {
    host.err.tell(`${hint('errors list')} shows what failed, ${hint('errors replay')} runs it again.\n`)
  }
}
