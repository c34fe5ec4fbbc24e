import type { CloudStage } from '../../deploy/cloud.ts'
import { AttakError } from '../../errors.ts'
import { drawCount } from '../../view/duration.ts'
import type { LogEntry } from '../../view/log-entry.ts'
import { hang } from '../../view/print.ts'
import type { Host } from '../host.ts'
import { drawBrokenOff, drawUnanswered, type SendNames, sendAll } from '../send.ts'
import type { Errors } from './open.ts'
import { type ReplayMark, replayed, type Send, type Unit } from './ready.ts'

/** Makes what sends messages to their functions. */
export function senderTo(live: CloudStage, mark: ReplayMark): Send {
  return ({ processor }, event) => live.send(processor, JSON.stringify(replayed(event, mark)))
}

/**
 * Replays errors; the messages of each error are sent one after the other. Each accepted error is marked here at once,
 * and then removed from its store. Throws the first refusal, after removing the accepted ones.
 */
export async function sendUnits(
  units: readonly Unit[],
  errors: Pick<Errors, 'store' | 'copies' | 'broker'>,
  send: Send,
  host: Host,
): Promise<readonly Unit[]> {
  const accepted: Unit[] = []
  let asked = 0
  const sendUnit = async (unit: Unit) => {
    asked++
    for (const event of unit.events) await send(unit.record, event)
    return unit
  }
  const accept = (unit: Unit) => {
    accepted.push(unit)
    errors.copies.markReplayed([unit.record], new Date(host.date()).toISOString())
  }
  try {
    host.err.tell(drawUnanswered(await sendAll([units], sendUnit, host.signal, accept, BY_ID), 'error'))
  } catch (error) {
    host.err.tell(drawBrokenOff(accepted.length, asked, 'error'))
    await takeAway(accepted, errors, host)
    throw error
  }
  await takeAway(accepted, errors, host)
  return accepted
}

const BY_ID: SendNames<Unit> = { what: 'error', of: ({ record }) => record.id.slice(0, 12) }

async function takeAway(
  units: readonly Unit[],
  { store, broker }: Pick<Errors, 'store' | 'broker'>,
  host: Host,
): Promise<void> {
  if (units.length === 0) return
  try {
    await store.remove(units.map(({ record }) => record))
  } catch (error) {
    // Accepted messages run, even if their records stay in the store. A later replay from here reports that they were
    // replayed already; one to a broker that remembers ids sends nothing.
    if (!(error instanceof AttakError)) throw error
    const count = drawCount(units.length, 'error')
    host.err.tell(
      `${count} accepted, but still in the store: ${hang(error.message)}. ${error.remedy} ${sayAgain(broker)}\n`,
    )
  }
}

function sayAgain(broker: Errors['broker']): string {
  if (broker === undefined) return 'They will not be replayed twice from this machine.'
  return broker.rules.remembersIds
    ? 'They will not be replayed twice within a day.'
    : 'Purge them: a further replay would send them again.'
}

/** What became of replayed messages, as far as the logs show. */
export interface ReplayOutcomes {
  take(entry: LogEntry): void
  /** Counts messages by outcome; `further` counts failures of messages that they led to. */
  counts(): { readonly handled: number; readonly failed: number; readonly unheard: number; readonly further: number }
  /** Ids of messages without an outcome in the logs. */
  unheard(): readonly string[]
}

/** Outcomes that end a message successfully; a skipped message was handled before. */
const HANDLED: ReadonlySet<unknown> = new Set(['ok', 'skipped'])

/** Collects the outcome of every message of these errors. */
export function outcomesOf(units: readonly Unit[]): ReplayOutcomes {
  const outcomes = new Map<string, 'handled' | 'failed' | undefined>()
  const nameOf = (processor: string, message: string | undefined) => `${processor} ${message}`
  for (const { record, events } of units) {
    for (const { id } of events) outcomes.set(nameOf(record.processor, id), undefined)
  }
  let further = 0
  const countOf = (outcome: 'handled' | 'failed' | undefined) =>
    [...outcomes.values()].filter((one) => one === outcome).length
  return {
    take({ kind, processor, message, fields }) {
      const name = nameOf(processor, message)
      if (!outcomes.has(name)) further += kind === 'error' ? 1 : 0
      else if (kind === 'error') outcomes.set(name, 'failed')
      else if (kind === 'end' && HANDLED.has(fields.outcome)) outcomes.set(name, 'handled')
    },
    counts: () => ({ handled: countOf('handled'), failed: countOf('failed'), unheard: countOf(undefined), further }),
    unheard: () => [...outcomes].flatMap(([name, outcome]) => (outcome === undefined ? [name.split(' ')[1]!] : [])),
  }
}
