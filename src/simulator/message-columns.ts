import type { Edge, Message } from '../runtime/message.ts'
import { type Columns, columnsFor, plainColumns } from './columns.ts'
import type { SimulatedEdge } from './network.ts'
import { append, type Tape } from './tape.ts'

/** What is kept of a message. */
export type KeptMessage = Pick<Message, 'data' | 'topic' | 'key' | 'edge' | 'row'>

/** Keeps messages: on a tape the kind of each, and its data in the columns of that kind. */
export interface MessageColumns {
  /** Adds a message to the tape, and tells it its row. */
  add(message: Message): void
  /** Makes a function that reads messages in the order in which they were added, from where `read` is on the tape. */
  open(read: () => number): () => KeptMessage
}

/** What messages of one edge, topic and shape of data have in common. */
interface Kind {
  readonly number: number
  readonly edge: Edge | undefined
  readonly topic: string | undefined
  readonly add: Columns['add']
  readonly at: Columns['at']
}

/** The kinds of one edge, or those of all that nobody hears. */
interface Way {
  readonly edge: Edge | undefined
  /** Most messages are of the kind of the one before. */
  last: Kind | undefined
  readonly kinds: Map<string | undefined, Kind[]>
  /** Takes what is of none of them, when there are enough: its topics are kept one by one. */
  any: Kind | undefined
}

const MOST_TOPICS = 100
const MOST_SHAPES = 8

/** Makes what keeps messages on `tape`. */
export function createMessageColumns(tape: Tape): MessageColumns {
  const kinds: Kind[] = []
  const ways: Way[] = []
  const outputs = openWay(undefined)
  const keys = new Map<number, string>()
  const topics = new Map<number, string | undefined>()
  let rows = 0

  const addKind = (edge: Edge | undefined, topic: string | undefined, columns: Columns) => {
    const kind: Kind = { number: kinds.length, edge, topic, ...columns }
    kinds.push(kind)
    return kind
  }

  const openEdge = (edge: SimulatedEdge) => {
    const way = openWay(edge)
    ways[edge.index] = way
    return way
  }

  /** Finds or makes a kind that takes it. */
  const addElsewhere = (way: Way, { topic, data, row }: Message): Kind => {
    const known = way.kinds.get(topic) ?? []
    for (const kind of known) if (kind.add(data)) return kind
    let kind = way.any
    if (known.length < MOST_SHAPES && (known.length > 0 || way.kinds.size < MOST_TOPICS)) {
      kind = addKind(way.edge, topic, columnsFor(data, known.length === 0))
      way.kinds.set(topic, [...known, kind])
    } else {
      kind ??= addKind(way.edge, undefined, plainColumns())
      way.any = kind
      topics.set(row, topic)
    }
    kind.add(data)
    return kind
  }

  return {
    add(message) {
      const { edge, key } = message
      message.row = rows++
      const way =
        edge === undefined ? outputs : (ways[(edge as SimulatedEdge).index] ?? openEdge(edge as SimulatedEdge))
      let kind = way.last
      if (kind === undefined || kind === way.any || kind.topic !== message.topic || !kind.add(message.data)) {
        kind = addElsewhere(way, message)
        way.last = kind
      }
      append(tape, kind.number)
      if (key !== undefined) keys.set(message.row, key)
    },
    open(read) {
      const places: number[] = []
      let row = 0
      return () => {
        const kind = kinds[read()]!
        const place = places[kind.number] ?? 0
        places[kind.number] = place + 1
        const topic = topics.has(row) ? topics.get(row) : kind.topic
        return { data: kind.at(place), topic, key: keys.get(row), edge: kind.edge, row: row++ }
      }
    },
  }
}

function openWay(edge: Edge | undefined): Way {
  return { edge, last: undefined, kinds: new Map(), any: undefined }
}
