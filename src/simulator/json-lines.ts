import type { Invocation } from '../runtime/invocation.ts'
import { idOf, type Message, parentIdOf, rootIdOf } from '../runtime/message.ts'
import type { LogLine } from '../runtime/rare.ts'
import { describeThrown } from '../runtime/thrown.ts'
import type { SimulatedMessage } from './message.ts'
import type { Recorder } from './recorder.ts'
import type { TranscriptEntry, TranscriptError } from './transcript.ts'

/** Where a transcript goes as text. */
export interface LineWriter {
  /** Gets whole lines, many at a time. */
  readonly write: (text: string) => void
  /** Says what is kept of an error. */
  readonly describe?: (error: unknown) => TranscriptError
}

/** A recorder of lines, and what writes those it still holds. */
export interface LineRecorder extends Recorder {
  flush(): void
}

const BLOCK_CHARACTERS = 64 * 1024

/**
 * Makes a recorder that writes each transcript entry as a line of JSON: the same lines as JSON.stringify makes of the
 * entries, put together from parts that are known (row S5 of the benchmarks).
 */
export function recordLines({ write, describe = describeThrown }: LineWriter): LineRecorder {
  const quoted = quoter()
  const json = jsonOf()
  let block = ''

  const flush = () => {
    if (block !== '') write(block)
    block = ''
  }
  const add = (line: string) => {
    block += line
    if (block.length >= BLOCK_CHARACTERS) flush()
  }
  const addEntry = (entry: TranscriptEntry) => add(`${JSON.stringify(entry)}\n`)

  const start = ({ message, processor }: Invocation, at: number) => {
    const { edge, topic, key, data } = message
    const parent = parentIdOf(message)
    const id = idOf(message)
    let line = `{"kind":"start","at":${at},"processor":${quoted(processor)},"message":"${id}"`
    line += `,"root":"${rootIdOf(message.root)}"`
    if (parent !== undefined) line += `,"parent":"${parent}"`
    if (edge?.from !== undefined) line += `,"from":${quoted(edge.from)}`
    if (topic !== undefined) line += `,"topic":${quoted(topic)}`
    if (key !== undefined) line += `,"key":${JSON.stringify(key)}`
    line += `,"hop":${message.hop},"attempt":${message.attempt}`
    if (edge?.invoked) line += ',"invoked":true'
    if (data !== undefined) line += `,"event":${json(data, id)}`
    add(`${line}}\n`)
  }
  const emit = (head: string, message: SimulatedMessage) => {
    const { topic, key, data, way } = message
    const id = idOf(message)
    let line = `{"kind":"emit",${head},"id":"${id}","topic":${quoted(topic ?? '')}`
    if (key !== undefined) line += `,"key":${JSON.stringify(key)}`
    if (data !== undefined) line += `,"data":${json(data, id)}`
    line += ',"to":['
    for (let along = way; along !== undefined; along = along.next) {
      line += along === way ? quoted(along.edge.to) : `,${quoted(along.edge.to)}`
    }
    add(`${line}]}\n`)
  }
  const emitsAndLines = (head: string, emits: readonly Message[], lines: readonly LogLine[]) => {
    let said = 0
    for (let index = 0; index <= emits.length; index++) {
      for (; said < lines.length && lines[said]!.emits <= index; said++) {
        const { level, text } = lines[said]!
        add(`{"kind":"log",${head},"level":"${level}","text":${JSON.stringify(text)}}\n`)
      }
      if (index < emits.length) emit(head, emits[index] as SimulatedMessage)
    }
  }

  return {
    begin: addEntry,
    commit(invocation, at, outcome, retryAt) {
      const { failure, rare, emits } = invocation
      const head = `"at":${at},"processor":${quoted(invocation.processor)},"message":"${invocation.id}"`
      start(invocation, at)
      emitsAndLines(head, emits, rare?.logs ?? [])
      let line = `{"kind":"end",${head},"outcome":"${outcome}"`
      if (retryAt !== undefined) line += `,"retryAt":${retryAt}`
      if (rare?.tookMs !== undefined) line += `,"tookMs":${rare.tookMs}`
      if (invocation.message.edge?.invoked) line += ',"invoked":true'
      if (failure !== undefined) line += `,"error":${JSON.stringify(describe(failure.error))}`
      else if (rare?.invoked?.result !== undefined) line += `,"result":${JSON.stringify(rare.invoked.result)}`
      add(`${line}}\n`)
    },
    line({ processor, id: message }, at, level, text) {
      addEntry({ kind: 'log', at, processor, message, level, text })
    },
    end(summary) {
      addEntry(summary)
      flush()
    },
    flush,
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

/** What keeps the JSON of events, and how much of it. */
const SLOTS = 4096
const MOST_KEPT_CHARACTERS = 1024

/**
 * Gives data as JSON; one emit is shown by each of its receivers too, and so written but once, where it is kept until
 * then. Its place is taken from the id, whose digits are as good as drawn.
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

/** The last twelve bits of an id, or as good as those where it is not ours. */
function slotOf(id: string): number {
  const { length } = id
  const last = digitOf(id.charCodeAt(length - 1))
  return ((digitOf(id.charCodeAt(length - 3)) << 8) | (digitOf(id.charCodeAt(length - 2)) << 4) | last) & (SLOTS - 1)
}

function digitOf(character: number): number {
  return (character & 15) + (character >> 6) * 9
}
