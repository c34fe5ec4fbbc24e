import type { Invocation, LogLine } from '../runtime/invocation.ts'
import { type Edge, idOf, type Message, parentIdOf, rootIdOf } from '../runtime/message.ts'
import { describeThrown, type Thrown } from '../runtime/thrown.ts'
import { type Receivers, receiverNames, type SimulatedMessage } from './message.ts'
import type { Recorder } from './recorder.ts'
import type { TranscriptEntry } from './transcript.ts'

/** The destination of a transcript as text. */
export interface LineWriter {
  /** Gets whole lines, many at a time. */
  readonly write: (text: string) => void
  /** Returns the part of an error to write. */
  readonly describe?: (error: unknown) => Thrown
}

/** A recorder of lines, and what writes those it still holds. */
export interface LineRecorder extends Recorder {
  flush(): void
}

const BLOCK_CHARACTERS = 64 * 1024

/** Lines that are not written yet, and the state for later ones. */
interface Lines extends Required<LineWriter> {
  block: string
  /** By the processor. */
  readonly heads: Map<object, Heads>
  readonly quoted: (text: string) => string
  readonly fromAndTopic: (edge: Edge, topic: string | undefined) => string
  readonly json: (data: unknown, id: string) => string
}

/**
 * Makes a recorder that writes each transcript entry as a line of JSON: the same lines as JSON.stringify makes of the
 * entries, put together from parts that are known (row S5 of the benchmarks).
 */
export function recordLines({ write, describe = describeThrown }: LineWriter): LineRecorder {
  const quoted = quoter()
  const lines: Lines = {
    ...{ write, describe, block: '', heads: new Map(), quoted },
    ...{ fromAndTopic: fromAndTopicOf(quoted), json: jsonOf() },
  }
  const addEntry = (entry: TranscriptEntry) => add(lines, `${JSON.stringify(entry)}\n`)
  return {
    begin: addEntry,
    commit(invocation, at, outcome, retryAt) {
      const heads = headsOf(lines, invocation, at)
      const id = idOf(invocation.message)
      addStart(lines, heads, invocation.message, id)
      addEmitsAndLogs(lines, heads, invocation, id)
      add(lines, `${heads.end}${id}","outcome":"${outcome}"${endOf(lines, invocation, retryAt)}}\n`)
    },
    line({ processor, id: message }, at, level, text) {
      addEntry({ kind: 'log', at, processor, message, level, text })
    },
    end(summary) {
      addEntry(summary)
      flush(lines)
    },
    flush: () => flush(lines),
  }
}

function add(lines: Lines, line: string): void {
  lines.block += line
  if (lines.block.length >= BLOCK_CHARACTERS) flush(lines)
}

function flush(lines: Lines): void {
  const { block, write } = lines
  if (block !== '') write(block)
  lines.block = ''
}

function headsOf({ heads: known, quoted }: Lines, { runtime }: Invocation, at: number): Heads {
  let heads = known.get(runtime)
  if (heads === undefined || heads.at !== at) {
    heads = headsFor(quoted(runtime.name), at)
    known.set(runtime, heads)
  }
  return heads
}

function addStart(lines: Lines, heads: Heads, message: Message, id: string): void {
  const { key, data, hop, attempt } = message
  const edge = message.edge!
  const parent = parentIdOf(message)
  const lineage = parent === undefined ? '' : `","parent":"${parent}`
  const way = lines.fromAndTopic(edge, message.topic)
  let line = `${heads.start}${id}","root":"${rootIdOf(message.root)}${lineage}"${way}`
  if (key !== undefined) line += `,"key":${JSON.stringify(key)}`
  line += `,"hop":${hop},"attempt":${attempt}${edge.invoked ? ',"invoked":true' : ''}`
  add(lines, data === undefined ? `${line}}\n` : `${line},"event":${lines.json(data, id)}}\n`)
}

function addEmitsAndLogs(lines: Lines, heads: Heads, { emits, rare }: Invocation, of: string): void {
  const logs = rare?.logs ?? NO_LINES
  let said = 0
  for (let index = 0; index <= emits.length; index++) {
    for (; said < logs.length && logs[said]!.emits <= index; said++) {
      const { level, text } = logs[said]!
      add(lines, `${heads.log}${of}","level":"${level}","text":${JSON.stringify(text)}}\n`)
    }
    if (index < emits.length) addEmit(lines, heads, emits[index] as SimulatedMessage, of)
  }
}

