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
