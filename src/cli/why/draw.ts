import { type FailureOptions, failuresDrawn } from '../../view/failure.ts'
import { hang, jsonText } from '../../view/print.ts'
import { drawOrigin } from '../../view/story.ts'
import { drawValue, drawWord } from '../../view/value.ts'
import type { Found } from './fact.ts'
import type { Path, Step } from './path.ts'

/** The options for drawing a path. */
export interface PathDrawing extends FailureOptions {
  /** Columns a line may take. */
  readonly width: number
  /** Events are printed whole, on several lines. */
  readonly full: boolean
}

/**
 * Draws a path for a person: a paragraph for each message, from the input on, and at the end what became of the last
 * one.
 */
export function drawPath(found: Found, path: Path, drawing: PathDrawing): string {
  const { colors } = drawing
  const cuts: boolean[] = []
  const paragraphs = path.steps.map((step, index) => {
    const { text, cut } = drawStep(step, drawing)
    cuts.push(cut)
    return `${text}${drawBranches(step, index === path.steps.length - 1, drawing)}${drawOutcome(step, drawing)}`
  })
  const { message, root, record } = found
  const head = record === undefined ? '' : `error ${drawWord(record)} · `
  const notes = notesOf(path, cuts.includes(true))
  const end = notes.length === 0 ? '' : `\n${notes.map((note) => `${colors.dim(note)}\n`).join('')}`
  return `${colors.dim(`${head}message ${drawWord(message)} · trace ${drawWord(root)}`)}\n\n${paragraphs.join('')}${end}`
}

function drawStep(step: Step, { colors, width, full }: PathDrawing): { readonly text: string; readonly cut: boolean } {
  const gap = step.unknown === undefined ? '' : `${colors.dim(`… ${sayUnknown(step.unknown)}`)}\n`
  const name = step.processor === undefined ? '⇒' : colors.bold(colors.cyan(drawWord(step.processor)))
  const head = `${gap}${name}${colors.dim(` ← ${originOf(step)}`)}\n`
  if (step.event === undefined) return { text: `${head}${noEvent(step, colors)}`, cut: false }
  const { data } = step.event
  if (data === undefined) return { text: head, cut: false }
  if (full) return { text: `${head}${indented(jsonText(data, 2))}`, cut: false }
  const { text, cut } = drawValue(data, Math.max(20, width - 2))
  return { text: `${head}  ${text}\n`, cut }
}

function noEvent({ missing }: Step, colors: PathDrawing['colors']): string {
  return `  ${colors.yellow(missing === undefined ? 'no event: no log line and no record has it' : `no event: ${hang(missing)}`)}\n`
}

function sayUnknown(messages: number): string {
  return messages === 0 ? 'what came before is not known' : `${messages} more messages are not known`
}

/** `input · 2026-11-21T13:20:57.123Z`, `intake · order · key a · attempt 2 · at 1 s`. */
function originOf({ time, ...step }: Step): string {
  const from = step.from ?? (step.hop === undefined || step.hop === 1 ? 'input' : 'unknown')
  return [drawOrigin({ ...step, from }), ...(time === undefined ? [] : [drawWord(time)])].join(' · ')
}

function drawBranches({ branches }: Step, last: boolean, { colors }: PathDrawing): string {
  if (branches === 0) return ''
  const what = `${branches}${last ? '' : ' other'} ${branches === 1 ? 'message' : 'messages'}`
  return `  ${colors.dim(`→ ${last ? '' : 'and '}${what}`)}\n`
}

const WHAT_BECAME: Readonly<Record<string, string>> = {
  retry: 'this attempt failed and is retried',
  postponed: 'it was not handled in time; its record is delivered again',
  skipped: 'it was handled before, so it was skipped',
  late: 'after it was handled',
  crash: 'the function ended while it had this message',
}

function drawOutcome({ outcome, error, time }: Step, drawing: PathDrawing): string {
  const { colors } = drawing
  const what = outcome === undefined ? undefined : WHAT_BECAME[outcome]
  const said = what === undefined ? '' : `  ${colors.yellow(what)}\n`
  const asOfMs = time === undefined ? undefined : Date.parse(time)
  return `${said}${error === undefined ? '' : failuresDrawn(drawing)(error, asOfMs)}`
}

function notesOf({ steps, also }: Path, cut: boolean): readonly string[] {
  const isMissing = steps.some(({ event, missing }) => event === undefined && missing !== undefined)
  return [
    ...(also.length === 0 ? [] : [`The same message was handled by ${also.map(drawWord).join(', ')}, too.`]),
    ...(isMissing ? ['With logEvents: true, functions log the events that they receive.'] : []),
    ...(cut ? ['Long events were cut (…): see them whole with --full, or with --json.'] : []),
  ]
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('')
}
