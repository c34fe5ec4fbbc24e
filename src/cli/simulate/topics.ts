import { nearest } from '../../errors.ts'
import type { Graph, GraphStream } from '../../graph/graph.ts'
import { topicLabel } from '../../graph/label.ts'
import type { Recorder } from '../../simulator/recorder.ts'

/** Watches a run for misspelled topics. */
export interface TopicWatch {
  readonly recorder: Pick<Recorder, 'commit'>
  /**
   * One sentence for each stream topic that carried nothing while its sender emitted a topic with almost the same
   * spelling.
   */
  notes(): readonly string[]
}

/** As many topics of one sender are remembered: handlers may make topics out of data. */
const MOST_TOPICS = 1000

/** Watches the topics that the processors of a graph emit. */
export function watchTopics({ streams }: Pick<Graph, 'streams'>): TopicWatch {
  const listed = new Map<string, GraphStream[]>()
  for (const stream of streams) {
    if (stream.topics === undefined) continue
    const others = listed.get(stream.from)
    if (others === undefined) listed.set(stream.from, [stream])
    else others.push(stream)
  }
  const emitted = new Map(
    [...listed.keys()].map((from) => [from, { heard: new Set<string>(), unheard: new Set<string>() }]),
  )
  return {
    recorder: {
      commit(invocation) {
        const seen = emitted.get(invocation.processor)
        if (seen === undefined) return
        for (const { topic = '', edge } of invocation.emits) {
          const topics = edge === undefined ? seen.unheard : seen.heard
          if (topics.size < MOST_TOPICS) topics.add(topic)
        }
      },
    },
    notes() {
      return [...emitted].flatMap(([from, { heard, unheard }]) => {
        if (unheard.size === 0) return []
        return misspelled(listed.get(from)!, { heard, unheard })
      })
    },
  }
}

interface Emitted {
  readonly heard: ReadonlySet<string>
  readonly unheard: ReadonlySet<string>
}

/**
 * Returns a note for each stream topic that carried nothing while the sender emitted a topic with almost the same
 * spelling. All streams of the sender list topics.
 */
function misspelled(streams: readonly GraphStream[], { heard, unheard }: Emitted): readonly string[] {
  const idle = new Map<string, GraphStream[]>()
  for (const stream of streams) {
    for (const topic of stream.topics ?? []) {
      if (!heard.has(topic)) idle.set(topic, [...(idle.get(topic) ?? []), stream])
    }
  }
  return [...unheard].flatMap((topic) => {
    const meant = nearest(topic, idle.keys())
    if (meant === undefined) return []
    const { from } = streams[0]!
    const names = idle.get(meant)!.map(({ to }) => `${from} → ${to}`)
    const carried = `${names.length === 1 ? 'Stream' : 'Streams'} ${names.join(', ')} (${topicLabel(meant)}) carried nothing`
    return [
      `${carried}; ${from} emitted ${topicLabel(topic)}, which nobody subscribes to. Did you mean ${topicLabel(meant)}?`,
    ]
  })
}
