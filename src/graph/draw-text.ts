import type { Graph, GraphStream } from './graph.ts'
import { topicsLabel } from './label.ts'

interface Drawing {
  readonly lines: string[]
  readonly outgoing: ReadonlyMap<string, readonly GraphStream[]>
  readonly drawn: Set<string>
  /** The processors between the root and the line being drawn: going back to one of them is a cycle. */
  readonly path: Set<string>
}

/**
 * The graph for a terminal: each processor once, below the first that feeds it; a sole receiver straight below, several
 * as branches. `↺` goes back up the branch it is on, `↑` to a processor that is drawn further up.
 * ```
 * spout
 * ↓ text
 * reverse
 * ├─ short, long → count
 * └─ → spout ↺
 * ```
 */
export function drawText(graph: Graph): string {
  const outgoing = new Map(
    graph.processors.map(({ name }) => [name, graph.streams.filter(({ from }) => from === name)]),
  )
  const heard = new Set(graph.streams.filter(({ from, to }) => from !== to).map(({ to }) => to))
  const names = graph.processors.map(({ name }) => name)
  const drawing: Drawing = { lines: [], outgoing, drawn: new Set(), path: new Set() }
  const joined = new Set(graph.streams.flatMap(({ from, to }) => [from, to]))
  const inFlow = names.filter((name) => joined.has(name))
  for (const name of [...inFlow.filter((one) => !heard.has(one)), ...inFlow]) {
    if (drawing.drawn.has(name)) continue
    drawing.lines.push('', name)
    drawFrom(name, '', drawing)
  }
  const alone = names.filter((name) => !joined.has(name))
  if (alone.length > 0)
    drawing.lines.push('', ...alone.map((name) => (joined.size > 0 ? `${name} (no streams)` : name)))
  const counts = `${count(names.length, 'processor')}, ${count(graph.streams.length, 'stream')}`
  return `${graph.name} (${graph.stage}): ${counts}\n${drawing.lines.join('\n')}\n${legendOf(drawing.lines)}`
}

function drawFrom(name: string, indent: string, drawing: Drawing): void {
  const { lines, drawn, path, outgoing } = drawing
  drawn.add(name)
  path.add(name)
  const streams = outgoing.get(name) ?? []
  const [only] = streams
  if (only !== undefined && streams.length === 1 && !drawn.has(only.to)) {
    lines.push(`${indent}↓ ${topicsLabel(only.topics)}`.trimEnd(), `${indent}${only.to}`)
    drawFrom(only.to, indent, drawing)
  } else {
    for (const [index, stream] of streams.entries()) drawBranch(stream, index === streams.length - 1, indent, drawing)
  }
  path.delete(name)
}

function drawBranch({ to, topics }: GraphStream, last: boolean, indent: string, drawing: Drawing): void {
  const mark = drawing.path.has(to) ? ' ↺' : drawing.drawn.has(to) && drawing.outgoing.get(to)?.length ? ' ↑' : ''
  const label = topics === undefined ? '' : `${topicsLabel(topics)} `
  drawing.lines.push(`${indent}${last ? '└' : '├'}─ ${label}→ ${to}${mark}`)
  if (!drawing.drawn.has(to)) drawFrom(to, `${indent}${last ? ' ' : '│'}  `, drawing)
}

function legendOf(lines: readonly string[]): string {
  const marks = { '↺': 'back to where it came through', '↑': 'drawn above with what follows it' }
  const used = Object.entries(marks).filter(([mark]) => lines.some((line) => line.endsWith(` ${mark}`)))
  return used.length === 0 ? '' : `\n${used.map(([mark, meaning]) => `${mark} ${meaning}`).join('\n')}\n`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
