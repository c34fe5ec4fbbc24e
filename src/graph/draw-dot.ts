import type { Graph } from './graph.ts'
import { topicLabel, topicsLabel } from './label.ts'

/** The graph in Graphviz's language. */
export function drawDot(graph: Graph): string {
  const nodes = graph.processors.map(({ name }) => `  ${quote(name)}`)
  const edges = graph.streams.map(({ from, to, topics }) => {
    const label = topics === undefined ? '' : ` [label=${quote(topicsLabel(topics))}]`
    return `  ${quote(from)} -> ${quote(to)}${label}`
  })
  const sources = (graph.sources ?? []).flatMap(({ name, type, to, topic }) => {
    const id = quote(`${name} (${type})`)
    const label = topic === undefined ? '' : `, label=${quote(topicLabel(topic))}`
    return [`  ${id} [shape=oval]`, `  ${id} -> ${quote(to)} [style=dashed${label}]`]
  })
  const lines = [
    `digraph ${quote(graph.name)} {`,
    '  rankdir=LR',
    '  node [shape=box, style=rounded]',
    ...nodes,
    ...sources,
    ...edges,
  ]
  return `${[...lines, '}'].join('\n')}\n`
}

/** Graphviz reads backslashes and HTML entities in labels, so both are escaped. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('&', '&amp;')}"`
}
