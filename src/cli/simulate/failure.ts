import type { TranscriptError } from '../../simulator/transcript.ts'
import type { Colors } from '../print.ts'
import { drawCodeFrame, type Place, placeOf } from './codeFrame.ts'

/** What failures are drawn with. */
export interface FailureOptions {
  readonly colors: Colors
  /** The way from where the user is to the topology's folder, which stacks are relative to: `examples/hello/`, or empty. */
  readonly folder: string
  /** The text of a file of the topology's folder, for the line that failed; undefined when it cannot be read. */
  readonly sourceOf: (file: string) => string | undefined
}

const SHOWN_CALLS = 4
const REMEMBERED_PLACES = 1000

/** Gives what draws failures: name and message, the line of the user's code that failed (once), and how it got there. */
export function failuresDrawn({ colors, folder, sourceOf }: FailureOptions): (error: TranscriptError) => string {
  const framed = new Set<string>()
  const frameOnce = (place: Place): string => {
    const id = `${place.file}:${place.line}:${place.column}`
    if (framed.has(id) || framed.size >= REMEMBERED_PLACES) return ''
    framed.add(id)
    const source = sourceOf(place.file)
    const frame = source === undefined ? '' : drawCodeFrame(source, place, colors)
    return frame === '' ? '' : indent(frame, 4)
  }
  return (error) => {
    const head = indent(`✗ ${titleOf(error)}`, 2, colors.red)
    if (error.stack === undefined) return head
    const place = placeOf(error.stack)
    const way = wayOf(error.stack).map((line) => indent(fromHere(line, folder), 4, colors.dim))
    return `${head}${place === undefined ? '' : frameOnce(place)}${way.join('')}`
  }
}

/** `TypeError: boom`, or `[TIMEOUT] …` for what attak itself found. */
export function titleOf({ name, message, code }: TranscriptError): string {
  if (code !== undefined && name === 'AttakError') return `[${code}] ${message}`.trimEnd()
  return message === '' ? name : `${name}: ${message}`
}

/** What a stack says below its title: the first calls of the error, and of what caused it, with that one's title. */
function wayOf(stack: string): readonly string[] {
  const first = stack.search(/^\s+at /m)
  if (first < 0) return []
  let calls = 0
  return stack
    .slice(first)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => {
      calls = line.startsWith('at ') ? calls + 1 : 0
      return calls <= SHOWN_CALLS
    })
}

function indent(text: string, columns: number, paint: (line: string) => string = String): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(columns)}${paint(line)}\n`)
    .join('')
}

function fromHere(call: string, folder: string): string {
  if (!call.startsWith('at ')) return call
  return call.includes(' (') ? call.replace(' (', ` (${folder}`) : call.replace(/^at (async )?/, `$&${folder}`)
}
