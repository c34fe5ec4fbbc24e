import { AttakError } from '../../errors.ts'
import { type Arguments, flagOf, textOf } from '../command.ts'

/** Lines take some seconds to be readable. */
const DEFAULT_MS = 10_000

/** How long nothing may be logged until what is followed counts as over, in milliseconds. Throws USAGE. */
export function quietMsOf(args: Arguments, { isFollowing = flagOf(args, 'follow') } = {}): number {
  const text = textOf(args, 'quietAfter')
  if (text === undefined) return DEFAULT_MS
  const remedy = 'Give the seconds, such as --follow --quiet-after 60.'
  if (!isFollowing) throw new AttakError('USAGE', '--quiet-after: nothing is followed', remedy)
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && seconds <= MOST_SECONDS) return seconds * 1000
  throw new AttakError('USAGE', `--quiet-after: "${text}" is no number of seconds from above 0 to a day`, remedy)
}

const MOST_SECONDS = 86_400
