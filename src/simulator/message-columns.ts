import type { Message } from '../runtime/message.ts'
import { type Columns, columnsFor, plainColumns } from './columns.ts'
import type { SimulatedMessage, SimulatedParts, Way } from './message.ts'
import type { SimulatedEdge } from './network.ts'
import type { Tape } from './tape.ts'

/** What is kept of a message. */
export type KeptMessage = Pick<SimulatedParts, 'data' | 'topic' | 'key' | 'way'> & Pick<Message, 'row'>

/** Keeps messages: on a tape the kind of each and its whole numbers, and what else its data holds in columns. */
export interface MessageColumns {
  /** Adds a message, and tells it its row; its receivers have the rows from there on. */
  add(message: SimulatedMessage): void
  /** Makes a function that reads messages in the order in which they were added, from where `read` is on the tape. */
  open(read: () => number): () => KeptMessage
}

/** What messages of one way, topic and shape of data have in common. */
interface Kind {
  readonly number: number
  readonly way: Way | undefined
  readonly topic: string | undefined
  readonly columns: Columns
  readonly add: Columns['add']
}

/** The kinds of messages with one first receiver, or of those that nobody hears. */
interface Place {
  /** Most messages are of the kind of the one before. */
  last: Kind | undefined
  readonly kinds: Map<string | undefined, Kind[]>
  /** Takes what is of none of them, when there are enough: its topics are kept one by one. */
  any: Kind | undefined
}

const MOST_TOPICS = 100
const MOST_SHAPES = 8
/** Code is compiled for each of all shapes, whose messages any number of kinds share. */
const MOST_COLUMNS = 200

/** Makes what keeps messages on `tape`. */
export function createMessageColumns(tape: Tape): MessageColumns {
  const kinds: Kind[] = []
  const places: Place[] = []
  const outputs = openPlace()
  const all: Columns[] = []
  const plain = plainColumns(tape)
  const keys = new Map<number, string>()
  const topics = new Map<number, string | undefined>()
  let rows = 0

  const placeOf = ({ index }: SimulatedEdge) => {
    const place = openPlace()
    places[index] = place
    return place
  }

  const addKind = (way: Way | undefined, topic: string | undefined, columns: Columns) => {
    const kind: Kind = { number: kinds.length, way, topic, columns, add: columns.add }
    kinds.push(kind)
    return kind
  }

  /** Adds data to columns of its shape, and gives them. */
  const addShaped = (data: unknown, head: number, narrow: boolean): Columns => {
    for (const columns of all) if (columns.add(data, head)) return columns
    const made = all.length < MOST_COLUMNS ? columnsFor(tape, data, narrow) : undefined
    if (made !== undefined) all.push(made)
    const columns = made ?? plain
    columns.add(data, head)
    return columns
  }

  /** Finds or makes a kind that takes it, and adds it. */
  const addElsewhere = (place: Place, { topic, data, way, row }: SimulatedMessage): Kind => {
    const known = place.kinds.get(topic) ?? []
    for (const kind of known) if (kind.add(data, kind.number)) return kind
    if (known.length < MOST_SHAPES && (known.length > 0 || place.kinds.size < MOST_TOPICS)) {
      const kind = addKind(way, topic, addShaped(data, kinds.length, known.length === 0))
      place.kinds.set(topic, [...known, kind])
      return kind
    }
    place.any ??= addKind(way, undefined, plain)
    topics.set(row, topic)
    place.any.add(data, place.any.number)
    return place.any
  }

  return {
    add(message) {
      const { way, key, topic, data } = message
      message.row = rows
      rows += way === undefined ? 1 : way.receivers
      const place = way === undefined ? outputs : (places[way.edge.index] ?? placeOf(way.edge))
      const kind = place.last
      if (kind === undefined || kind === place.any || kind.topic !== topic || !kind.add(data, kind.number)) {
        place.last = addElsewhere(place, message)
      }
      if (key !== undefined) keys.set(message.row, key)
    },
    open(read) {
      const readers = new Map([plain, ...all].map((columns) => [columns, columns.open(read)]))
      let row = 0
      return () => {
        const { way, topic, columns } = kinds[read()]!
        const kept = { data: readers.get(columns)!(), topic: topics.has(row) ? topics.get(row) : topic }
        const message = { ...kept, key: keys.get(row), way, row }
        row += way === undefined ? 1 : way.receivers
        return message
      }
    },
  }
}

function openPlace(): Place {
  return { last: undefined, kinds: new Map(), any: undefined }
}
