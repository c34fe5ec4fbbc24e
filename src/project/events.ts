import { nearest, type Problem } from '../errors.ts'
import { checkedDepth } from '../runtime/depth.ts'
import { sayUnwritable } from '../runtime/refusal.ts'
import { show } from '../topology/report.ts'
import type { InputEvent } from '../topology/topology.ts'

/** Why a value is no input. */
export interface EventFault {
  readonly what: string
  readonly remedy: string
}

/** The events of a completely read input, with all its problems. */
export interface ParsedEvents {
  readonly events: readonly InputEvent[]
  readonly problems: readonly Problem[]
}

const FIELDS: ReadonlySet<string> = new Set(['to', 'event', 'key', 'topic'] satisfies (keyof InputEvent)[])
const EXAMPLE = '{ "to": "processor", "event": … }'
const MOST_PROBLEMS = 20
const MOST_SHOWN = 100

/** Returns why `value` is not an {@link InputEvent} for one of `processors`; undefined when it is one. */
export function faultOf(value: unknown, processors: ReadonlySet<string>): EventFault | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      what: `is not of the form ${EXAMPLE}`,
      remedy: `Write ${EXAMPLE}, or name the processor with --to.`,
    }
  }
  const { to, key, topic } = value as Partial<Record<string, unknown>>
  if (typeof to !== 'string') {
    const what =
      to === undefined ? 'has no "to", the processor that receives it' : '"to" is not the name of a processor'
    return { what, remedy: `Write ${EXAMPLE}, or name the processor with --to.` }
  }
  if (!processors.has(to)) return unknownProcessor(to, processors)
  if (key !== undefined && typeof key !== 'string')
    return { what: '"key" is not a string', remedy: 'Make it a string.' }
  if (topic !== undefined && (typeof topic !== 'string' || topic === '')) {
    return { what: '"topic" is not a string, or is empty', remedy: 'Give a topic, or leave "topic" out.' }
  }
  for (const name in value) if (!FIELDS.has(name) && Object.hasOwn(value, name)) return unknownField(name)
  return undefined
}

/**
 * Parses a completely read input: `{ processor: event }`, where a list is one event too, or a list of
 * `{ to, event, key?, topic? }`. `where` is the input's name: `input.json`.
 */
export function parseEvents(value: unknown, processors: ReadonlySet<string>, where: string): ParsedEvents {
  if (Array.isArray(value)) return parseList(value, processors, where)
  if (typeof value === 'object' && value !== null) return parseNamed(value, processors, where)
  const what = `an input is { "processor": event } or a list of ${EXAMPLE}; this is ${show(value)}`
  return { events: [], problems: [problemAt(where, { what, remedy: `Write { "${[...processors][0]}": … }.` })] }
}

/**
 * Returns an input that code made, with each event's fields and each entry read once: a getter may throw, or return
 * something else the next time. Throws what that code throws. The events' data are read by {@link ownEvents}.
 */
export function readMade(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, readMadeEvent)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : value
}

/** Returns one event that code made, with its fields read once. Throws what that code throws. */
export function readMadeEvent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields: Record<string, unknown> = { ...value }
  for (const name of FIELDS) if (!(name in fields) && name in value) fields[name] = value[name as keyof typeof value]
  return fields
}

/**
 * Returns a copy of an event that code made, equal to a JSON round trip. Later changes by that code do not affect it.
 * Data that a file could not hold is a fault.
 */
export function ownEvent(input: InputEvent): InputEvent | EventFault {
  try {
    const text = checkedDepth(JSON.stringify(input.event) as string | undefined)
    return { ...input, event: text === undefined ? undefined : JSON.parse(text) }
  } catch (error) {
    return { what: sayUnwritable(input.event, error), remedy: 'Send what JSON can carry.' }
  }
}

/** Copies the data of all events: see {@link ownEvent}. `whereOf` returns an event's place from its index. */
export function ownEvents(events: readonly InputEvent[], whereOf: (index: number) => string): ParsedEvents {
  const problems: Problem[] = []
  const owned = events.flatMap((event, index) => {
    const own = ownEvent(event)
    if (!('what' in own)) return [own]
    problems.push(problemAt(whereOf(index), own))
    return []
  })
  return { events: owned, problems }
}

/** Makes the problem of a fault. */
export function problemAt(where: string, { what, remedy }: EventFault): Problem {
  return { code: 'INPUT_INVALID', severity: 'error', where, what, remedy }
}

/** Makes a fault that suggests a processor with a similar name. */
export function unknownProcessor(name: string, processors: ReadonlySet<string>): EventFault {
  const meant = nearest(name, processors)
  const remedy = meant === undefined ? `There are ${[...processors].join(', ')}.` : `Did you mean "${meant}"?`
  return { what: `no processor is named "${cut(name)}"`, remedy }
}

/** Foreign text may have megabytes. */
function cut(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}

function unknownField(name: string): EventFault {
  const meant = nearest(name, FIELDS)
  const what = `has an unknown field "${cut(name)}"`
  return { what, remedy: meant === undefined ? `An event's data goes into "event".` : `Did you mean "${meant}"?` }
}

function parseList(list: readonly unknown[], processors: ReadonlySet<string>, where: string): ParsedEvents {
  const problems = collectProblems()
  list.forEach((value, index) => {
    const fault = faultOf(value, processors)
    if (fault !== undefined) problems.add(() => problemAt(`${where}, [${index}]`, fault))
  })
  return problems.parsed(() => list as readonly InputEvent[])
}

function parseNamed(value: object, processors: ReadonlySet<string>, where: string): ParsedEvents {
  const names = Object.keys(value)
  const unknown = names.filter((name) => !processors.has(name))
  if (unknown.length > 0 && 'to' in value && names.every((name) => FIELDS.has(name))) {
    const what = 'is one event, not a list of events'
    return {
      events: [],
      problems: [problemAt(where, { what, remedy: 'Put it into a list: [{ "to": …, "event": … }].' })],
    }
  }
  const problems = collectProblems()
  for (const name of unknown) problems.add(() => problemAt(where, unknownProcessor(name, processors)))
  return problems.parsed(() => Object.entries(value).map(([to, event]) => ({ to, event: event as unknown })))
}

/** Collects the first problems, and the number of the others: an input may have millions. */
function collectProblems() {
  const problems: Problem[] = []
  let more = 0
  return {
    add(problem: () => Problem) {
      if (problems.length <= MOST_PROBLEMS) problems.push(problem())
      else more++
    },
    /** Returns the events if there is no problem. */
    parsed(events: () => readonly InputEvent[]): ParsedEvents {
      if (problems.length === 0) return { events: events(), problems }
      const last = problems[MOST_PROBLEMS]
      if (last !== undefined) problems[MOST_PROBLEMS] = { ...last, what: `and ${more + 1} more like these` }
      return { events: [], problems }
    },
  }
}
