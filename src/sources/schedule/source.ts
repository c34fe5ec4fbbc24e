import * as z from 'zod/mini'
import type { Source } from '../../runtime/source.ts'
import { rootId } from '../message.ts'
import { createTaking } from '../taking.ts'
import { scheduledEvent } from './event.ts'
import { rateMs } from './rate.ts'

/** Events at certain times. */
export const schedule: Source = {
  rules: {
    settings: {
      rate: {
        schema: () => z.string().check(z.refine((text) => rateMs(text) !== undefined)),
        must: 'a number of seconds, minutes, hours or days, such as "5 minutes"',
      },
      cron: {
        schema: () => z.string().check(z.regex(/^\s*(?:\S+\s+){4,5}\S+\s*$/)),
        must: 'five fields of cron, or six with seconds, such as "0 3 * * *"',
      },
      timezone: {
        schema: () => z.string().check(z.refine(isTimezone)),
        must: 'the name of a time zone, such as "Europe/Berlin"',
      },
      event: { schema: () => z.json(), must: 'a value that JSON can carry' },
    },
    oneOf: ['rate', 'cron'],
  },
  isForOne: (_source, { remembersIds }) => !remembersIds,
  async check(sources) {
    const { neverComes } = await import('./due.ts')
    return sources.flatMap(({ name, settings }) => {
      const what = neverComes(settings)
      return what === undefined ? [] : [{ source: name, setting: 'cron', what }]
    })
  },
  async open(sources, world) {
    const { dueTimes } = await import('./due.ts')
    const waits = new Map<string, () => void>()
    const taking = createTaking(world)
    let isStopped = false
    for (const source of sources) {
      const due = dueTimes(source.settings, world.now())
      const wait = () => {
        const { value: atMs } = due.next()
        if (isStopped || atMs === undefined) return
        waits.set(
          source.name,
          afterLong(world, atMs, () => tick(atMs)),
        )
      }
      const tick = (atMs: number) => {
        const id = rootId(world, source, [tickOf(source.settings, atMs)])
        taking.take({ ...scheduledEvent(source, atMs), id, isShared: true }, () => {})
        wait()
      }
      wait()
    }
    return {
      lines: sources.map(({ to, settings }) => `${sayWhen(settings)} → ${to}`),
      async stop() {
        isStopped = true
        for (const cancel of waits.values()) cancel()
        await taking.settled()
      },
    }
  },
}

/** Names a tick for all workers: they count a rate from different times, and tick once each in a period. */
function tickOf({ rate }: Readonly<Record<string, unknown>>, atMs: number): number {
  return typeof rate === 'string' ? Math.floor(atMs / rateMs(rate)!) : atMs
}

/** A timer of Node takes 24 days at most. Source: Node.js documentation, timers, read 2026-11-28. */
const MOST_TIMER_MS = 86_400_000

function afterLong(world: Parameters<Source['open']>[1], atMs: number, call: () => void): () => void {
  let cancel = () => {}
  const wait = () => {
    const leftMs = atMs - world.now()
    cancel = world.after(Math.min(Math.max(0, leftMs), MOST_TIMER_MS), leftMs > MOST_TIMER_MS ? wait : call)
  }
  wait()
  return () => cancel()
}

function sayWhen({ rate, cron, timezone = 'UTC' }: Readonly<Record<string, unknown>>): string {
  if (rate === undefined) return `at ${String(cron)} (${String(timezone)})`
  const [, count = '1', unit = ''] = /(\d+)?\s*(second|minute|hour|day)s?\s*$/i.exec(String(rate)) ?? []
  return `every ${count === '1' ? unit : `${count} ${unit}s`}`
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
