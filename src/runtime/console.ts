import { Console } from 'node:console'
import type { LogLevel } from './invocation.ts'

const LEVELS = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  warn: 'warn',
  error: 'error',
  trace: 'error',
  dir: 'info',
  dirxml: 'info',
  table: 'info',
  assert: 'warn',
  count: 'info',
  countReset: 'warn',
  time: 'warn',
  timeLog: 'info',
  timeEnd: 'info',
  group: 'info',
  groupCollapsed: 'info',
  groupEnd: 'info',
} as const satisfies Partial<Record<keyof Console, LogLevel>>

type Method = keyof typeof LEVELS

/** Takes what some code writes to a console. */
export interface LineTaker<Writer extends object> {
  /** Returns the writer whose code runs now; undefined if this taker does not know it. */
  writer(): Writer | undefined
  take(writer: Writer, level: LogLevel, text: string): void
  /** Whether taken lines are written as usual, too. */
  readonly echo: boolean
}

/** A console whose methods were replaced, and its takers. */
interface Capture {
  readonly takers: Set<(method: Method, args: unknown[]) => boolean>
  restore(): void
}

const captures = new WeakMap<Console, Capture>()

/**
 * Passes text that is written to `target` to `taker` while `taker` knows the writer; other text is written as usual.
 * Each writer has its own groups and timers. Returns a function that ends the capture; the last one restores
 * everything.
 */
export function captureConsole<Writer extends object>(target: Console, taker: LineTaker<Writer>): () => void {
  const capture = captures.get(target) ?? openCapture(target)
  let format: Format | undefined
  const take = (method: Method, args: unknown[]) => {
    const writer = taker.writer()
    if (writer === undefined) return false
    format ??= createFormatter()
    const text = format(writer, method, args)
    if (text !== '') taker.take(writer, LEVELS[method], cutLine(text))
    return !taker.echo
  }
  capture.takers.add(take)
  return () => {
    capture.takers.delete(take)
    if (capture.takers.size === 0) capture.restore()
  }
}

/** CloudWatch takes 1 MB of a line, and a character may be three bytes. */
const MOST_LINE_CHARACTERS = 300_000

function cutLine(text: string): string {
  if (text.length <= MOST_LINE_CHARACTERS) return text
  return `${text.slice(0, MOST_LINE_CHARACTERS)}… (${text.length} characters)`
}

function openCapture(target: Console): Capture {
  const takers: Capture['takers'] = new Set()
  const originals = METHODS.map((method) => [method, target[method]] as const)
  for (const [method, original] of originals) {
    target[method] = (...args: unknown[]) => {
      for (const take of takers) if (take(method, args)) return
      ;(original as (...args: unknown[]) => void).apply(target, args)
    }
  }
  const restore = () => {
    captures.delete(target)
    for (const [method, original] of originals) target[method] = original as never
  }
  const capture = { takers, restore }
  captures.set(target, capture)
  return capture
}

/** Formats as a console does, without the last line break; `''` when nothing is written. */
type Format = (writer: object, method: Method, args: unknown[]) => string

function createFormatter(): Format {
  let text = ''
  // All that a console does with a stream whose errors it need not catch: streams themselves take long to load.
  const stream = {
    write(chunk: string) {
      text += chunk
    },
  } as unknown as NodeJS.WritableStream
  const open = () => new Console({ stdout: stream, stderr: stream, colorMode: false, ignoreErrors: false })
  const shared = open()
  const own = new WeakMap<object, Console>()
  return (writer, method, args) => {
    text = ''
    if (OWN_STATE.has(method) && !own.has(writer)) own.set(writer, open())
    const formatter = COUNTING.has(method) ? shared : (own.get(writer) ?? shared)
    ;(formatter[method] as (...args: unknown[]) => void)(...args)
    return text.endsWith('\n') ? text.slice(0, -1) : text
  }
}

const METHODS = Object.keys(LEVELS) as Method[]
const OWN_STATE: ReadonlySet<Method> = new Set(['group', 'groupCollapsed', 'groupEnd', 'time', 'timeLog', 'timeEnd'])
const COUNTING: ReadonlySet<Method> = new Set(['count', 'countReset'])
