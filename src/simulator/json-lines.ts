import type { Invocation } from '../runtime/invocation.ts'
import { idOf, type Message, parentIdOf, rootIdOf } from '../runtime/message.ts'
import type { LogLine } from '../runtime/rare.ts'
import { describeThrown } from '../runtime/thrown.ts'
import { type Recorder, receiversFrom } from './recorder.ts'
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
    let line = `{"kind":"start","at":${at},"processor":${quoted(processor)},"message":"${idOf(message)}"`
    line += `,"root":"${rootIdOf(message.root)}"`
    if (parent !== undefined) line += `,"parent":"${parent}"`
    if (edge?.from !== undefined) line += `,"from":${quoted(edge.from)}`
    if (topic !== undefined) line += `,"topic":${quoted(topic)}`
    if (key !== undefined) line += `,"key":${JSON.stringify(key)}`
    line += `,"hop":${message.hop},"attempt":${message.attempt}`
    if (edge?.invoked) line += ',"invoked":true'
    if (data !== undefined) line += `,"event":${json(data)}`
    add(`${line}}\n`)
  }
  const emit = (head: string, emits: readonly Message[], index: number, count: number) => {
    const { topic, key, data } = emits[index]!
    let line = `{"kind":"emit",${head},"id":"${idOf(emits[index]!)}","topic":${quoted(topic ?? '')}`
    if (key !== undefined) line += `,"key":${JSON.stringify(key)}`
    if (data !== undefined) line += `,"data":${json(data)}`
    line += ',"to":['
    for (let at = index; at < index + count; at++) {
      const { edge } = emits[at]!
      if (edge !== undefined) line += at === index ? quoted(edge.to) : `,${quoted(edge.to)}`
    }
    add(`${line}]}\n`)
  }
  const emitsAndLines = (head: string, emits: readonly Message[], lines: readonly LogLine[]) => {
    let said = 0
    for (let index = 0; index <= emits.length; ) {
      for (; said < lines.length && lines[said]!.emits <= index; said++) {
        const { level, text } = lines[said]!
        add(`{"kind":"log",${head},"level":"${level}","text":${JSON.stringify(text)}}\n`)
      }
      if (index === emits.length) return
      const count = receiversFrom(emits, index)
      emit(head, emits, index, count)
      index += count
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
      else if (rare?.invoked?.result !== undefined) line += `,"result":${json(rare.invoked.result)}`
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

/** Writes data as JSON; what was written of late is not written again: one emit is shown by each of its receivers. */
function jsonOf(): (data: unknown) => string {
  const recent: { data: unknown; text: string }[] = Array.from({ length: 16 }, () => ({ data: undefined, text: '' }))
  let next = 0
  return (data) => {
    if (typeof data !== 'object' || data === null) return JSON.stringify(data)
    for (const known of recent) if (known.data === data) return known.text
    const text = JSON.stringify(data)
    const slot = recent[next++ & 15]!
    slot.data = data
    slot.text = text
    return text
  }
}
