import type { TranscriptEntry } from 'attak/testing'
import { nameOf, textOf } from './model.ts'

type Of<K extends TranscriptEntry['kind']> = Extract<TranscriptEntry, { kind: K }>

/** One attempt in a transcript. */
export interface Block {
  readonly start: Of<'start'>
  readonly emits: readonly Of<'emit'>[]
  readonly logs: readonly Of<'log'>[]
  readonly end: Of<'end'>
  /** What the id of the message is derived from, as the model names it. */
  readonly name: string
  /** The names of what it emitted. */
  readonly emitNames: readonly string[]
}

/** A transcript, taken apart. */
export interface Told {
  readonly blocks: readonly Block[]
  /** Lines about what handlers did after they had settled. */
  readonly late: readonly Of<'log'>[]
  /** What is wrong with the form of the transcript or with its ids. */
  readonly problems: readonly string[]
}

/** Takes a transcript apart: each attempt stands from its start to its end, in one piece. */
export function blocksOf(entries: readonly TranscriptEntry[]): Told {
  const late: Of<'log'>[] = []
  const problems: string[] = []
  const names = createNames(problems)
  const blocks: Block[] = []
  let open: { start: Of<'start'>; emits: Of<'emit'>[]; logs: Of<'log'>[] } | undefined
  for (const entry of entries) {
    if (entry.kind === 'run' || entry.kind === 'summary') continue
    if (entry.kind === 'log' && isLate(entry)) late.push(entry)
    else if (entry.kind === 'start') {
      if (open !== undefined) problems.push(`${open.start.message} has no end before the next start`)
      open = { start: entry, emits: [], logs: [] }
    } else if (open === undefined || open.start.message !== entry.message || open.start.processor !== entry.processor) {
      problems.push(`a line stands outside of its attempt: ${JSON.stringify(entry)}`)
    } else if (entry.kind === 'emit') open.emits.push(entry)
    else if (entry.kind === 'log') open.logs.push(entry)
    else {
      blocks.push({ ...open, end: entry, ...names.of(open) })
      open = undefined
    }
  }
  if (open !== undefined) problems.push(`${open.start.message} has no end`)
  return { blocks, late, problems }
}

function isLate({ level, text }: Of<'log'>): boolean {
  return level === 'error' && /after it had settled|late error/.test(text)
}

/** Gives messages the names of the model, and holds that names and ids are one to one. */
function createNames(problems: string[]) {
  const names = new Map<string, string>()
  const ids = new Map<string, string>()
  const tell = (id: string, name: string) => {
    if ((names.get(id) ?? name) !== name) problems.push(`id ${id} is of ${names.get(id)} and of ${name}`)
    if ((ids.get(name) ?? id) !== id) problems.push(`${name} has the ids ${ids.get(name)} and ${id}`)
    names.set(id, name)
    ids.set(name, id)
    return name
  }
  const nameOfStart = ({ message, parent, event }: Of<'start'>) => {
    const known = names.get(message)
    if (known !== undefined) return known
    if (parent !== undefined) problems.push(`${message} is handled before it was emitted`)
    return tell(message, `input ${(event as { in?: number } | undefined)?.in}`)
  }
  return {
    of({ start, emits }: { start: Of<'start'>; emits: readonly Of<'emit'>[] }) {
      const name = nameOfStart(start)
      const counts = new Map<string, number>()
      const emitNames = emits.map(({ id, topic, key }) => {
        const same = textOf([topic, key ?? null])!
        const ordinal = counts.get(same) ?? 0
        counts.set(same, ordinal + 1)
        return tell(id, nameOf({ parent: name, processor: start.processor, topic, key, ordinal }))
      })
      return { name, emitNames }
    },
  }
}