function addEmit(lines: Lines, heads: Heads, message: SimulatedMessage, of: string): void {
  const { topic = '', key, data, receivers } = message
  const { quoted, json } = lines
  const id = idOf(message)
  if (heads.last.topic !== topic || heads.last.receivers !== receivers) {
    const to = receiverNames(receivers).map(quoted)
    heads.last = { topic, receivers, start: `","topic":${quoted(topic)}`, end: `,"to":[${to.join(',')}]}\n` }
  }
  const { start, end } = heads.last
  const keyed = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
  const text = data === undefined ? '' : `,"data":${json(data, id)}`
  add(lines, `${heads.emit}${of}","id":"${id}${start}${keyed}${text}${end}`)
}

/** Returns what follows the outcome: mostly nothing. */
function endOf({ describe }: Lines, { failure, rare, message }: Invocation, retryAt: number | undefined): string {
  if (failure === undefined && rare === undefined) return ''
  let text = retryAt === undefined ? '' : `,"retryAt":${retryAt}`
  if (rare?.tookMs !== undefined) text += `,"tookMs":${rare.tookMs}`
  if (message.edge?.invoked) text += ',"invoked":true'
  if (failure !== undefined) return `${text},"error":${JSON.stringify(describe(failure.error))}`
  const result = rare?.invoked?.result
  return result === undefined ? text : `${text},"result":${JSON.stringify(result)}`
}

/** How the lines of a processor begin at a virtual time, up to the id of the message it handles. */
interface Heads extends Readonly<Record<'start' | 'emit' | 'log' | 'end', string>> {
  readonly at: number
  /** The shared fields of the last emit. */
  last: {
    readonly topic: string
    readonly receivers: Receivers | undefined
    readonly start: string
    readonly end: string
  }
}

function headsFor(processor: string, at: number): Heads {
  const head = (kind: string) => `{"kind":"${kind}","at":${at},"processor":${processor},"message":"`
  const last = { topic: '', receivers: undefined, start: '', end: '' }
  return { at, start: head('start'), emit: head('emit'), log: head('log'), end: head('end'), last }
}

const NO_LINES: readonly LogLine[] = []

/**
 * Returns the emitter and topic of a `start` line. The text is cached by edge, because most messages of an edge share
 * it.
 */
function fromAndTopicOf(quoted: (text: string) => string): (edge: Edge, topic: string | undefined) => string {
  const known = new Map<Edge, { readonly topic: string | undefined; readonly text: string }>()
  return (edge, topic) => {
    const seen = known.get(edge)
    if (seen !== undefined && seen.topic === topic) return seen.text
    const from = edge.from === undefined ? '' : `,"from":${quoted(edge.from)}`
    const text = topic === undefined ? from : `${from},"topic":${quoted(topic)}`
    known.set(edge, { topic, text })
    return text
  }
}

/** Quotes names and topics, of which there are few. */
function quoter(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    let quoted = known.get(text)
    if (quoted === undefined) {
      quoted = JSON.stringify(text)
      if (known.size < 1000) known.set(text, quoted)
    }
    return quoted
  }
}

/** The size of the cache for the JSON of events. */
const SLOTS = 4096
const MOST_KEPT_CHARACTERS = 1024

/**
 * Returns data as JSON. Each receiver of an emit shows the same data, so the text is cached and written once. The slot
 * comes from the id, whose digits are evenly distributed.
 */
function jsonOf(): (data: unknown, id: string) => string {
  const kept: unknown[] = new Array(SLOTS).fill(undefined)
  const texts: string[] = new Array(SLOTS).fill('')
  return (data, id) => {
    if (typeof data !== 'object' || data === null) return JSON.stringify(data)
    const slot = slotOf(id)
    if (kept[slot] === data) return texts[slot]!
    const text = JSON.stringify(data)
    if (text.length <= MOST_KEPT_CHARACTERS) {
      kept[slot] = data
      texts[slot] = text
    }
    return text
  }
}

/** Returns the last twelve bits of an id; for a foreign id, equally distributed bits. */
function slotOf(id: string): number {
  const { length } = id
  const last = digitOf(id.charCodeAt(length - 1))
  return ((digitOf(id.charCodeAt(length - 3)) << 8) | (digitOf(id.charCodeAt(length - 2)) << 4) | last) & (SLOTS - 1)
}

function digitOf(character: number): number {
  return (character & 15) + (character >> 6) * 9
}
