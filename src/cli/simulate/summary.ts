import { drawCount, drawDuration, drawNumber } from '../../view/duration.ts'
import { type Colors, hang } from '../../view/print.ts'
import { drawValue, drawWord } from '../../view/value.ts'
import { shorten, widthOf } from '../../view/width.ts'
import type { ProcessorTally, Tally } from './tally.ts'

/** How to draw the end of a story. */
export interface SummaryOptions {
  readonly colors: Colors
  readonly width: number
  /** Wall-clock milliseconds of the run. */
  readonly tookMs: number
  /** How many failures came after their handler had settled: they belong to no attempt, but fail the run. */
  readonly late?: number
  /** Why the run did not come to its end; absent where it did. */
  readonly cutShort?: 'interrupted' | 'broke off' | undefined
  /** List the first outputs: the story that stands above did not show them. */
  readonly outputs: boolean
  /** Sentences that close it, each a line. */
  readonly notes: readonly string[]
}

/** Draws the end of a story: outputs, a table of the processors, and one line of totals. */
export function drawSummary(tally: Tally, options: SummaryOptions): string {
  return [
    ...(options.outputs ? drawOutputs(tally, options) : []),
    ...drawCounts([...tally.processors], options),
    '',
    drawVerdict(tally, options),
    ...options.notes.map((note) => options.colors.dim(hang(note))),
    '',
  ].join('\n')
}

function drawOutputs(tally: Tally, { colors, width }: SummaryOptions): readonly string[] {
  const count = totalOf(tally, 'outputs')
  if (count === 0) return []
  const shown = tally.firstOutputs.length
  const heading = count > shown ? `Outputs (${drawNumber(count)}, the first ${shown} of them)` : `Outputs (${count})`
  const lines = tally.firstOutputs.map(({ processor, topic: given, data }) => {
    const topic = drawWord(given)
    const value = drawValue(data, Math.max(20, width - widthOf(`  ${processor} ⇒ ${topic}  `))).text
    const name = `  ${processor} ${colors.green('⇒')} ${colors.bold(colors.green(topic))}`
    return value === '' ? name : `${name}  ${colors.green(value)}`
  })
  return [colors.bold(heading), ...lines, '']
}

interface Column {
  readonly title: string
  readonly of: (count: ProcessorTally) => number
  readonly draw: (value: number) => string
  /** Shown also where nothing happened in it. */
  readonly always?: true
}

const COLUMNS: readonly Column[] = [
  { title: 'handled', of: ({ handled }) => handled, draw: drawNumber, always: true },
  { title: 'emitted', of: ({ emitted }) => emitted, draw: drawNumber, always: true },
  { title: 'outputs', of: ({ outputs }) => outputs, draw: drawNumber },
  { title: 'retried', of: ({ retried }) => retried, draw: drawNumber },
  { title: 'failed', of: ({ failed }) => failed, draw: drawNumber },
  { title: 'time', of: ({ tookMs }) => tookMs, draw: drawDuration },
  { title: 'mean', of: meanMs, draw: drawDuration },
  { title: 'longest', of: ({ longestMs }) => longestMs, draw: drawDuration },
]

/** Names are cut where the table would be wider than the terminal, but to no less than their heading. */
function drawCounts(
  rows: readonly (readonly [string, ProcessorTally])[],
  { colors, width }: SummaryOptions,
): readonly string[] {
  const columns = COLUMNS.filter(({ of, always }) => always || rows.some(([, count]) => of(count) > 0))
  const widths = columns.map(({ title, of, draw }) =>
    Math.max(title.length, ...rows.map(([, count]) => draw(of(count)).length)),
  )
  const room = width - widths.reduce((sum, one) => sum + one + 2, 0)
  const longest = Math.max(...rows.map(([name]) => name.length))
  const first = Math.max('processor'.length, Math.min(longest, room))
  const drawRow = (name: string, cells: readonly string[]) => [name, ...cells].join('  ').trimEnd()
  const heads = columns.map(({ title }, index) => title.padStart(widths[index] ?? 0))
  return [
    colors.dim(drawRow('processor'.padEnd(first), heads)),
    ...rows.map(([name, count]) => {
      const cells = columns.map(({ title, of, draw }, index) => {
        const cell = draw(of(count)).padStart(widths[index] ?? 0)
        return of(count) === 0 ? colors.dim(cell) : title === 'failed' ? colors.red(cell) : cell
      })
      return drawRow(colors.cyan(shorten(name, first).text.padEnd(first)), cells)
    }),
  ]
}

function meanMs({ handled, retried, failed, tookMs }: ProcessorTally): number {
  return tookMs / Math.max(1, handled + retried + failed)
}

/** Counts over all processors. */
export function totalOf(tally: Tally, what: keyof ProcessorTally): number {
  let total = 0
  for (const count of tally.processors.values()) total += count[what]
  return total
}

function drawVerdict(tally: Tally, { colors, tookMs, late = 0, cutShort }: SummaryOptions): string {
  const failed = totalOf(tally, 'failed') + late
  const wrong = [
    ...(failed === 0 ? [] : [`${drawNumber(failed)} failed`]),
    ...(cutShort === undefined ? [] : [cutShort]),
  ]
  const [mark, verdict] =
    wrong.length === 0
      ? [colors.green('✓'), colors.green('nothing failed')]
      : [colors.red('✗'), colors.red(wrong.join(', '))]
  const virtual = tally.at > 0 ? `, ${drawDuration(tally.at)} of virtual time` : ''
  const inputs = drawCount(tally.inputs, 'input')
  const outputs = drawCount(totalOf(tally, 'outputs'), 'output')
  const counts = `${inputs}, ${drawNumber(totalOf(tally, 'handled'))} handled, ${outputs}`
  return `${mark} ${counts}, ${verdict} ${colors.dim(`(${drawDuration(tookMs)}${virtual})`)}`
}
