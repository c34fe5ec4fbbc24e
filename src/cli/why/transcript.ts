import { AttakError, isWrongPath, type Problem } from '../../errors.ts'
import { type LineLimits, readBlocks, wholeLines } from '../../project/lines.ts'
import { isSpecial } from '../../project/modules.ts'
import { contentDigest } from '../../runtime/content.ts'
import { isTooDeep, MOST_DEPTH } from '../../runtime/depth.ts'
import { recordIdFor } from '../../runtime/id.ts'
import { fieldsOf, jsonIn } from '../../runtime/text.ts'
import { describeThrown, thrownIn } from '../../runtime/thrown.ts'
import type { EmitEntry, EndEntry, StartEntry } from '../../simulator/transcript.ts'
import { drawCount, drawNumber } from '../../view/duration.ts'
import type { Hint } from '../hint.ts'
import type { Fact, Found, Source } from './fact.ts'

/** How many matches of an id are collected; the rest of the file is not read to find more. */
const MOST_FOUND = 20

/** A line of an event may be several times longer than the input was, since control characters are escaped. */
const LIMITS: LineLimits = { lineBytes: 256 * 1024 ** 2, skippedBytes: 4 * 1024 ** 3 }

/** A line of a transcript; its number counts from 1. */
interface Line {
  readonly text: string
  readonly number: number
}

/**
 * Looks messages up in a transcript, which is read three times instead of being held in memory: for the id, for its
 * trace, and for the messages of the path. `file` is absolute, `name` as it was given. An unreadable line is skipped,
 * and is one of the `problems`. Throws USAGE when the file is no transcript.
 */
export function transcriptSource(file: string, name: string, hint: Hint): Source {
  if (isSpecial(file)) throw noTranscript(name, 'is not a file, and a transcript is read several times')
  const skipped = skippedLines(name)
  const read = (onLine: (line: Line) => boolean) => readTranscript({ file, name, skip: skipped.add }, onLine)
  const parse = <Kind extends keyof Entries>({ text, number }: Line, kind: Kind): Entries[Kind] | undefined => {
    const entry = entryIn(text, kind)
    if (entry === undefined) skipped.add(number, 'it is not an entry of a transcript')
    return entry
  }
  return {
    remedy: `Look in ${name} for the ids that it has, or give the trace of the run that you mean: ${hint('simulate --trace FILE')}.`,
    problems: skipped.problems,
    async find(prefix) {
      const find = finder(prefix, parse)
      await read((line) => {
        find.take(line)
        return prefix === undefined || find.found.size < MOST_FOUND
      })
      return prefix === undefined ? [...find.found.values()].slice(-1) : [...find.found.values()]
    },
    async trace({ root }) {
      const facts: Fact[] = []
      await read((line) => {
        if (!line.text.startsWith(START) || !line.text.includes(root)) return true
        const entry = parse(line, 'start')
        if (entry?.root !== root) return true
        const { event, key, at, ...fact } = factOfStart(entry)
        facts.push(fact)
        return true
      })
      return facts
    },
    async details(steps) {
      const wanted = new Set(steps.map(({ message }) => message))
      const facts: Fact[] = []
      let started: Fact | undefined
      await read((line) => {
        const { text } = line
        if (text.startsWith(START) && wanted.has(messageIn(text))) started = ifRead(parse(line, 'start'), factOfStart)
        else if (text.startsWith(END) && started?.message === messageIn(text)) {
          facts.push({ ...started, ...ifRead(parse(line, 'end'), factOfEnd) })
        } else if (text.startsWith(EMIT) && wanted.has(emittedIn(text))) {
          const output = ifRead(parse(line, 'emit'), factOfOutput)
          if (output !== undefined) facts.push(output)
        }
        return true
      })
      return facts
    },
  }
}

const START = '{"kind":"start"'
const EMIT = '{"kind":"emit"'
const END = '{"kind":"end"'

function contentOf({ topic, key, event }: Entries['start']): string {
  return contentDigest({ topic, key, data: event })
}

type Parse = <Kind extends keyof Entries>(line: Line, kind: Kind) => Entries[Kind] | undefined

