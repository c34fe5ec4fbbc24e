import type { Thrown } from '../runtime/thrown.ts'
import type { EmitEntry, EndEntry, LogEntry, StartEntry, TranscriptEntry } from '../simulator/transcript.ts'
import { drawDuration } from './duration.ts'
import { type FailureOptions, failuresDrawn, fromHere, titleOf } from './failure.ts'
import { hang } from './print.ts'
import { drawValue, drawWord } from './value.ts'
import { widthOf } from './width.ts'

/** How a story is printed. */
export interface StoryOptions extends FailureOptions {
  /** Columns a line may take. */
  readonly width: number
  /** Print failures only. */
  readonly quiet: boolean
}

/** Draws a transcript for a person, entry by entry. */
export interface Story {
  /** The lines that an entry adds, each with its line end; often none. */
  tell(entry: TranscriptEntry): string
  /** The lines of a failure that came after its handler had settled. */
  tellLate(of: Pick<EndEntry, 'processor' | 'message'>, error: Thrown): string
  /** Returns the lines that were held back so far. */
  rest(): string
  /** Whether a value was cut to fit. */
  readonly cut: boolean
}

/** Starts a story: a paragraph for each run of a handler, with its emits, its log lines, and how it failed. */
export function storyOf(options: StoryOptions): Story {
  const { colors, quiet } = options
  const drawFailure = failuresDrawn(options)
  let told: string | undefined
  let cut = false

  /** The text before a value, and as much of the value as fits after it. */
  const withValue = (plain: string, painted: string, value: unknown, paint: (text: string) => string = String) => {
    const { space, room } = placeAfter(plain, options.width)
    const drawn = drawValue(value, room)
    cut ||= drawn.cut
    return drawn.text === '' ? `${painted}\n` : `${painted}${space}${paint(drawn.text)}\n`
  }
  const start = (entry: StartEntry): string => {
    told = entry.message
    const origin = ` ← ${drawOrigin(entry)}`
    const name = colors.bold(colors.cyan(entry.processor))
    return withValue(`${entry.processor}${origin}`, `${name}${colors.dim(origin)}`, entry.event)
  }
  /** The paragraph's head again, where another message came between. */
  const again = ({ processor, message }: Pick<EndEntry, 'processor' | 'message'>): string => {
    if (told === message) return ''
    told = message
    return `${colors.bold(colors.cyan(processor))}${colors.dim(quiet ? ` · message ${drawWord(message)}` : ' · continued')}\n`
  }
  const emit = (entry: EmitEntry): string => {
    const key = entry.key === undefined ? '' : ` · key ${drawWord(entry.key)}`
    const topic = drawWord(entry.topic)
    if (entry.to.length > 0) {
      const to = ` to ${entry.to.join(', ')}${key}`
      return withValue(`  → ${topic}${to}`, `  ${colors.dim('→')} ${topic}${colors.dim(to)}`, entry.data)
    }
    const painted = `  ${colors.green('⇒')} ${colors.bold(colors.green(topic))}${colors.dim(key)}`
    return withValue(`  ⇒ ${topic}${key}`, painted, entry.data, colors.green)
  }
  const result = (value: unknown): string => withValue('  ↩', `  ${colors.dim('↩')}`, value).replace('↩  ', '↩ ')
  const end = (entry: EndEntry): string => {
    if (entry.outcome === 'ok')
      return quiet || entry.result === undefined ? '' : `${again(entry)}${result(entry.result)}`
    if (quiet && entry.outcome === 'retry') return ''
    const error = entry.error ?? { name: 'Error', message: 'no reason was given' }
    if (entry.outcome === 'failed') return `${again(entry)}${drawFailure(error)}`
    const wait = drawDuration((entry.retryAt ?? entry.at) - entry.at)
    return `${again(entry)}  ${colors.yellow(`↻ ${hang(titleOf(error))}`)}${colors.dim(` · tried again after ${wait}`)}\n`
  }
  return {
    tell(entry) {
      if (entry.kind === 'end') return end(entry)
      if (quiet) return ''
      if (entry.kind === 'start') return start(entry)
      if (entry.kind === 'emit') return `${again(entry)}${emit(entry)}`
      return entry.kind === 'log' ? `${again(entry)}${drawLog(entry, options)}` : ''
    },
    tellLate: (of, error) => `${again(of)}${drawFailure(error)}`,
    rest: () => '',
    get cut() {
      return cut
    },
  }
}

/** A value with fewer columns than this stands on a separate line. */
const LEAST_VALUE = 20

function placeAfter(text: string, width: number): { readonly space: string; readonly room: number } {
  const room = width - widthOf(text) - 2
  return room < LEAST_VALUE ? { space: '\n    ', room: width - 4 } : { space: '  ', room }
}

function drawLog({ level, text }: LogEntry, { colors, folder }: StoryOptions): string {
  const paint = { debug: colors.dim, info: String, warn: colors.yellow, error: colors.red }[level]
  const [first = '', ...rest] = (text.startsWith(UNCAUGHT) ? placesFromHere(text, folder) : text).split('\n')
  const lines = [level === 'info' ? first : `${level} ${first}`, ...rest]
  return lines.map((line) => `  ${colors.dim('│')} ${paint(colors.asLogged(line))}\n`).join('')
}

/** How the simulation reports an error that a handler left behind, with a stack relative to the topology's folder. */
const UNCAUGHT = 'uncaught after it had settled: '

function placesFromHere(text: string, folder: string): string {
  return text.replace(/^ {4}at .*$/gm, (call) => fromHere(call, folder))
}

/** How a message reached a processor. */
export type Origin = Partial<Pick<StartEntry, 'from' | 'topic' | 'key' | 'attempt' | 'at' | 'invoked'>>

/** `input`, `spout · text`, `order · invoked`, and unusual properties: `spout · text · key a · attempt 2 · at 1 s`. */
export function drawOrigin({ from = 'input', topic, key, attempt = 1, at = 0, invoked }: Origin): string {
  const name = drawWord(from)
  return [
    invoked ? `${name} · invoked` : topic === undefined ? name : `${name} · ${drawWord(topic)}`,
    ...(key === undefined ? [] : [`key ${drawWord(key)}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(at > 0 ? [`at ${drawDuration(at)}`] : []),
  ].join(' · ')
}
