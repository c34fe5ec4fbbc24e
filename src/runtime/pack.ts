import { encodeMessage, INPUT_TYPE, type Origin, sourceOf } from './event.ts'
import { derivedTraceparent, emitterOf, idOf, type Message, parentIdOf, rootIdOf } from './message.ts'
import { isPlain, textOf } from './text.ts'

/** Several messages with one key, or without a key, that become one record. */
export interface Pack {
  readonly messages: readonly Message[]
  /**
   * Adds a message whose data has this text. Returns false, and leaves it out, if the pack would exceed `mostBytes`.
   */
  add(message: Message, data: string | undefined, mostBytes: number): boolean
  /** Returns an upper bound for the UTF-8 bytes of {@link Pack.encode} for several messages. */
  bytes(): number
  /** One message as a CloudEvent; several as `{"attakpack":1,"time":"…","source":"/orders/dev/a","type":"t","attakroot":["…","…"],…,"data":[1,2]}`. */
  encode(time: string): string
}

type Value = string | number | null

/** A property of each message beside its data: one value if all share it, else a list with one value for each. */
interface Attribute {
  readonly name: string
  readonly of: (message: Message) => Value
  /** The form in which it is written; absent means the value as it is. */
  readonly write?: (value: Value, origin: PackOrigin) => Value
  /** What holds for a message when a pack does not have the attribute. */
  readonly absent: (message: Message) => Value | undefined
}

/** What made the messages of a pack; their time is that of the pack. */
export type PackOrigin = Omit<Origin, 'time'>

const ATTRIBUTES: readonly Attribute[] = [
  { name: 'source', of: (message) => emitterOf(message) ?? null, write: sourceOf, absent: () => undefined },
  { name: 'type', of: ({ topic }) => topic ?? INPUT_TYPE, absent: () => undefined },
  { name: 'attakroot', of: ({ root }) => rootIdOf(root), absent: () => undefined },
  { name: 'attakparent', of: (message) => parentIdOf(message) ?? null, absent: ({ root }) => rootIdOf(root) },
  { name: 'attakhop', of: ({ hop }) => hop, absent: () => undefined },
  { name: 'attakattempt', of: ({ attempt }) => attempt, absent: () => 1 },
  { name: 'attakordinal', of: ({ ordinal }) => Math.max(0, ordinal), absent: () => 0 },
  { name: 'id', of: (message) => (message.ordinal < 0 ? idOf(message) : null), absent: () => null },
]

/** Of messages that a span sent; else it follows from root and id. */
const TRACEPARENT: Attribute = { name: 'traceparent', of: sentBy, absent: () => null }

function sentBy(message: Message): Value {
  const { traceparent } = message
  return traceparent === undefined || traceparent === derivedTraceparent(message) ? null : traceparent
}

/** Marks a record as a pack. */
export const PACK_VERSION = 1

/** More than the braces, version and time of a pack, and the name and marks of its data. */
const FRAME_BYTES = 100

/**
 * Makes an empty pack. Values that all messages share are written once, so that most messages cost little beside their
 * data.
 */
export function createPack(origin: PackOrigin, key: string | undefined): Pack {
  const messages: Message[] = []
  const data: string[] = []
  const empty: number[] = []
  const columns = ATTRIBUTES.map(openColumn)
  let traced = false
  const keyText = key === undefined ? '' : `"partitionkey":${textOf(key)},`
  let dataBytes = FRAME_BYTES + Buffer.byteLength(keyText)
  let bytes = 0

  /** Adds a separate column when the first message has a trace; few do. */
  const addTraces = () => {
    const column = openColumn(TRACEPARENT)
    for (const [count, message] of messages.entries()) {
      offer(column, message, count, origin)
      take(column, count)
    }
    columns.push(column)
    traced = true
  }

  return {
    messages,
    add(message, text, mostBytes) {
      if (!traced && message.traceparent !== undefined) addTraces()
      const count = messages.length
      const withData = dataBytes + 1 + (text === undefined ? EMPTY_BYTES : Buffer.byteLength(text))
      let wanted = withData
      for (const column of columns) wanted += offer(column, message, count, origin)
      if (wanted > mostBytes) return false
      for (const column of columns) take(column, count)
      if (text === undefined) empty.push(count)
      data.push(text ?? 'null')
      messages.push(message)
      dataBytes = withData
      bytes = wanted
      return true
    },
    bytes: () => bytes,
    encode(time) {
      if (messages.length === 1)
        return encodeMessage(messages[0]!, { ...origin, time }, empty.length === 0 ? data[0] : undefined)
      const shared = columns.map((column) => encode(column, origin)).join('')
      const without = empty.length === 0 ? '' : `"attakempty":[${empty}],`
      return `{"attakpack":${PACK_VERSION},"time":"${time}",${keyText}${shared}${without}"data":[${data.join(',')}]}`
    },
  }
}

/** What a message without data costs: `null`, and its index in a list that others of its kind may have begun. */
const EMPTY_BYTES = 30

/** One attribute of all messages of a pack. */
interface Column {
  readonly attribute: Attribute
  first: Value
  firstBytes: number
  /** The bytes of all values. */
  allBytes: number
  isAbsent: boolean
  /** All values, from the first that is not the same as the others. */
  list: Value[] | undefined
  /**
   * The values for the last offered message. They are fields, not a separate object, because each message has eight of
   * them.
   */
  value: Value
  bytes: number
  absentWith: boolean
  sharedWith: boolean
}

function openColumn(attribute: Attribute): Column {
  return {
    attribute,
    first: null,
    firstBytes: 0,
    allBytes: 0,
    isAbsent: true,
    list: undefined,
    value: null,
    bytes: 0,
    absentWith: true,
    sharedWith: true,
  }
}

/** The bytes that a column would cost with one message more than `count`. */
function offer(column: Column, message: Message, count: number, origin: PackOrigin): number {
  const { attribute, first, list } = column
  const value = attribute.of(message)
  const isSame = count > 0 && value === first
  const bytes = isSame ? column.firstBytes : bytesOf(written(attribute, value, origin))
  column.value = value
  column.bytes = bytes
  column.absentWith = column.isAbsent && value === attribute.absent(message)
  column.sharedWith = count === 0 || (isSame && list === undefined)
  if (column.absentWith) return 0
  return attribute.name.length + 6 + (column.sharedWith ? bytes : column.allBytes + bytes + count)
}

/** Adds the message that was offered last. */
function take(column: Column, count: number): void {
  const { value, bytes } = column
  if (count === 0) {
    column.first = value
    column.firstBytes = bytes
  }
  if (!column.sharedWith) {
    column.list ??= new Array(count).fill(column.first)
    column.list.push(value)
  }
  column.allBytes += bytes
  column.isAbsent = column.absentWith
}

function encode({ attribute, isAbsent, list, first }: Column, origin: PackOrigin): string {
  if (isAbsent) return ''
  const said =
    list === undefined ? written(attribute, first, origin) : list.map((value) => written(attribute, value, origin))
  return `"${attribute.name}":${textOf(said)},`
}

function written({ write }: Attribute, value: Value, origin: PackOrigin): Value {
  return write === undefined ? value : write(value, origin)
}

function bytesOf(value: Value): number {
  if (typeof value !== 'string') return String(value).length
  return isPlain(value) ? value.length + 2 : Buffer.byteLength(textOf(value)!)
}