/** Finds what ids of a transcript begin with a prefix; without one, all errors. */
function finder(prefix: string | undefined, parse: Parse) {
  const found = new Map<string, Found>()
  const mark = prefix === undefined ? undefined : `"${prefix}`
  let startLine: Line | undefined
  const add = (one: Found) => found.set(`${one.record ?? ''} ${one.message} ${one.processor}`, one)
  const takeEnd = (start: Entries['start'], { outcome }: Entries['end']) => {
    const { message, processor } = start
    const record = outcome === 'failed' ? recordIdFor(message, contentOf(start), processor, 'failed') : undefined
    if (record !== undefined && (prefix === undefined || record.startsWith(prefix))) {
      add({ ...foundOfStart(start), outcome, record })
    }
    if (prefix !== undefined && message.startsWith(prefix)) add({ ...foundOfStart(start), outcome })
  }
  return {
    found,
    take(line: Line) {
      const { text } = line
      if (text.startsWith(START)) startLine = line
      const isFailed = text.startsWith(END) && text.includes('"outcome":"failed"')
      if (startLine === undefined || !(isFailed || (mark !== undefined && text.includes(mark)))) return
      const start = parse(startLine, 'start')
      if (start === undefined) return
      if (text.startsWith(END)) {
        const ended = parse(line, 'end')
        if (ended?.message === start.message) takeEnd(start, ended)
      } else if (text.startsWith(EMIT) && prefix !== undefined) {
        const emitted = parse(line, 'emit')
        if (emitted === undefined || emitted.to.length > 0) return
        const { id, topic, processor, message } = emitted
        if (!id.startsWith(prefix) || message !== start.message) return
        add({ message: id, processor: undefined, root: start.root, parent: message, from: processor, topic })
      }
    },
  }
}

function foundOfStart({ message, processor, root, from, topic }: Entries['start']): Found {
  return { message, processor, root, ...(from !== undefined && { from }), ...(topic !== undefined && { topic }) }
}

function factOfStart({ event, ...entry }: Entries['start']): Fact {
  return { ...entry, event: event === undefined ? {} : { data: event } }
}

function factOfEnd({ outcome, error, at }: Entries['end']): Pick<Fact, 'outcome' | 'error' | 'at'> {
  return { outcome, at, ...(error !== undefined && { error: thrownIn(error) }) }
}

/** An emit that no processor receives. A received emit is described by the entries of its handler. */
function factOfOutput({ id, message, processor, topic, key, data, to, at }: Entries['emit']): Fact | undefined {
  if (to.length > 0) return undefined
  const event = data === undefined ? {} : { data }
  const fact = { message: id, processor: undefined, parent: message, from: processor, topic, at, event }
  return key === undefined ? fact : { ...fact, key }
}

/** The message of a line, which names it before anything that could look like that. */
function messageIn(line: string): string {
  return /"message":"([^"]*)"/.exec(line)?.[1] ?? ''
}

function emittedIn(line: string): string {
  return /"id":"([^"]*)"/.exec(line)?.[1] ?? ''
}

function ifRead<Entry, Given>(entry: Entry | undefined, use: (entry: Entry) => Given): Given | undefined {
  return entry === undefined ? undefined : use(entry)
}

/** The most skipped lines that are counted. */
const MOST_SKIPPED = 10_000

/** Counts lines that were skipped, and remembers why the first of them was. */
function skippedLines(name: string) {
  const numbers = new Set<number>()
  let first: { readonly number: number; readonly why: string } | undefined
  return {
    add(number: number, why: string) {
      if (first === undefined || number < first.number) first = { number, why }
      if (numbers.size < MOST_SKIPPED) numbers.add(number)
    },
    problems(): readonly Problem[] {
      if (first === undefined) return []
      const count = drawCount(numbers.size, 'line')
      const which =
        numbers.size > 1 ? `the first is line ${drawNumber(first.number)}` : `line ${drawNumber(first.number)}`
      return [
        {
          ...{ code: 'RECORD_UNREADABLE', severity: 'warning', where: `--trace ${name}` },
          what: `${count} skipped, ${which}: ${first.why}`,
          remedy: 'What is in a skipped line is missing here. If you did not change the file, simulate again.',
        },
      ]
    },
  }
}

