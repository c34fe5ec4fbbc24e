import { drawDot } from './draw-dot.ts'
import { drawMermaid } from './draw-mermaid.ts'
import { drawText } from './draw-text.ts'
import type { Graph } from './graph.ts'

/** Every form a graph can be drawn in, by the name a user gives it; each ends with a newline. */
export const DRAWINGS = Object.freeze({ text: drawText, mermaid: drawMermaid, dot: drawDot, json: drawJson })

/** The name of a form in {@link DRAWINGS}. */
export type DrawingFormat = keyof typeof DRAWINGS

/** The graph as indented JSON, defaults filled in, without the rules of carriers. */
function drawJson({ carriers: _, ...graph }: Graph): string {
  return `${JSON.stringify(graph, null, 2)}\n`
}
