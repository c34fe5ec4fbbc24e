import { countIn, emitterIn, knownRoot, textIn, topicOf } from './event.ts'
import type { Message, Root } from './message.ts'
import { PACK_VERSION } from './pack.ts'
import { fieldsOf } from './text.ts'

/** The messages of a pack, in order, to the processor `to`; undefined for anything else. */
export function messagesOfPack(value: unknown, to: string): readonly Message[] | undefined {
  const pack = fieldsOf(value)
  if (pack?.attakpack !== PACK_VERSION || !Array.isArray(pack.data) || pack.data.length === 0) return undefined
  const { data, source, type, partitionkey, attakroot, attakparent, attakhop, attakattempt, attakordinal, id } = pack
  const key = typeof partitionkey === 'string' ? partitionkey : undefined
  const empty = Array.isArray(pack.attakempty) ? pack.attakempty : []
  const edge = { from: emitterIn(source), to }
  const time = textIn(pack.time)
  const messages: Message[] = []
  let root: Root | undefined
  for (let index = 0; index < data.length; index++) {
    const rootId = at(attakroot, index)
    const ownType = at(type, index)
    if (typeof rootId !== 'string' || typeof ownType !== 'string') return undefined
    if (root?.id !== rootId) root = knownRoot(rootId)
    const parent = parentIn(at(attakparent, index), rootId)
    const givenId = at(id, index)
    const ordinal = at(attakordinal, index)
    messages.push({
      data: empty.includes(index) ? undefined : data[index],
      topic: topicOf(ownType, parent),
      key,
      edge: Array.isArray(source) ? { from: emitterIn(source[index]), to } : edge,
      parent,
      root,
      ordinal: typeof givenId === 'string' ? -1 : typeof ordinal === 'number' ? ordinal : 0,
      hop: countIn(at(attakhop, index)),
      attempt: countIn(at(attakattempt, index)),
      id: typeof givenId === 'string' ? givenId : undefined,
      row: -1,
      time,
      traceparent: textIn(at(pack.traceparent, index)),
    })
  }
  return messages
}

/** What an attribute says of one message: see `pack.ts`. */
function at(attribute: unknown, index: number): unknown {
  return Array.isArray(attribute) ? attribute[index] : attribute
}

function parentIn(attribute: unknown, rootId: string): string | undefined {
  if (attribute === undefined) return rootId
  return typeof attribute === 'string' ? attribute : undefined
}
