import { createHash } from 'node:crypto'

/** The part of a name that no processor or channel can have: their names begin with a letter or digit. */
export const ERRORS_PART = '_errors'

/** As {@link ERRORS_PART}, for what the platform could not deliver. */
export const CRASHES_PART = '_crashes'

/** As {@link ERRORS_PART}, for the ids of messages that were handled. */
export const HANDLED_PART = '_handled'

/** As {@link ERRORS_PART}, for what processors keep between messages. */
export const STATE_PART = '_state'

/** As {@link ERRORS_PART}, for what waits until a processor tries it again. */
export function retryPart(processor: string): string {
  return `_retry-${processor}`
}

const DIGEST = 8

/**
 * What a part of a topology is known by outside of it, the same wherever it is asked: `orders--dev--bill`. Past `limit`
 * characters the text is cut, and `-` with eight hex digits of the full name's SHA-256 put at its end. Two parts never
 * get the same full name, since no name has `--` within it or begins with `-`.
 */
export function resourceName(topology: string, stage: string, part: string, limit: number): string {
  const name = `${topology}--${stage}--${part}`
  if (name.length <= limit) return name
  return `${name.slice(0, limit - DIGEST - 1)}-${createHash('sha256').update(name).digest('hex').slice(0, DIGEST)}`
}

/** What all names begin with that {@link resourceName} gives for a topology and stage; others may begin so as well. */
export function prefixOf(topology: string, stage: string, limit: number): string {
  return `${topology}--${stage}--`.slice(0, limit - DIGEST - 1)
}
