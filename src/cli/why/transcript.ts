import { AttakError } from '../../errors.ts'
import { readBlocks, wholeLines } from '../../project/lines.ts'
import { contentDigest } from '../../runtime/content.ts'
import { recordIdFor } from '../../runtime/id.ts'
import { thrownIn } from '../../runtime/thrown.ts'
import type { EmitEntry, EndEntry, StartEntry } from '../../simulator/transcript.ts'
import type { Fact, Found, Source } from './fact.ts'

/** So many different things that an id may mean are told apart; a file is not read to its end to find more. */
const MOST_FOUND = 20

/**
 * Looks messages up in a transcript, which is read three times instead of being kept: for the id, for its trace, and for
 * the messages on the way. `file` is absolute, `name` as it was given. Throws USAGE when it is none.
 */
export function transcriptSource(file: string, name: string): Source {
  const read = (onLine: (line: string) => boolean) => readTranscript(file, name, onLine)
  return {
    remedy: `Look in ${name} for the ids that it has, or give the trace of the run that you mean: attak simulate --trace FILE.`,
    async find(prefix) {
      const find = finder(prefix)
      await read((line) => {
        find.take(line)
        return prefix === undefined || find.found.size < MOST_FOUND
      })
      return prefix === undefined ? [...find.found.values()].slice(-1) : [...find.found.values()]
    },
    async trace({ root }) {
      const facts: Fact[] = []
      await read((line) => {
        const entry = line.startsWith(START) && line.includes(root) ? parsed<StartEntry>(line) : undefined
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
        if (line.startsWith(START) && wanted.has(messageIn(line))) started = ifParsed(line, factOfStart)
        else if (line.startsWith(END) && started?.message === messageIn(line)) {
          facts.push({ ...started, ...ifParsed(line, factOfEnd) })
        } else if (line.startsWith(EMIT) && wanted.has(emittedIn(line))) {
          const output = ifParsed(line, factOfOutput)
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

function contentOf({ topic, key, event }: StartEntry): string {
  return contentDigest({ topic, key, data: event })
}

/** Finds what ids of a transcript begin with a prefix; without one, all errors. */
function finder(prefix: string | undefined) {
  const found = new Map<string, Found>()
  const mark = prefix === undefined ? undefined : `"${prefix}`
  let startLine = ''
  let ended: EndEntry | undefined
  const add = (one: Found) => found.set(`${one.record ?? ''} ${one.message} ${one.processor}`, one)
  const takeEnd = (start: StartEntry, { outcome }: EndEntry) => {
    const { message, processor } = start
    const record = outcome === 'failed' ? recordIdFor(message, contentOf(start), processor, 'failed') : undefined
    if (record !== undefined && (prefix === undefined || record.startsWith(prefix))) {
      add({ ...foundOf(start), outcome, record })
    }
    if (prefix !== undefined && message.startsWith(prefix)) add({ ...foundOf(start), outcome })
  }
  return {
    found,
    take(line: string) {
      if (line.startsWith(START)) startLine = line
      const isFailed = line.startsWith(END) && line.includes('"outcome":"failed"')
      if (!isFailed && (mark === undefined || !line.includes(mark))) return
      const start = parsed<StartEntry>(startLine)
      if (start === undefined) return
      if (line.startsWith(END)) {
        ended = parsed<EndEntry>(line)
        if (ended?.message === start.message) takeEnd(start, ended)
      } else if (line.startsWith(EMIT) && prefix !== undefined) {
        const { id, to, topic, processor, message } = parsed<EmitEntry>(line) ?? NO_EMIT
        if (to.length > 0 || !id.startsWith(prefix) || message !== start.message) return
        add({ message: id, processor: undefined, root: start.root, parent: message, from: processor, topic })
      }
    },
  }
}

const NO_EMIT = { id: '', to: [], topic: '', processor: '', message: '' }

function foundOf({ message, processor, root, from, topic }: StartEntry): Found {
  return { message, processor, root, ...(from !== undefined && { from }), ...(topic !== undefined && { topic }) }
}

function factOfStart({ kind, event, ...entry }: StartEntry): Fact {
  return { ...entry, event: event === undefined ? {} : { data: event } }
}

function factOfEnd({ outcome, error, at }: EndEntry): Pick<Fact, 'outcome' | 'error' | 'at'> {
  return { outcome, at, ...(error !== undefined && { error: thrownIn(error) }) }
}

/** An emit that nobody hears. What somebody hears is told of where it is handled. */
function factOfOutput({ id, message, processor, topic, key, data, to, at }: EmitEntry): Fact | undefined {
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

function ifParsed<Entry, Given>(line: string, use: (entry: Entry) => Given): Given | undefined {
  const entry = parsed<Entry>(line)
  return entry === undefined ? undefined : use(entry)
}

/** A line as its entry; undefined for one that was cut off, the last of a run that broke off. */
function parsed<Entry>(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}

/** Hands over line by line until it is told that no more is needed. */
async function readTranscript(file: string, name: string, onLine: (line: string) => boolean): Promise<void> {
  let first = true
  for await (const text of linesOf(file, name)) {
    if (typeof text !== 'string') throw noTranscript(name, `has a line that cannot be read: ${text.what}`)
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      const line = end < 0 ? text.slice(from) : text.slice(from, end)
      if (first && !line.startsWith('{"kind":"run"')) throw noTranscript(name, 'is no transcript')
      first = false
      if (!onLine(line)) return
      from = end < 0 ? text.length : end + 1
    }
  }
  if (first) throw noTranscript(name, 'is empty')
}

async function* linesOf(file: string, name: string) {
  try {
    yield* wholeLines(readBlocks(file))
  } catch (cause) {
    throw noTranscript(name, `cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}

function noTranscript(name: string, what: string, cause?: unknown): AttakError {
  const remedy = 'Give a file that attak simulate --trace FILE wrote, or that holds what simulate --json printed.'
  return new AttakError('USAGE', `--trace ${name}: ${what}`, remedy, { cause })
}
