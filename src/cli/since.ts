import { AttakError } from '../errors.ts'

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The time that `--since` means, in milliseconds since 1970: `10m` before now, or a date. Throws USAGE. */
export function parseSince(text: string, nowMs: number): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim()) ?? []
  if (count !== undefined) return Math.max(0, nowMs - Number(count) * UNITS_MS[unit]!)
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(date)) return date
  throw new AttakError(
    'USAGE',
    `--since: "${text}" is no time`,
    'Give 30s, 10m, 2h or 1d, or a date such as 2026-11-21T13:00Z.',
  )
}
