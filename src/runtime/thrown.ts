import { types } from 'node:util'
import { fieldsOf } from './text.ts'

/** A thrown value as plain data, as in transcripts, error records and answers. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** What to do, if attak itself found the problem. */
  readonly remedy?: string
  /** Its own, and below it those of what caused it, each after `Caused by: `. */
  readonly stack?: string
}

const MOST_ERRORS = 3
const CAUSED_BY = 'Caused by: '
/** The name of the function that runs a handler, in stacks. No minifier changes it. */
export const HANDLE = 'attak.handle'
const BELOW_HANDLER = /^\s+at (?:async )?(?:Object\.)?attak\.handle /
/** The beginning of a stack line that describes a call. */
export const FRAME = /^\s+at /

/** An error of a chain. */
export interface Link {
  /** Its name and message; lines that could be taken for a call or a cause begin with `| `. */
  readonly title: string
  /** Its calls, as V8 writes them: `    at bill (/orders/bill.js:3:9)`. */
  readonly frames: readonly string[]
}

/**
 * Makes V8 record more than its usual 10 calls for each stack. Node's and attak's calls are removed afterwards, and
 * their number varies from run to run. A higher setting of the project is respected. Returns a function that restores
 * the limit.
 */
export function keepCalls(): () => void {
  const before = Error.stackTraceLimit
  if (!(before < MOST_FRAMES)) return () => {}
  Error.stackTraceLimit = MOST_FRAMES
  return () => {
    if (Error.stackTraceLimit === MOST_FRAMES) Error.stackTraceLimit = before
  }
}

/** Whether a value is an error, also one of another realm, such as the sandbox of Jest. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

/** An error as its name, message, code and stack; anything else that was thrown as its text. Never throws. */
export function describeThrown(error: unknown): Thrown {
  try {
    return isError(error) ? describeError(error) : { name: 'Error', message: cut(nameThrown(error)) }
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be read' }
  }
}

function describeError(error: Error): Thrown {
  const { name, message, stack } = textsOf(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name: cutName(name),
    message: cut(message),
    ...(code !== undefined && { code: cutName(code) }),
    ...remedyOf(error),
    ...(stack !== undefined && { stack: stackOfLinks(chainOf(error).map(linkOf)) }),
  }
}

/** Checks the name, not the class: a project may have its own copy of attak. */
function remedyOf(error: Error): Pick<Thrown, 'remedy'> {
  const isOurs = error.name === 'AttakError' && 'remedy' in error && typeof error.remedy === 'string'
  return isOurs ? { remedy: error.remedy as string } : {}
}

/** Handlers may have set any of these to anything. */
function textsOf(error: Error): Pick<Thrown, 'name' | 'message' | 'stack'> {
  const { name, message, stack } = error as { readonly [field in keyof Error]: unknown }
  return {
    name: sayText(name),
    message: sayText(message),
    ...(typeof stack === 'string' && { stack }),
  }
}

function linkOf(thrown: unknown): Link {
  if (!isError(thrown)) return { title: unmistakable(cut(sayThrown(thrown))), frames: [] }
  const texts = textsOf(thrown)
  // Parsed before it is cut: the rest of a cut message must not be mistaken for calls.
  const { title, rest } = splitTitle(texts, false)
  const frames = framesAtStart(rest).filter(({ length }) => length <= MOST_FRAME_CHARACTERS)
  return { title: isLong(texts) ? unmistakable(titleOf(cutTexts(texts))) : title, frames: frames.slice(0, MOST_FRAMES) }
}

/**
 * The most characters of a message, a name or a code, and of the calls of each error: a log line may have 1 MB in
 * total.
 */
const MOST_MESSAGE_CHARACTERS = 16_000
const MOST_NAME_CHARACTERS = 200
const MOST_FRAMES = 100
const MOST_FRAME_CHARACTERS = 500

