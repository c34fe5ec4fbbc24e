import { Cron } from 'croner'
import { rateMs } from './rate.ts'

/**
 * The times at which a schedule is due, in milliseconds since 1970, each later than the one before and than `fromMs`. A rate
 * counts from `fromMs`. Cron's fields mean what croner takes them for.
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

/** Why a schedule never comes; undefined if it does. */
export function neverComes({ cron }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof cron !== 'string') return undefined
  try {
    return new Cron(cron, { paused: true }).nextRun() === null ? 'never comes true' : undefined
  } catch (error) {
    return `is not cron: ${(error as Error).message.replace(/^CronPattern: /, '')}`
  }
}
