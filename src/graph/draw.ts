import { withoutPasswords } from '../topology/secret.ts'
import { drawDot } from './draw-dot.ts'
import { drawMermaid } from './draw-mermaid.ts'
import { drawText } from './draw-text.ts'
import type { Graph } from './graph.ts'

/** Every form a graph can be drawn in, by the name a user gives it; each ends with a newline. */
export const DRAWINGS = Object.freeze({ text: drawText, mermaid: drawMermaid, dot: drawDot, json: drawJson })

/** The name of a form in {@link DRAWINGS}. */
export type DrawingFormat = keyof typeof DRAWINGS

/** The graph as indented JSON, defaults filled in, without the rules of carriers and without the passwords of URLs. */
function drawJson({ carriers: _, ...graph }: Graph): string {
  const shown = (_name: string, value: unknown) => (typeof value === 'string' ? withoutPasswords(value) : value)
  return `${JSON.stringify(graph, shown, 2)}\n`
}
