import type { FailedMessage, Outcome } from '../../runtime/deliver/round.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import { idOf, type Message, rootIdOf } from '../../runtime/message.ts'
import type { LogLevel } from '../../runtime/rare.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import type { Delivery } from '../../runtime/transport.ts'
import type { EntryHost } from './host.ts'

/**
 * Writes what happens as JSON lines, which `attak logs` reads: `{"time":"…","level":"info","attak":"end","processor":"bill",
 * "message":"…","root":"…",…}`. `attak` says what a line tells of: `log`, what a handler wrote; `end`, what became of an
 * attempt; `error`, a message that failed for good; `output`, an emit that nobody hears.
 */
export interface EntryLog {
  /** A line that a handler wrote. */
  line(invocation: Invocation, level: LogLevel, text: string): void
  /** What a handler does after its message was done: an error of the processor. */
  late(invocation: Invocation, error: Error): void
  ended(invocation: Invocation, delivery: Delivery, outcome: Outcome, error: unknown): void
  /** A message that is not tried again: all that is needed to find what led to it, and no data. */
  failed(failed: FailedMessage): void
  /** `data` is the JSON of what was emitted; undefined where nothing was. */
  output(invocation: Invocation, message: Message, data: string | undefined): void
  /** Writes what is held back: lines of one turn are written together. */
  flush(): void
}

type Fields = Readonly<Record<string, unknown>>

/** Names of levels as Lambda spells them, from the least serious on. */
const LEVELS: Readonly<Record<string, number>> = { TRACE: 0, DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3, FATAL: 4 }
const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
const LEVEL_OF: Readonly<Record<Outcome, LogLevel>> = { ok: 'info', retry: 'warn', postponed: 'warn', failed: 'error' }

/** So much is written at once even if the turn goes on. */
const MOST_HELD_CHARACTERS = 16_384

/**
 * Makes a log. Lines less serious than the function's log level are left out. Source: Lambda developer guide, "Using Lambda
 * advanced logging controls", `AWS_LAMBDA_LOG_LEVEL`, read 2026-11-21.
 */
export function createLog(host: EntryHost): EntryLog {
  const least = LEVELS[host.env.AWS_LAMBDA_LOG_LEVEL ?? 'DEBUG'] ?? 0
  let held = ''
  let isDue = false
  let timeMs = 0
  let time = ''

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
  /** What every line begins with. */
  const begin = (level: LogLevel, kind: string, { runtime, message }: Invocation) => {
    const nowMs = host.now()
    if (nowMs !== timeMs) {
      timeMs = nowMs
      time = new Date(nowMs).toISOString()
    }
    const ids = `"message":${quoted(idOf(message))},"root":${quoted(rootIdOf(message.root))}`
    return `{"time":"${time}","level":"${level}","attak":"${kind}","processor":"${runtime.name}",${ids}`
  }
  const add = (level: LogLevel, kind: string, invocation: Invocation, fields: Fields) => {
    if (RANKS[level] >= least) hold(`${begin(level, kind, invocation)},${JSON.stringify(fields).slice(1)}\n`)
  }

  return {
    line: (invocation, level, text) => add(level, 'log', invocation, { text }),
    late(invocation, error) {
      const { code, message: text } = describeThrown(error)
      add('error', 'log', invocation, { code, text })
    },
    ended(invocation, { position }, outcome, error) {
      const level = LEVEL_OF[outcome]
      if (RANKS[level] < least) return
      const { attempt } = invocation.message
      const start = `${begin(level, 'end', invocation)},"position":${quoted(position)},"attempt":${attempt}`
      const why = outcome === 'ok' ? '' : `,"error":${JSON.stringify(withoutStack(error))}`
      hold(`${start},"outcome":"${outcome}"${why}}\n`)
    },
    failed({ invocation, delivery, error }) {
      const { topic, from, key, attempt, hop, parent } = invocation
      const { position } = delivery
      add('error', 'error', invocation, {
        position,
        parent,
        from,
        topic,
        key,
        hop,
        attempt,
        error: describeThrown(error),
      })
    },
    output(invocation, message, data) {
      const { topic, key } = message
      const fields = JSON.stringify({ id: idOf(message), topic, key }).slice(1, -1)
      hold(`${begin('info', 'output', invocation)},${fields}${data === undefined ? '' : `,"data":${data}`}}\n`)
    },
    flush,
  }
}

function withoutStack(error: unknown): Fields {
  const { stack, ...rest } = describeThrown(error)
  return rest
}

/** Ids and positions of ours need no escaping, and there is one for each message. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

const PLAIN = /^[\w./:-]*$/
