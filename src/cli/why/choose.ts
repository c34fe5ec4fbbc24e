import { AttakError } from '../../errors.ts'
import type { Found } from './fact.ts'

const SHOWN = 10

/**
 * The one thing that an id means: of a message that several processors handled, where it failed. Throws MESSAGE_NOT_FOUND, and
 * USAGE where it is the beginning of several ids.
 */
export function choose(prefix: string | undefined, found: readonly Found[], remedy: string): Found {
  const ids = new Map<string, Found[]>()
  for (const one of found) ids.set(idOf(one), [...(ids.get(idOf(one)) ?? []), one])
  const [meant] = ids.values()
  if (meant === undefined) {
    const what =
      prefix === undefined ? 'there is no error to tell of' : `no message and no error has an id "${prefix}…"`
    throw new AttakError('MESSAGE_NOT_FOUND', what, remedy)
  }
  const exact = prefix === undefined ? undefined : ids.get(prefix)
  if (ids.size > 1 && exact === undefined) {
    const shown = [...ids.values()].slice(0, SHOWN).map(([first]) => `${idOf(first!)} (${sayFound(first!)})`)
    const more = ids.size > SHOWN ? ', and more' : ''
    const what = `"${prefix}" is the beginning of several ids: ${shown.join(', ')}${more}`
    throw new AttakError('USAGE', what, 'Give more of it.')
  }
  const same = exact ?? meant
  const messages = new Set(same.map(({ message }) => message))
  if (messages.size > 1) {
    const what = `the function of "${meant[0]?.processor}" crashed with ${messages.size} messages, any of which may be why`
    throw new AttakError('USAGE', what, `Give the id of one of them: ${[...messages].slice(0, SHOWN).join(', ')}.`)
  }
  return same.find(({ outcome }) => outcome !== undefined && outcome !== 'ok') ?? same[0]!
}

function idOf({ record, message }: Found): string {
  return record ?? message
}

function sayFound({ record, processor, from, topic }: Found): string {
  if (record !== undefined) return `error of ${processor}`
  if (processor === undefined) return `${topic ?? 'an emit'} of ${from}`
  return topic === undefined ? processor : `${topic} at ${processor}`
}