/** A transcript to read, and the function that receives the number of an unreadable line, and why. */
interface Reading {
  readonly file: string
  readonly name: string
  readonly skip: (number: number, why: string) => void
}

/** Calls `onLine` with each line until it returns false. */
async function readTranscript({ file, name, skip }: Reading, onLine: (line: Line) => boolean): Promise<void> {
  let number = 0
  for await (const text of linesOf(file, name)) {
    if (typeof text !== 'string') {
      if (number === 0) throw noTranscript(name, `has a first line that cannot be read: ${text.what}`)
      skip(text.isEndless ? number : ++number, text.what)
      continue
    }
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      const line = end < 0 ? text.slice(from) : text.slice(from, end)
      if (++number === 1 && !line.startsWith('{"kind":"run"')) throw noTranscript(name, 'is not a transcript')
      if (!line.startsWith('{"kind":"')) skip(number, 'it is not an entry of a transcript')
      else if (!onLine({ text: line, number })) return
      from = end < 0 ? text.length : end + 1
    }
  }
  if (number === 0) throw noTranscript(name, 'is empty')
}

async function* linesOf(file: string, name: string) {
  try {
    yield* wholeLines(readBlocks(file), LIMITS)
  } catch (error) {
    if (!isWrongPath(error)) throw error
    throw noTranscript(name, `cannot be read: ${describeThrown(error).message}`, error)
  }
}

function noTranscript(name: string, what: string, cause?: unknown): AttakError {
  const remedy = 'Give a file that attak simulate --trace FILE wrote, or that holds what simulate --json printed.'
  return new AttakError('USAGE', `--trace ${name}: ${what}`, remedy, { cause })
}

/** The entries of a transcript that show what became of messages. */
export interface Entries {
  readonly start: Omit<StartEntry, 'kind'>
  readonly emit: Omit<EmitEntry, 'kind'>
  readonly end: Pick<EndEntry, 'at' | 'processor' | 'message' | 'outcome' | 'error'>
}

/**
 * Reads an entry from a line of a transcript, which may have been changed since it was written: only the known fields are
 * returned. Returns undefined where a field is missing or of another kind, and for a line that was cut off.
 */
export function entryIn<Kind extends keyof Entries>(line: string, kind: Kind): Entries[Kind] | undefined {
  const value = jsonIn(line)
  const fields = fieldsOf(value)
  if (fields?.kind !== kind || isTooDeep(value, MOST_DEPTH + LEVELS_AROUND)) return undefined
  const known = Object.entries<(value: unknown) => boolean>(FIELDS[kind])
  if (!known.every(([name, is]) => is(fields[name]))) return undefined
  const found = known.filter(([name]) => fields[name] !== undefined).map(([name]) => [name, fields[name]])
  return Object.fromEntries(found) as Entries[Kind]
}

/** The entry, and the lists and objects of it that hold a value. */
const LEVELS_AROUND = 3

const isText = (value: unknown) => typeof value === 'string'
const isTextOrAbsent = (value: unknown) => value === undefined || typeof value === 'string'
const isAnything = () => true
const OWN = { at: Number.isFinite, processor: isText, message: isText }

const FIELDS: { readonly [Kind in keyof Entries]: Readonly<Record<keyof Entries[Kind], (value: unknown) => boolean>> } =
  {
    start: {
      ...{ ...OWN, root: isText, hop: Number.isSafeInteger, attempt: Number.isSafeInteger },
      ...{ parent: isTextOrAbsent, from: isTextOrAbsent, topic: isTextOrAbsent, key: isTextOrAbsent },
      invoked: (value) => value === undefined || value === true,
      event: isAnything,
    },
    emit: {
      ...{ ...OWN, id: isText, topic: isText, key: isTextOrAbsent, data: isAnything },
      to: (value) => Array.isArray(value) && value.every(isText),
    },
    end: {
      ...OWN,
      outcome: (value) => value === 'ok' || value === 'retry' || value === 'failed',
      error: (value) => value === undefined || fieldsOf(value) !== undefined,
    },
  }
