import { Cron } from 'croner'

const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 },
}

/** The milliseconds of a rate such as `5 minutes`; undefined if the text is none, or longer than a year. */
export function rateMs(text: string): number | undefined {
  const [, count, unit] = /^\s*(?:every\s+)?([1-9]\d{0,5})?\s*(second|minute|hour|day)s?\s*$/i.exec(text) ?? []
  if (unit === undefined) return undefined
  const ms = Number(count ?? 1) * UNIT_MS[unit.toLowerCase()]!
  return ms <= 366 * UNIT_MS.day! ? ms : undefined
}

/**
 * The times at which a schedule is due, in milliseconds since 1970, each later than the one before and than `fromMs`. A rate
 * counts from `fromMs`. Source of cron's fields: croner, which follows Vixie's cron and POSIX.
 */
export function* dueTimes(
  { rate, cron, timezone = 'UTC' }: Readonly<Record<string, unknown>>,
  fromMs: number,
): Generator<number, undefined> {
  if (typeof rate === 'string') {
    const ms = rateMs(rate)!
    for (let atMs = fromMs + ms; ; atMs += ms) yield atMs
  }
  const times = new Cron(String(cron), { paused: true, timezone: String(timezone) })
  for (let at = times.nextRun(new Date(fromMs)); at !== null; at = times.nextRun(at)) yield at.getTime()
  return undefined
}
