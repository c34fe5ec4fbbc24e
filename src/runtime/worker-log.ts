import type { Delivery } from './carrier.ts'
import type { FailedMessage, Outcome } from './deliver/round.ts'
import type { Invocation, LogLevel } from './invocation.ts'
import { idOf, type Message, parentIdOf, rootIdOf } from './message.ts'
import { positionText } from './position.ts'
import { escaped, fieldWriter } from './text.ts'
import type { Thrown } from './thrown.ts'
import type { WorkerHost } from './worker-host.ts'

/**
 * Writes JSON lines, which `attak logs` and `attak why` read:
 * `{"time":"…","level":"info","attak":"end","processor":"bill","message":"…","root":"…",…}`. `attak` is the kind of the
 * line. `log` is written by a handler. `end` is the outcome of an attempt. `error` is a message that finally failed.
 * `output` is an emit without a subscriber. See docs/reference/logs.md.
 */
export interface WorkerLog {
  /** A line that a handler wrote. */
  line(invocation: Invocation, level: LogLevel, text: string): void
  /** A line that `setup` or `teardown` of a processor wrote: it belongs to no message. */
  ownLine(processor: string, level: LogLevel, text: string): void
  /** Logs an error outside of attempts: what a handler did too late, or an error record that could not be stored. */
  trouble(invocation: Invocation, error: unknown): void
  /** Writes the outcome of an attempt. `event` is the JSON of the handler's event, if it should be shown. */
  ended(invocation: Invocation, delivery: Delivery, outcome: Outcome, error: unknown, event?: string): void
  /** Logs a message that is not retried: all that is needed to find what led to it, without its data. */
  failed(failed: FailedMessage): void
  /** Logs an output. `data` is the JSON of the emitted data; undefined if there was none. */
  output(invocation: Invocation, message: Message, data: string | undefined): void
  /** Writes the buffered lines: lines of one turn are written together. */
  flush(): void
}

type Fields = Readonly<Record<string, unknown>>

const RANKS: Readonly<Record<LogLevel | 'none', number>> = { debug: 0, info: 1, warn: 2, error: 3, none: 4 }
const LEVEL_OF: Readonly<Record<Outcome, LogLevel>> = {
  ok: 'info',
  skipped: 'info',
  retry: 'warn',
  postponed: 'warn',
  failed: 'error',
}

/** This many characters are written at once, even if the turn continues. */
const MOST_HELD_CHARACTERS = 16_384

/**
 * Makes a log. Lines less serious than `level` are left out. `timed`: the outcome of an attempt has the milliseconds that it took
 * (`"tookMs":12`).
 */
export function createLog(host: WorkerHost, level: LogLevel | 'none', { timed = false } = {}): WorkerLog {
  const least = RANKS[level]
  const { hold, flush } = holdLines(host)
  const begin = beginner(host)
  const positionField = fieldWriter('position')
  const sayWay = wayWriter()
  const add = (level: LogLevel, kind: string, invocation: Invocation, fields: Fields) => {
    if (RANKS[level] >= least) hold(`${begin(level, kind, invocation)},${JSON.stringify(fields).slice(1)}\n`)
  }
  return {
    line: (invocation, level, text) => add(level, 'log', invocation, { text }),
    ownLine(processor, level, text) {
      if (RANKS[level] < least) return
      const time = new Date(host.now()).toISOString()
      hold(`${JSON.stringify({ time, level, attak: 'log', processor, text })}\n`)
    },
    trouble(invocation, error) {
      const { code, message: text } = host.describe(error)
      add('error', 'log', invocation, { code, text })
    },
    ended(invocation, { position }, outcome, error, event) {
      const level = LEVEL_OF[outcome]
      if (RANKS[level] < least) return
      const way = `${sayWay(invocation.message)}${positionField(positionText(position))}`
      const why = level === 'info' ? '' : `,"error":${JSON.stringify(titleOnly(host.describe(error)))}`
      const took = timed ? `,"tookMs":${Math.max(0, host.now() - invocation.startedMs)}` : ''
      const data = event === undefined ? '' : `,"data":${event}`
      hold(`${begin(level, 'end', invocation)}${way},"outcome":"${outcome}"${took}${why}${data}}\n`)
    },
    failed({ invocation, delivery, error }) {
      const { topic, from, key, attempt, hop, parent } = invocation
      const position = positionText(delivery.position)
      const why = host.describe(error)
      add('error', 'error', invocation, { position, parent, from, topic, key, hop, attempt, error: why })
    },
    output(invocation, message, data) {
      const { topic, key } = message
      const fields = JSON.stringify({ id: idOf(message), topic, key }).slice(1, -1)
      hold(`${begin('info', 'output', invocation)},${fields}${data === undefined ? '' : `,"data":${data}`}}\n`)
    },
    flush,
  }
}

/** Writes the lines of one turn together. */
function holdLines(host: WorkerHost): { readonly hold: (line: string) => void; readonly flush: () => void } {
  let held = ''
  let isDue = false
  const flush = () => {
    if (held === '') return
    const text = held
    held = ''
    host.write(text)
  }
  const hold = (line: string) => {
    held += line
    if (held.length >= MOST_HELD_CHARACTERS) flush()
    if (isDue || held === '') return
    isDue = true
    host.after(0, () => {
      isDue = false
      flush()
    })
  }
  return { hold, flush }
}

/** Writes what every line begins with. Most lines begin as the one before did, up to the id of their message. */
function beginner(host: WorkerHost): (level: LogLevel, kind: string, invocation: Invocation) => string {
  let [timeMs, time] = [0, '']
  let [start, startLevel, startKind, startName] = ['', '', '', '']
  const rootField = fieldWriter('root')
  return (level, kind, { runtime, message }) => {
    const nowMs = host.now()
    if (nowMs !== timeMs) {
      timeMs = nowMs
      time = new Date(nowMs).toISOString()
      startKind = ''
    }
    if (kind !== startKind || level !== startLevel || runtime.name !== startName) {
      startName = runtime.name
      startKind = kind
      startLevel = level
      start = `{"time":"${time}","level":"${level}","attak":"${kind}","processor":"${runtime.name}","message":"`
    }
    return `${start}${escaped(idOf(message))}"${rootField(rootIdOf(message.root))}`
  }
}

/** The title alone: the lines after an attempt contain the rest. */
function titleOnly({ stack, remedy, ...rest }: Thrown): Fields {
  return rest
}

/**
 * Writes where a message came from: `,"parent":"…","from":"intake","topic":"order","hop":2,"attempt":1`; an input has
 * no parent. The last text is cached, because the messages of a record share all but their parents.
 */
function wayWriter(): (message: Message) => string {
  const parentField = fieldWriter('parent')
  const fromField = fieldWriter('from')
  const topicField = fieldWriter('topic')
  let [lastFrom, lastTopic]: (string | undefined)[] = []
  let [lastHop, lastAttempt] = [0, 0]
  let rest = ''
  return (message) => {
    const { topic, edge, hop, attempt } = message
    const from = edge?.from
    if (hop !== lastHop || attempt !== lastAttempt || topic !== lastTopic || from !== lastFrom) {
      lastFrom = from
      lastTopic = topic
      lastHop = hop
      lastAttempt = attempt
      rest = from === undefined ? '' : fromField(from)
      if (topic !== undefined) rest += topicField(topic)
      rest += `,"hop":${hop},"attempt":${attempt}`
    }
    const parent = parentIdOf(message)
    return parent === undefined ? rest : parentField(parent) + rest
  }
}
