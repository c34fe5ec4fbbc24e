import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type CloudEvent, emitterIn, INPUT_TYPE } from '../../runtime/event.ts'
import { positionText } from '../../runtime/position.ts'
import { visible } from '../../view/controls.ts'
import { drawCount, drawNumber } from '../../view/duration.ts'
import { type FailureOptions, failuresDrawn, titleOf } from '../../view/failure.ts'
import { idLength } from '../../view/id.ts'
import { type Colors, colorsOf, jsonText } from '../../view/print.ts'
import { drawWord } from '../../view/value.ts'
import { shorten, widthOf } from '../../view/width.ts'
import type { Terminal } from '../terminal.ts'

/** Columns of output that is not for a terminal. */
const PLAIN_COLUMNS = 160

const LEAST_ERROR = 20
const LEAST_PROCESSOR = 9

/**
 * Returns errors as a table that fits the terminal; it ends with a line break.
 * ```
 * when                 processor  error             id        attempts
 * 2026-11-21 13:05:02  bill       TypeError: no id  3fa1b2c4         1
 * 2026-11-21 13:05:07  bill       crash: timed out  77ab01d9         3
 * ```
 * In a narrow terminal the time has no year and no seconds, and there are no attempts. `errors show` prints all of it.
 */
export function drawErrors(records: readonly ErrorRecord[], terminal: Terminal): string {
  const width = terminal.isTTY ? terminal.columns : PLAIN_COLUMNS
  const wide = cellsOf(records, false)
  const isNarrow = widthsOf(wide).reduce(sum) - widthsOf(wide)[ERROR]! + LEAST_ERROR + 2 * (wide[0]!.length - 1) > width
  return drawTable(isNarrow ? cellsOf(records, true) : wide, width, colorsOf(terminal))
}

const PROCESSOR = 1
const ERROR = 2

/** The head of the table and its rows. */
function cellsOf(records: readonly ErrorRecord[], isNarrow: boolean): readonly (readonly string[])[] {
  const idWidth = idLength(records)
  const rows = records.map((record) => [
    isNarrow ? drawTime(record.time).slice(5, 16) : drawTime(record.time),
    drawWord(record.processor),
    visible(drawKind(record) + firstLine(record)),
    drawWord(record.id.slice(0, idWidth)),
    ...(isNarrow ? [] : [drawNumber(record.attempt)]),
  ])
  return [['when', 'processor', 'error', 'id', ...(isNarrow ? [] : ['attempts'])], ...rows]
}

function drawTable(table: readonly (readonly string[])[], width: number, colors: Colors): string {
  const widths = widthsOf(table)
  const [processor = 0, error = 0] = widths.slice(PROCESSOR)
  const left = width - (widths.reduce(sum) - processor - error) - 2 * (widths.length - 1)
  widths[PROCESSOR] = Math.min(processor, Math.max(LEAST_PROCESSOR, left - LEAST_ERROR))
  widths[ERROR] = Math.min(error, Math.max(LEAST_ERROR, left - widths[PROCESSOR]))
  const paints = [colors.dim, colors.cyan, colors.red, colors.bold, String] as const
  const lines = table.map((cells, row) => {
    const drawn = cells.map((cell, index) => {
      const { text } = shorten(cell, widths[index]!)
      const space = ' '.repeat(Math.max(0, widths[index]! - widthOf(text)))
      const paint = row === 0 ? colors.dim : paints[index]!
      return paint(index === paints.length - 1 ? space + text : text + space)
    })
    return `${drawn.join('  ').trimEnd()}\n`
  })
  return lines.join('')
}

function widthsOf(table: readonly (readonly string[])[]): number[] {
  return table[0]!.map((_head, index) => Math.max(...table.map((cells) => widthOf(cells[index]!))))
}

function sum(left: number, right: number): number {
  return left + right
}

