import { nearest } from '../errors.ts'
import { placeOfProcessor } from './name.ts'
import { type Report, show } from './report.ts'
import { type Parsing, parseSettings } from './settings.ts'
import type { TopologyStream } from './topology.ts'
import { isPlainObject, readFields, runUserCode } from './user-code.ts'

const ONE_EACH = "Write one stream for each: ['a', 'b'], ['a', 'c']."
const SPELLINGS = 'Write [from, to], [from, to, topic], or { from, to, topic or topics }.'

/** Parses every spelling of a topology's streams: those that name both their ends come back, with all else reported. */
export function parseStreams(given: unknown, parsing: Parsing): readonly TopologyStream[] {
  const { report } = parsing
  if (given === undefined) return []
  const ran = typeof given === 'function' ? runUserCode(() => given(), 'streams', report) : { value: given }
  if (ran === undefined) return []
  if (!Array.isArray(ran.value)) {
    const what = `streams must be a list; got ${show(ran.value)}`
    report.error('TOPOLOGY_INVALID', 'streams', what, `Give a list, or a function that returns one. ${SPELLINGS}`)
    return []
  }
  const streams = Array.from(ran.value, (stream, index) => parseStream(stream, index, parsing))
  return streams.filter((stream) => stream !== undefined)
}

/** Reports each end of a stream that is none of `names`, once per stream. */
export function checkEnds(streams: readonly TopologyStream[], names: ReadonlySet<string>, report: Report): void {
  for (const stream of streams) {
    for (const name of new Set([stream.from, stream.to])) {
      if (names.has(name)) continue
      const near = nearest(name, names)
      const rename = `Rename the ${name === stream.to ? 'target' : 'source'}, or add ${placeOfProcessor(name)}.`
      const remedy = near === undefined ? rename : `Did you mean "${near}"? ${rename}`
      report.error('TOPOLOGY_UNKNOWN_PROCESSOR', placeOfStream(stream), `no processor named "${name}"`, remedy)
    }
  }
}

/** Reports each stream whose receiver would receive an event twice: an earlier stream has the same ends and a topic in common. The same overlap is reported once. */
export function checkOverlaps(streams: readonly TopologyStream[], report: Report): void {
  const earlier = new Map<string, TopologyStream[]>()
  const told = new Set<string>()
  for (const stream of streams) {
    const ends = JSON.stringify([stream.from, stream.to])
    const others = earlier.get(ends) ?? []
    earlier.set(ends, [...others, stream])
    const common = others.map((other) => commonTopics(other, stream)).find((topics) => topics !== undefined)
    if (common === undefined || told.has(ends + common)) continue
    told.add(ends + common)
    const what = `"${stream.to}" would receive ${common} from "${stream.from}" twice`
    const remedy = 'Remove one of the two streams, or give them topics that differ.'
    report.error('TOPOLOGY_DUPLICATE_STREAM', placeOfStream(stream), what, remedy)
  }
}

/** What both streams carry, in words; undefined when nothing is. No topics means all. */
function commonTopics({ topics: one }: TopologyStream, { topics: other }: TopologyStream): string | undefined {
  if (one === undefined && other === undefined) return 'everything'
  const common = one === undefined ? other : other === undefined ? one : one.filter((topic) => other.includes(topic))
  if (common === undefined || common.length === 0) return undefined
  return `${common.length === 1 ? 'topic' : 'topics'} ${common.map((topic) => JSON.stringify(topic)).join(', ')}`
}

function parseStream(given: unknown, index: number, parsing: Parsing): TopologyStream | undefined {
  const { report } = parsing
  const where = `streams[${index}]`
  const value = Array.isArray(given) ? fromTuple(given, where, report) : given
  if (value === undefined && Array.isArray(given)) return undefined
  if (!isPlainObject(value)) {
    report.error('TOPOLOGY_INVALID', where, `a stream cannot be ${show(value)}`, SPELLINGS)
    return undefined
  }
  const fields = readFields(value, where, report)
  if (fields === undefined) return undefined
  const ends = ['from', 'to'].filter((end) => !isText(fields[end]))
  for (const end of ends) {
    const what = end in fields ? `${end} must be the name of a processor; got ${show(fields[end])}` : `has no ${end}`
    const isSeveral = Array.isArray(fields[end])
    report.error('TOPOLOGY_INVALID', where, what, isSeveral ? ONE_EACH : SPELLINGS)
  }
  const place = ends.length > 0 ? where : placeOfStream(fields as unknown as TopologyStream)
  const settings = parseSettings('stream', fields, place, parsing)
  const topics = parseTopics(fields.topic, fields.topics, place, report)
  if (ends.length > 0) return undefined
  return { from: fields.from as string, to: fields.to as string, ...(topics && { topics }), ...settings }
}

function fromTuple(given: readonly unknown[], where: string, report: Report): object | undefined {
  const [from, to, topic] = given
  if (given.length === 2 || given.length === 3) return { from, to, topic }
  const what = `a stream as a list has two or three elements; got ${show(given)}`
  report.error(
    'TOPOLOGY_INVALID',
    where,
    what,
    given.length > 3 ? `${SPELLINGS} Settings go in the object.` : SPELLINGS,
  )
  return undefined
}

/** Returns the topics of a stream; undefined for all topics. Topics that are reported are left out, so that they are reported only once. */
function parseTopics(topic: unknown, topics: unknown, where: string, report: Report): readonly string[] | undefined {
  if (topic !== undefined && topics !== undefined) {
    report.error('TOPOLOGY_INVALID', where, 'both topic and topics are given', 'Keep one of them.')
    return []
  }
  if (topic !== undefined && !isText(topic)) {
    const remedy = Array.isArray(topic) ? 'Write { from, to, topics } for several.' : LEAVE_OUT
    report.error('TOPOLOGY_INVALID', where, `a topic must be a string that is not empty; got ${show(topic)}`, remedy)
    return []
  }
  if (topic !== undefined) return [topic]
  if (topics === undefined) return undefined
  if (Array.isArray(topics) && topics.length > 0 && topics.every(isText)) return topics
  const what = `topics must be a list of strings that are not empty; got ${show(topics)}`
  report.error('TOPOLOGY_INVALID', where, what, LEAVE_OUT)
  return []
}

const LEAVE_OUT = 'Name the topics to receive, or leave it out to receive every topic.'

/** Where a stream is written, for a message. */
export function placeOfStream({ from, to }: Pick<TopologyStream, 'from' | 'to'>): string {
  return `stream "${from} → ${to}"`
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
