import { countIn, emitterIn, idIn, keyIn, knownRoot, timeIn, topicOf, traceparentIn } from './event.ts'
import type { Message, Root } from './message.ts'
import { PACK_VERSION } from './pack.ts'

/** The most messages of a pack, which is also the maximum of the setting `pack`. */
export const MOST_PACKED = 1000

type Fields = Readonly<Record<string, unknown>>

/**
 * Returns the messages of a pack (an object with `attakpack`), in order, to the processor `to`; or what is wrong with
 * it.
 */
export function messagesOfPack(pack: Fields, to: string): readonly Message[] | string {
  const { data, source, type, attakroot, attakparent, attakhop, attakattempt, attakordinal, id } = pack
  const fault = faultOf(pack)
  if (fault !== undefined) return fault
  const key = keyIn(pack.partitionkey)
  const empty = new Set(pack.attakempty as readonly unknown[] | undefined)
  const edge = { from: emitterIn(source), to }
  const time = timeIn(pack.time)
  const messages: Message[] = []
  let root: Root | undefined
  for (const [index, event] of (data as readonly unknown[]).entries()) {
    const rootId = idIn(at(attakroot, index))
    const ownType = at(type, index)
    if (rootId === undefined) return faultIn('attakroot', index)
    if (typeof ownType !== 'string') return faultIn('type', index)
    if (root?.id !== rootId) root = knownRoot(rootId)
    const ownParent = at(attakparent, index)
    const parent = ownParent === undefined ? rootId : idIn(ownParent)
    if (parent === undefined && ownParent !== undefined && ownParent !== null) return faultIn('attakparent', index)
    const ownId = at(id, index)
    const givenId = idIn(ownId)
    if (givenId === undefined && ownId !== undefined && ownId !== null) return faultIn('id', index)
    messages.push({
      data: empty.has(index) ? undefined : event,
      topic: topicOf(ownType, parent),
      key,
      edge: Array.isArray(source) ? { from: emitterIn(source[index]), to } : edge,
      parent,
      root,
      ordinal: givenId === undefined ? ordinalIn(at(attakordinal, index)) : -1,
      hop: countIn(at(attakhop, index)),
      attempt: countIn(at(attakattempt, index)),
      id: givenId,
      time,
      traceparent: traceparentIn(at(pack.traceparent, index)),
    })
  }
  return messages
}

/** The attributes whose lists have one value for each message of a pack. */
const ATTRIBUTES = [
  ...(['source', 'type', 'attakroot', 'attakparent', 'attakhop', 'attakattempt', 'attakordinal'] as const),
  ...(['id', 'traceparent'] as const),
]

function faultOf(pack: Fields): string | undefined {
  const { attakpack, data, attakempty, partitionkey } = pack
  if (attakpack !== PACK_VERSION) return `it is a pack of a version other than ${PACK_VERSION}`
  if (!Array.isArray(data) || data.length === 0) return 'its pack has no list of data'
  if (data.length > MOST_PACKED) return `its pack has ${data.length} messages, and may have ${MOST_PACKED}`
  if (keyIn(partitionkey) === undefined && !isAbsent(partitionkey)) return 'its partitionkey is not a text'
  const isShort = (name: string) => Array.isArray(pack[name]) && pack[name].length !== data.length
  const short = ATTRIBUTES.find(isShort)
  if (short !== undefined) return `its pack has ${data.length} messages, and a list of another length in ${short}`
  if (attakempty === undefined) return undefined
  const isPlace = (place: unknown) =>
    Number.isSafeInteger(place) && (place as number) >= 0 && (place as number) < data.length
  return Array.isArray(attakempty) && attakempty.length <= data.length && attakempty.every(isPlace)
    ? undefined
    : 'the attakempty of its pack is not a list of places in its data'
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function faultIn(attribute: string, index: number): string {
  return `message ${index} of its pack has no ${attribute} that can be read`
}

/** Returns an attribute of one message: see `pack.ts`. */
function at(attribute: unknown, index: number): unknown {
  return Array.isArray(attribute) ? attribute[index] : attribute
}

function ordinalIn(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.max(0, value as number) : 0
}
