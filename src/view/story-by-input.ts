import type { TranscriptEntry } from '../simulator/transcript.ts'
import { type Story, type StoryOptions, storyOf } from './story.ts'

/** An input whose messages are not all done, and everything that it causes. */
interface Way {
  readonly story: Story
  text: string
  /** Messages that are not done. */
  open: number
  /** For its started messages: how many processors they passed. */
  readonly hops: Map<string, number>
}

/** Deeper paths are not indented further. */
const MOST_HOPS = 12

/** The same options, for text that is indented by some columns, which may be more later. */
function indented(options: StoryOptions, columns: () => number): StoryOptions {
  const colors = Object.defineProperty({ ...options.colors }, 'columns', {
    get: () => options.colors.columns - columns(),
    enumerable: true,
  })
  return Object.defineProperty({ ...options, colors }, 'width', { get: () => options.width - columns() })
}

/**
 * Starts a story that prints one input after the other. Everything that an input causes stands together, indented by
 * how many processors it passed. A part is printed when all its messages are done; unfinished parts are printed at the
 * end.
 */
export function storyByInput(options: StoryOptions): Story {
  const ways = new Map<string, Way>()
  const rootOf = new Map<string, string>()
  let cut = false
  let isFirst = true
  let indent = ''
  const own = indented(options, () => indent.length)

  const close = (root: string, way: Way): string => {
    cut ||= way.story.cut
    ways.delete(root)
    for (const message of way.hops.keys()) rootOf.delete(message)
    const text = isFirst ? way.text : `\n${way.text}`
    isFirst = false
    return text
  }
  const add = (message: string, tell: (story: Story) => string): Way | undefined => {
    const way = ways.get(rootOf.get(message) ?? '')
    if (way === undefined) return undefined
    indent = '  '.repeat(Math.min(way.hops.get(message) ?? 1, MOST_HOPS) - 1)
    way.text += tell(way.story).replace(/^(?=.)/gm, indent)
    return way
  }
  const begin = ({ root, message, hop, attempt, invoked }: TranscriptEntry & { kind: 'start' }) => {
    const way: Way = ways.get(root) ?? { story: storyOf(own), text: '', open: 1, hops: new Map() }
    ways.set(root, way)
    if (invoked && attempt === 1) way.open++
    way.hops.set(message, hop)
    rootOf.set(message, root)
  }
  const late = storyOf(options)
  return {
    tell(entry) {
      if (entry.kind === 'run' || entry.kind === 'summary') return ''
      if (entry.kind === 'start') begin(entry)
      const way = add(entry.message, (story) => story.tell(entry))
      if (way === undefined) return late.tell(entry)
      if (entry.kind === 'emit') way.open += entry.to.length
      if (entry.kind !== 'end' || entry.outcome === 'retry') return ''
      way.open--
      return way.open === 0 ? close(rootOf.get(entry.message)!, way) : ''
    },
    tellLate(of, error) {
      return add(of.message, (story) => story.tellLate(of, error)) === undefined ? late.tellLate(of, error) : ''
    },
    rest: () => [...ways].map(([root, way]) => close(root, way)).join(''),
    get cut() {
      return cut || late.cut || [...ways.values()].some(({ story }) => story.cut)
    },
  }
}