/** Draws all fields of a record; ends with a line break. */
export function drawRecord(record: ErrorRecord, options: FailureOptions): string {
  const { colors } = options
  const { error, message, suspects = [], ancestors = [], position, artifact } = record
  const events = message === undefined ? suspects : [message]
  const [processor, topology, stage] = [record.processor, record.topology, record.stage].map(drawWord)
  const facts: readonly (readonly [string, string])[] = [
    ['error', `${drawWord(record.id)} (${drawKindOf(record)})`],
    ['when', drawTime(record.time)],
    ['processor', `${processor} of ${topology} (${stage}), attempt ${record.attempt}`],
    ...(position === undefined ? [] : [['where', drawWord(positionText(position))] as const]),
    ...(artifact === undefined ? [] : [['code', drawWord(artifact)] as const]),
  ]
  const way = [...ancestors, ...(message === undefined ? [] : [message])]
  return [
    failuresDrawn({ ...options, margin: 0, calls: Number.POSITIVE_INFINITY })(error, Date.parse(record.time)),
    ...drawFacts(facts, colors),
    ...(suspects.length === 0
      ? []
      : ['', `${drawCount(suspects.length, 'message')} in the invocation, and any of them may be the cause:`]),
    ...(suspects.length === 0 && message === undefined
      ? ['', 'The messages of the invocation are no longer known.']
      : []),
    ...events.flatMap((event) => ['', ...drawEvent(event, { colors, isLost: record.withoutData === true })]),
    ...(way.length < 2 ? [] : ['', 'The path to it:', ...way.map((event, index) => drawAncestor(event, index))]),
    '',
  ].join('\n')
}

function drawEvent(event: CloudEvent, { colors, isLost }: { colors: Colors; isLost: boolean }): readonly string[] {
  const { id, type, source, partitionkey, attakroot, attakparent, attakhop } = event
  const from = emitterIn(source)
  const parent = attakparent === undefined ? '' : `, parent ${drawWord(attakparent)}`
  const topic = type === INPUT_TYPE && attakparent === undefined ? undefined : type
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['message', drawWord(id)],
    ['topic', topic === undefined ? undefined : drawWord(topic)],
    ['key', partitionkey === undefined ? undefined : drawWord(partitionkey)],
    ['from', from === undefined ? (attakparent === undefined ? 'the input' : undefined) : drawWord(from)],
    ['trace', `${drawWord(attakroot)}${parent}, hop ${attakhop}`],
  ]
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
  return [...drawFacts(known, colors), ...drawData(event, isLost).map((line) => `  ${line}`)]
}

function drawData(event: CloudEvent, isLost: boolean): readonly string[] {
  if ('data' in event) return jsonText(event.data, 2).split('\n')
  return [isLost ? 'The event was too large to be recorded. The stream has it until its retention ends.' : 'no data']
}

function drawAncestor({ source, type, data }: CloudEvent, index: number): string {
  const name = drawWord(emitterIn(source) ?? 'the input')
  const topic = index === 0 ? '' : ` → ${drawWord(type)}`
  return `  ${index + 1}. ${name}${topic}  ${shorten(jsonText(data), 80).text}`
}

function drawFacts(facts: readonly (readonly [string, string])[], colors: Colors): readonly string[] {
  return facts.map(([name, value]) => `${colors.dim(name.padEnd(10))} ${value}`)
}

/** `2026-11-21 13:05:02`, UTC. */
export function drawTime(time: string): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

function drawKind({ kind, suspects }: ErrorRecord): string {
  if (kind === 'failed') return ''
  return kind === 'crash' && suspects !== undefined && suspects.length > 1
    ? `crash, ${suspects.length} suspects: `
    : `${kind}: `
}

function drawKindOf({ kind }: ErrorRecord): string {
  return { failed: 'failed for good', late: 'after its message was handled', crash: 'crash' }[kind]
}

function firstLine({ error }: ErrorRecord): string {
  return titleOf(error).split('\n', 1)[0]!
}
