import { AttakError } from '../../errors.ts'
import type { Ticks } from '../../simulator/options.ts'
import { dueTimes } from '../../sources/schedule/due.ts'
import { scheduledEvent } from '../../sources/schedule/event.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { InputEvent } from '../../topology/topology.ts'
import { type Arguments, textOf } from '../command.ts'
import { durationMs } from '../options.ts'

/** Virtual time begins in 1970, so that a run is the same whenever it is made. */
const START_MS = 0

/**
 * Returns the events of all schedules within the virtual time of `--for`. Throws USAGE for a text that is
 * no time, or where there is no schedule.
 */
export function ticksOf(args: Arguments, sources: readonly TopologySource[] = []): Ticks {
  const text = textOf(args, 'for') ?? ''
  const untilMs = durationMs(text)
  if (untilMs === undefined) {
    throw new AttakError('USAGE', `--for: "${text}" is no time`, 'Give 30s, 10m, 2h or 1d.')
  }
  const schedules = sources.filter(({ type }) => type === 'schedule')
  if (schedules.length === 0) {
    const remedy =
      "Add sources: { nightly: { type: 'schedule', to: 'processor', cron: '0 3 * * *' } }, or leave out --for."
    throw new AttakError('USAGE', '--for: the topology has no schedule', remedy)
  }
  return ticksUntil(schedules, START_MS + untilMs)
}

interface Due {
  readonly atMs: number
  readonly event: InputEvent
}

/** All schedules as one, by time; those of one time in the order of the topology. */
function ticksUntil(schedules: readonly TopologySource[], untilMs: number): Ticks {
  const waiting = schedules.map((source) => eventsOf(source, untilMs))
  const heads = waiting.map((events) => events.next().value)
  const firstIndex = () => {
    let first: number | undefined
    for (const [index, head] of heads.entries()) {
      if (head !== undefined && (first === undefined || head.atMs < heads[first]!.atMs)) first = index
    }
    return first
  }
  return {
    nextMs() {
      const index = firstIndex()
      return index === undefined ? undefined : heads[index]!.atMs
    },
    shift() {
      const index = firstIndex()!
      const { event } = heads[index]!
      heads[index] = waiting[index]!.next().value
      return event
    },
  }
}

function* eventsOf(source: TopologySource, untilMs: number): Generator<Due, undefined> {
  for (const atMs of dueTimes(source.settings, START_MS)) {
    if (atMs > untilMs) return undefined
    yield { atMs: atMs - START_MS, event: scheduledEvent(source, atMs) }
  }
  return undefined
}
