import { randomUUID } from 'node:crypto'
import type { SourceEvent, SourceWorld } from '../../src/runtime/source.ts'

/** What sources put their events into, in a test. */
export interface FakeWorld extends SourceWorld {
  /** What came in, in order. */
  readonly events: SourceEvent[]
  /** What was printed. */
  readonly said: string[]
}

/** How a fake world answers; by default every event is done at once, and a handler returns nothing. */
export interface Answering {
  readonly call?: (event: SourceEvent) => unknown
  readonly take?: (event: SourceEvent) => number | Promise<number>
  readonly room?: () => Promise<void> | undefined
  readonly takesToEnd?: boolean
  readonly dir?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly stdin?: AsyncIterable<Uint8Array> & { destroy?(): unknown }
}

/** Makes a world whose time is moved by hand. */
export function fakeWorld({
  call,
  take,
  room,
  takesToEnd = true,
  dir = '/nowhere',
  variables = {},
  stdin = nothing(),
}: Answering = {}): FakeWorld & { pass(ms: number): Promise<void> } {
  const events: SourceEvent[] = []
  const said: string[] = []
  const timers: { atMs: number; call: () => void }[] = []
  let nowMs = Date.UTC(2026, 0, 1)
  return {
    events,
    scope: 'orders/dev',
    async call(event) {
      events.push(event)
      return call?.(event)
    },
    async take(event) {
      events.push(event)
      return take?.(event) ?? 0
    },
    takesToEnd,
    room: () => room?.(),
    client: (name) => import(name),
    dir,
    variable: (name) => variables[name],
    stdin: () => stdin,
    said,
    say: (text, level) => void said.push(`${level} ${text}`),
    newId: () => randomUUID().replaceAll('-', ''),
    now: () => nowMs,
    after(ms, callBack) {
      const timer = { atMs: nowMs + ms, call: callBack }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer) >>> 0, 1)
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        timers.sort((a, b) => a.atMs - b.atMs)
        const next = timers[0]
        if (next === undefined || next.atMs > untilMs) break
        timers.shift()
        nowMs = next.atMs
        next.call()
        await Promise.resolve()
      }
      nowMs = untilMs
    },
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