function isLong({ name, message }: Thrown): boolean {
  return name.length > MOST_NAME_CHARACTERS || message.length > MOST_MESSAGE_CHARACTERS
}

function cutTexts({ name, message }: Thrown): Thrown {
  return { name: cutName(name), message: cut(message) }
}

function cutName(name: string): string {
  return cut(name, MOST_NAME_CHARACTERS)
}

/** The most characters of the note that something was cut. */
const MOST_NOTE = 30

/** The beginning of a text that is too long, and how long it was. */
function cut(text: string, most = MOST_MESSAGE_CHARACTERS): string {
  // Cut again, it stays as it is.
  return text.length <= most ? text : `${text.slice(0, most - MOST_NOTE)}… (${text.length} characters)`
}

/** An error and what caused it, the nearest first, also what an `AggregateError` holds: three at most. */
function chainOf(error: Error): readonly unknown[] {
  const chain: unknown[] = [error]
  for (let at = 0; at < chain.length && chain.length < MOST_ERRORS; at++) {
    const { cause, errors } = Object(chain[at]) as Partial<AggregateError>
    if (!isError(chain[at])) continue
    chain.push(...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : []))
  }
  return chain.slice(0, MOST_ERRORS)
}

/** Returns the errors of a described error that may come from anybody: its message may hold lines that look like calls. */
export function linksOf(thrown: Thrown): readonly Link[] {
  const { title, rest } = splitTitle(thrown, true)
  return [{ title, frames: framesAtStart(rest) }, ...linksIn(rest.join('\n')).slice(1)]
}

/** Returns the errors in a stack as {@link describeThrown} writes it. */
export function linksIn(stack: string): readonly Link[] {
  const links: { title: string[]; frames: string[]; done: boolean }[] = [{ title: [], frames: [], done: false }]
  for (const line of stack.split('\n')) {
    const link = links.at(-1)!
    if (line.startsWith(CAUSED_BY)) links.push({ title: [line.slice(CAUSED_BY.length)], frames: [], done: false })
    else if (FRAME.test(line)) link.frames.push(...(link.done ? [] : [line]))
    else if (link.frames.length === 0) link.title.push(line)
    else link.done = true
  }
  return links.map(({ title, frames }) => ({ title: title.join('\n'), frames }))
}

/** Returns errors as one stack, without the calls that an error before has too. */
export function stackOfLinks(links: readonly Link[]): string {
  const told = new Set<string>()
  const lines = links.flatMap(({ title, frames }, index) => {
    const fresh = frames.filter((frame) => !told.has(frame))
    for (const frame of fresh) told.add(frame)
    return index === 0 && title === '' ? fresh : [index === 0 ? title : `${CAUSED_BY}${title}`, ...fresh]
  })
  return lines.join('\n')
}

/** Marks the lines of a text that could be taken for a call or a cause: the text of a title may come from an event. */
export function unmistakable(title: string): string {
  const isMistakable = (line: string) => FRAME.test(line) || line.startsWith(CAUSED_BY)
  return title
    .split('\n')
    .map((line) => (isMistakable(line) ? `| ${line}` : line))
    .join('\n')
}

/** The parts of a stack: its current title, and the lines after the title that it begins with. */
interface Split {
  readonly title: string
  readonly rest: readonly string[]
}

/**
 * V8 writes the title once, with the name and message of that moment; the lines after it are calls. Many classes set their
 * name later. Where the message was changed later, the old one is not known: then the last lines that look like calls are
 * the calls. `withCauses`: the stack may have those of causes below.
 */
