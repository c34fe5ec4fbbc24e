import type { Graph } from './graph.ts'
import { topicLabel, topicsLabel } from './label.ts'

/** Returns the graph as a Mermaid flowchart. Nodes have ids such as `p0`, because `end` and others are keywords of Mermaid. */
export function drawMermaid(graph: Graph): string {
  const ids = new Map(graph.processors.map(({ name }, index) => [name, `p${index}`]))
  const nodes = graph.processors.map(({ name }) => `  ${ids.get(name)}[${quote(name)}]`)
  const edges = graph.streams.map(({ from, to, topics }) => {
    const label = topics === undefined ? '' : `|${quote(topicsLabel(topics))}|`
    return `  ${ids.get(from)} -->${label} ${ids.get(to)}`
  })
  const sources = (graph.sources ?? []).map(({ name, type, to, topic }, index) => {
    const label = topic === undefined ? '' : `|${quote(topicLabel(topic))}|`
    return `  s${index}([${quote(`${name} (${type})`)}]) -.->${label} ${ids.get(to)}`
  })
  return `${['flowchart LR', ...nodes, ...sources, ...edges].join('\n')}\n`
}

/** Everything but letters, digits and harmless punctuation becomes a character code, which Mermaid reads in quotes. */
function quote(text: string): string {
  return `"${text.replace(/[^\p{L}\p{M}\p{N} ,.:/_()+=@!?-]/gu, (found) => `#${found.codePointAt(0)};`)}"`
}
