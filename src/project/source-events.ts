import type { TopologySource } from '../topology/source.ts'
import type { InputEvent } from '../topology/topology.ts'

type Chunks = AsyncIterable<readonly InputEvent[]>

/** Events to a source become what the source makes of them. */
export function fromSources(chunks: Chunks, sources: readonly TopologySource[] | undefined): Chunks {
  return sources === undefined ? chunks : readdressed(chunks, sources)
}

async function* readdressed(
  chunks: Chunks,
  sources: readonly TopologySource[],
): AsyncGenerator<readonly InputEvent[], void, undefined> {
  const byName = new Map(sources.map((source) => [source.name, source]))
  for await (const chunk of chunks) {
    yield chunk.map((event) => {
      const source = byName.get(event.to)
      if (source === undefined) return event
      const { to, topic } = source
      return { ...(topic !== undefined && { topic }), ...event, to }
    })
  }
}