function splitTitle({ name, message, stack = '' }: Thrown, withCauses: boolean): Split {
  const title = titleOf({ name, message })
  const now = unmistakable(title)
  for (const known of [title, now])
    if (isLine(stack, 0, known)) return { title: now, rest: linesAfter(stack, known.length) }
  const firstEnd = `${stack}\n`.indexOf('\n')
  for (const said of [message, unmistakable(message)]) {
    const at = firstEnd - said.split('\n', 1)[0]!.length
    const written = stack.slice(0, Math.max(0, at))
    if (!isLine(stack, at, said) || !(message === '' ? /^[\w$.]+(?: \[\w+\])?$/ : /^$|: $/).test(written)) continue
    const kept = written.startsWith(name) ? unmistakable(written + message) : now
    return { title: kept, rest: linesAfter(stack, at + said.length) }
  }
  return { title: now, rest: lastFrames(stack.split('\n'), title, withCauses) }
}

function titleOf({ name, message }: Pick<Thrown, 'name' | 'message'>): string {
  return message === '' ? name : name === '' ? message : `${name}: ${message}`
}

function isLine(stack: string, at: number, text: string): boolean {
  return (
    at >= 0 && stack.startsWith(text, at) && (stack.length === at + text.length || stack[at + text.length] === '\n')
  )
}

function linesAfter(stack: string, end: number): readonly string[] {
  return stack.length > end ? stack.slice(end + 1).split('\n') : []
}

function framesAtStart(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => !FRAME.test(line) || BELOW_HANDLER.test(line))
  return end < 0 ? lines : lines.slice(0, end)
}

/** The calls at the end, or before the first cause, without lines that the title holds as well; and the lines that follow. */
function lastFrames(lines: readonly string[], title: string, withCauses: boolean): readonly string[] {
  const cause = withCauses ? lines.findIndex((line) => line.startsWith(CAUSED_BY)) : -1
  const own = cause < 0 ? lines : lines.slice(0, cause)
  const said = new Set(title.split('\n'))
  const first = own.findLastIndex((line) => !FRAME.test(line) || said.has(line)) + 1
  return lines.slice(first)
}

/**
 * Makes an error from its description. It has the name, message, code, remedy and stack, and always the class Error.
 */
export function errorOfThrown(thrown: Thrown): Error {
  const { name, message, code, remedy, stack } = thrown
  const [own, ...causes] = stack === undefined ? [] : linksOf(thrown)
  const error = hiding(new Error(message), {
    name,
    stack: own === undefined ? `${name}: ${message}` : stackOfLinks([own]),
  })
  if (causes.length > 0) hiding(error, { cause: errorOfLinks(causes) })
  return Object.assign(error, code !== undefined && { code }, remedy !== undefined && { remedy })
}

function errorOfLinks([link, ...causes]: readonly Link[]): Error {
  const { name = '', message = '' } = /^(?:(?<name>[\w$.]+): )?(?<message>.*)$/s.exec(link!.title)?.groups ?? {}
  const stack = stackOfLinks([link!])
  return hiding(new Error(message), { name, stack, ...(causes.length > 0 && { cause: errorOfLinks(causes) }) })
}

function hiding(error: Error, fields: Readonly<Record<string, unknown>>): Error {
  for (const [field, value] of Object.entries(fields)) {
    Object.defineProperty(error, field, { configurable: true, enumerable: false, writable: true, value })
  }
  return error
}

/** Reads a described error from a log or a file; fields that are not text are left out. */
export function thrownIn(value: unknown): Thrown {
  const { name = 'Error', message = '', ...fields } = fieldsOf(value) ?? { message: value }
  const texts = ['code', 'remedy', 'stack'].flatMap((field) => {
    const text = (fields as Readonly<Record<string, unknown>>)[field]
    return typeof text === 'string' ? [[field, text]] : []
  })
  return { name: sayText(name), message: sayText(message), ...Object.fromEntries(texts) }
}

function sayText(value: unknown): string {
  return typeof value === 'string' ? value : sayThrown(value)
}

function nameThrown(error: unknown): string {
  return error === null || error === undefined ? `${error} thrown` : `${typeof error} thrown: ${sayThrown(error)}`
}

/** Returns a thrown value as text, if it is no error. */
function sayThrown(error: unknown): string {
  try {
    return (typeof error === 'object' && JSON.stringify(error)) || String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}
