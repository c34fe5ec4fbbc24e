import { drawCount, drawDuration } from '../duration.ts'
import type { Colors } from '../print.ts'
import { drawValue, widthOf } from './shorten.ts'
import type { ProcessorTally, Tally } from './tally.ts'

/** What the end of a story is told with. */
export interface SummaryOptions {
  readonly colors: Colors
  readonly width: number
  /** Wall-clock milliseconds of the run. */
  readonly tookMs: number
  /** Sentences that close it, each a line. */
  readonly notes: readonly string[]
}

/** The end of a story: what came out, a table of who did how much, one line that says it all. */
export function drawSummary(tally: Tally, options: SummaryOptions): string {
  const total = totalOf(tally)
  return [
    '',
    ...outputs(tally, total.outputs, options),
    ...table(tally, options.colors),
    '',
    verdict(tally, total, options),
    ...options.notes.map((note) => options.colors.dim(note)),
    '',
  ].join('\n')
}

function totalOf(tally: Tally): ProcessorTally {
  const total = { handled: 0, emitted: 0, outputs: 0, retried: 0, failed: 0 }
  for (const each of tally.processors.values()) for (const column of COLUMNS) total[column] += each[column]
  return total
}

function outputs(tally: Tally, count: number, { colors, width }: SummaryOptions): readonly string[] {
  if (count === 0) return []
  const shown = tally.firstOutputs.length
  const head =
    count > shown
      ? `Out came ${drawCount(count, 'event')}, the first ${shown} of them:`
      : `Out came ${drawCount(count, 'event')}:`
  const lines = tally.firstOutputs.map(({ processor, topic, data }) => {
    const before = `  ${processor} ⇒ ${topic}  `
    const value = drawValue(data, Math.max(20, width - widthOf(before))).text
    return `  ${processor} ${colors.green('⇒')} ${colors.bold(colors.green(topic))}  ${colors.green(value)}`
  })
  return [colors.bold(head), ...lines, '']
}

const COLUMNS = ['handled', 'emitted', 'outputs', 'retried', 'failed'] as const

/** Columns in which nothing happened are left out, but for the first two. */
function table(tally: Tally, colors: Colors): readonly string[] {
  const rows = [...tally.processors]
  const columns = COLUMNS.filter((column, index) => index < 2 || rows.some(([, count]) => count[column] > 0))
  const first = Math.max('processor'.length, ...rows.map(([name]) => name.length))
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map(([, count]) => drawNumber(count[column]).length)),
  )
  const head = ['processor'.padEnd(first), ...columns.map((column, at) => column.padStart(widths[at] ?? 0))].join('  ')
  const lines = rows.map(([name, count]) => {
    const cells = columns.map((column, at) => {
      const cell = drawNumber(count[column]).padStart(widths[at] ?? 0)
      return column === 'failed' && count.failed > 0 ? colors.red(cell) : count[column] === 0 ? colors.dim(cell) : cell
    })
    return [colors.cyan(name.padEnd(first)), ...cells].join('  ')
  })
  return [colors.dim(head), ...lines]
}

function drawNumber(count: number): string {
  return count.toLocaleString('en')
}

function verdict(tally: Tally, total: ProcessorTally, { colors, tookMs }: SummaryOptions): string {
  const failed = total.failed === 0 ? colors.green('nothing failed') : colors.red(`${drawNumber(total.failed)} failed`)
  const virtual = tally.at > 0 ? `, ${drawDuration(tally.at)} of virtual time` : ''
  const counts = `${drawCount(tally.inputs, 'input')}, ${drawNumber(total.handled)} handled, ${drawCount(total.outputs, 'output')}`
  return `${counts}, ${failed} ${colors.dim(`(${drawDuration(tookMs)}${virtual})`)}`
}
