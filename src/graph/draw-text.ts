import type { TopologySource } from '../topology/source.ts'
import type { Graph, GraphStream } from './graph.ts'
import { type GraphIndex, indexOf } from './index-of.ts'
import { topicLabel, topicsLabel } from './label.ts'

interface Drawing {
  readonly lines: string[]
  readonly index: GraphIndex
  readonly drawn: Set<string>
  /** The processors between the root and the line being drawn: going back to one of them is a cycle. */
  readonly path: Set<string>
  /** Processors that branches lead to which are nested too deeply: they are drawn below, like roots. */
  readonly below: string[]
}

/** Branches inside branches: more do not fit a terminal. */
const MOST_NESTED = 12

/**
 * The graph for a terminal: each processor once, below the first that feeds it; a sole receiver straight below, several
 * as branches. `↺` goes back up the branch it is on, `↑` to a processor that is drawn further up, `…` to one that is drawn
 * further down because its branch is nested too deeply.
 * ```
 * spout
 * ↓ text
 * reverse
 * ├─ short, long → count
 * └─ → spout ↺
 * ```
 */
export function drawText(graph: Graph): string {
  const heard = new Set(graph.streams.filter(({ from, to }) => from !== to).map(({ to }) => to))
  const names = graph.processors.map(({ name }) => name)
  const drawing: Drawing = { lines: [], index: indexOf(graph), drawn: new Set(), path: new Set(), below: [] }
  const joined = new Set(graph.streams.flatMap(({ from, to }) => [from, to]))
  const inFlow = names.filter((name) => joined.has(name))
  for (const name of [...inFlow.filter((one) => !heard.has(one)), ...inFlow]) {
    for (let root: string | undefined = name; root !== undefined; root = drawing.below.shift()) drawRoot(root, drawing)
  }
  const alone = names.filter((name) => !joined.has(name))
  if (alone.length > 0)
    drawing.lines.push('', ...alone.map((name) => (joined.size > 0 ? `${name} (no streams)` : name)))
  const { sources = [] } = graph
  const all = [
    ...[count(names.length, 'processor'), count(graph.streams.length, 'stream')],
    ...(sources.length > 0 ? [count(sources.length, 'source')] : []),
  ]
  return `${graph.name} (${graph.stage}): ${all.join(', ')}\n${drawSources(sources)}${drawing.lines.join('\n')}\n${legendOf(drawing.lines)}`
}

/** `orders (http) ⇢ intake`, a line each. */
function drawSources(sources: readonly TopologySource[]): string {
  const lines = sources.map(({ name, type, to, topic }) => {
    return `${name} (${type}) ⇢ ${topic === undefined ? '' : `${topicLabel(topic)} → `}${to}\n`
  })
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

function drawRoot(name: string, drawing: Drawing): void {
  if (drawing.drawn.has(name)) return
  drawing.lines.push('', name)
  drawFrom(name, [], drawing)
}

/** Draws what follows a processor: straight down while it has one receiver, then its branches. */
function drawFrom(first: string, indents: readonly string[], drawing: Drawing): void {
  const { lines, drawn, path, index } = drawing
  const indent = indents.join('')
  const straight = [first]
  drawn.add(first)
  path.add(first)
  let streams = index.outgoing(first)
  for (let only = soleOf(streams); only !== undefined && !drawn.has(only.to); only = soleOf(streams)) {
    lines.push(`${indent}↓ ${topicsLabel(only.topics)}`.trimEnd(), `${indent}${only.to}`)
    straight.push(only.to)
    drawn.add(only.to)
    path.add(only.to)
    streams = index.outgoing(only.to)
  }
  for (const [place, stream] of streams.entries()) drawBranch(stream, place === streams.length - 1, indents, drawing)
  for (const name of straight) path.delete(name)
}

function soleOf(streams: readonly GraphStream[]): GraphStream | undefined {
  return streams.length === 1 ? streams[0] : undefined
}

function drawBranch(stream: GraphStream, last: boolean, indents: readonly string[], drawing: Drawing): void {
  const { to, topics } = stream
  const { lines, drawn, below } = drawing
  const isNew = !drawn.has(to)
  const isBelow = isNew && indents.length >= MOST_NESTED && drawing.index.outgoing(to).length > 0
  const label = topics === undefined ? '' : `${topicsLabel(topics)} `
  lines.push(`${indents.join('')}${last ? '└' : '├'}─ ${label}→ ${to}${isBelow ? ' …' : markOf(to, drawing)}`)
  if (isBelow) below.push(to)
  else if (isNew) drawFrom(to, [...indents, `${last ? ' ' : '│'}  `], drawing)
}

function markOf(to: string, { path, drawn, index }: Drawing): string {
  if (path.has(to)) return ' ↺'
  return drawn.has(to) && index.outgoing(to).length > 0 ? ' ↑' : ''
}

function legendOf(lines: readonly string[]): string {
  const marks = { '↺': 'back to a processor on this path', '↑': 'drawn above, with its streams', '…': 'drawn below' }
  const used = Object.entries(marks).filter(([mark]) => lines.some((line) => line.endsWith(` ${mark}`)))
  return used.length === 0 ? '' : `\n${used.map(([mark, meaning]) => `${mark} ${meaning}`).join('\n')}\n`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
