import type { MarkName, Marks } from '../../deploy/resources.ts'
import type { Tags } from './tags.ts'

const NAMES: readonly MarkName[] = ['deploy', 'overtaken', 'ended']

/** The tag of the errors queue that carries a mark. */
export function markTag(name: MarkName): string {
  return `attak:${name}`
}

/** The marks among the tags of the errors queue. */
export function marksIn(tags: Tags): Marks {
  const given = NAMES.flatMap((name) => (tags[markTag(name)] === undefined ? [] : [[name, tags[markTag(name)]]]))
  return Object.fromEntries(given)
}
