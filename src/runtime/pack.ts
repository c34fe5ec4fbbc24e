import { encodeMessage, INPUT_TYPE, type Origin, sourceOf } from './event.ts'
import { derivedTraceparent, emitterOf, idOf, type Message, parentIdOf, rootIdOf } from './message.ts'
import { isPlain, textOf } from './text.ts'

/** Several messages of one key, or of none, on their way into one record. */
export interface Pack {
  readonly messages: readonly Message[]
  /** Takes a message whose data has this text; gives false, and leaves it out, if the pack would have more than `most`. */
  add(message: Message, data: string | undefined, mostBytes: number): boolean
  /** No less than the UTF-8 bytes of what {@link Pack.encode} gives for several messages. */
  bytes(): number
  /** One message as a CloudEvent; several as `{"attakpack":1,"time":"…","source":"/orders/dev/a","type":"t","attakroot":["…","…"],…,"data":[1,2]}`. */
  encode(time: string): string
}

type Value = string | number | null

/** What is said of each message beside its data: one value if all share it, else a list with one for each. */
interface Attribute {
  readonly name: string
  readonly of: (message: Message) => Value
  /** What is written of it; absent means the value as it is. */
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

/** What tells a pack from anything else. */
export const PACK_VERSION = 1

/** More than the braces, version and time of a pack, and the name and marks of its data. */
const FRAME_BYTES = 100

/** Makes an empty pack. What its messages share is said once, so that most of them cost little beside their data. */
export function createPack(origin: PackOrigin, key: string | undefined): Pack {
  const messages: Message[] = []
  const data: string[] = []
  const empty: number[] = []
  const columns = ATTRIBUTES.map((attribute) => createColumn(attribute, origin))
  let traced = false
  const keyText = key === undefined ? '' : `"partitionkey":${textOf(key)},`
  let dataBytes = FRAME_BYTES + Buffer.byteLength(keyText)
  let bytes = 0

  /** A column of its own from the first message on that has one: few do. */
  const addTraces = () => {
    const column = createColumn(TRACEPARENT, origin)
    for (const message of messages) {
      column.offer(message)
      column.take()
    }
    columns.push(column)
    traced = true
  }

  return {
    messages,
    add(message, text, mostBytes) {
      if (!traced && message.traceparent !== undefined) addTraces()
      const withData = dataBytes + 1 + (text === undefined ? EMPTY_BYTES : Buffer.byteLength(text))
      let wanted = withData
      for (const column of columns) wanted += column.offer(message)
      if (wanted > mostBytes) return false
      for (const column of columns) column.take()
      if (text === undefined) empty.push(messages.length)
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
      const shared = columns.map((column) => column.encode()).join('')
      const without = empty.length === 0 ? '' : `"attakempty":[${empty}],`
      return `{"attakpack":${PACK_VERSION},"time":"${time}",${keyText}${shared}${without}"data":[${data.join(',')}]}`
    },
  }
}

/** What a message without data costs: `null`, and its index in a list that others of its kind may have begun. */
const EMPTY_BYTES = 30

/** One attribute of all messages of a pack. */
interface Column {
  /** The bytes that it would cost with one message more. */
  offer(message: Message): number
  /** Adds the message that was offered last. */
  take(): void
  encode(): string
}

function createColumn({ name, of, write = asItIs, absent }: Attribute, origin: PackOrigin): Column {
  let first: Value = null
  let [count, allBytes, firstBytes] = [0, 0, 0]
  let isAbsent = true
  /** All values, from the first that is not the same as the others. */
  let list: Value[] | undefined
  // Of the message that was offered last: not kept as an object, since there are eight of these for each message.
  let [value, bytes]: [Value, number] = [null, 0]
  let [absentWith, sharedWith] = [true, true]

  return {
    offer(message) {
      value = of(message)
      const isSame = count > 0 && value === first
      bytes = isSame ? firstBytes : bytesOf(write(value, origin))
      absentWith = isAbsent && value === absent(message)
      sharedWith = count === 0 || (isSame && list === undefined)
      if (absentWith) return 0
      return name.length + 6 + (sharedWith ? bytes : allBytes + bytes + count)
    },
    take() {
      if (count === 0) [first, firstBytes] = [value, bytes]
      if (!sharedWith) {
        list ??= new Array(count).fill(first)
        list.push(value)
      }
      count++
      allBytes += bytes
      isAbsent = absentWith
    },
    encode() {
      if (isAbsent) return ''
      return `"${name}":${textOf(list === undefined ? write(first, origin) : list.map((each) => write(each, origin)))},`
    },
  }
}

function asItIs(value: Value): Value {
  return value
}

function bytesOf(value: Value): number {
  if (typeof value !== 'string') return String(value).length
  return isPlain(value) ? value.length + 2 : Buffer.byteLength(textOf(value)!)
}
