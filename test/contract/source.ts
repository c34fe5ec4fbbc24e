import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { after } from '../../src/hosts/after.ts'
import type { OpenSources, Source } from '../../src/runtime/source.ts'
import type { SourceType } from '../../src/sources/table.ts'
import { type Answering, fakeWorld } from '../sources/world.ts'

/** A place that a source reads, for one test. */
export interface SourcePlace {
  readonly settings: Readonly<Record<string, unknown>>
  /** Adds a message; resolves when the place has it. */
  put(body: Buffer): Promise<void>
  /** How many messages the place keeps for the next reader; absent where it keeps none. Nothing reads when it is called. */
  left?(): Promise<number>
}

/** A source, and what it promises. */
export interface SourceCase {
  readonly name: string
  readonly type: SourceType
  readonly source: Source
  place(): Promise<SourcePlace>
  /** Its server, restarted with the same data; absent where there is none. */
  readonly restart?: () => Promise<void>
  /** Messages that come while nothing reads wait for a reader, and a message comes again until it is done. */
  readonly keeps: boolean
  /** The most messages that are taken beyond the room that there is. */
  readonly ahead: number
}

const WAIT_MS = 30_000

/** Checks what each source promises. */
export function sourceContract(one: SourceCase): void {
  const opened: OpenSources[] = []
  const stop = async () => {
    for (const open of opened.splice(0)) await open.stop()
  }
  afterEach(stop)
  const start = async (place: SourcePlace, answering: Answering = {}) => {
    const world = { ...fakeWorld(answering), after }
    const given = { name: 'in', type: one.type, to: 'intake', settings: place.settings }
    const open = await one.source.open([given], world)
    opened.push(open)
    const data = () => world.events.map(({ event }) => event)
    const has = (events: unknown[]) => vi.waitFor(() => expect(data()).toEqual(events), WAIT_MS)
    return { world, open, data, has }
  }
  const nothingLeft = async (place: SourcePlace) => {
    await stop()
    await vi.waitFor(async () => expect(await place.left?.()).toBe(0), WAIT_MS)
  }
  const put = async (place: SourcePlace, ...bodies: (string | Buffer)[]) => {
    for (const body of bodies) await place.put(Buffer.from(body))
  }

  describe(`a source of type ${one.name}`, () => {
    test('makes events in order, keeps odd bytes, and bad messages do no harm', async () => {
      const place = await one.place()
      const { has } = await start(place)
      const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`
      await put(place, '{"n":1}', 'no json', Buffer.from([0xff, 0]), '1e999', '"\\ud800"', '\u0000', deep, '[2]')
      await has([{ n: 1 }, 'no json', { data_base64: '/wA=' }, '1e999', '\ud800', '\u0000', deep, [2]])
      if (one.keeps) await nothingLeft(place)
    })

    test('tries an event again that cannot be taken, after a wait', async () => {
      const place = await one.place()
      let tries = 0
      const take = () => {
        if (++tries < 3) throw new Error('no disk')
        return 0
      }
      const startMs = performance.now()
      const { world } = await start(place, { take })
      await put(place, '1')
      await vi.waitFor(() => expect(tries).toBe(3), WAIT_MS)
      expect(performance.now() - startMs).toBeGreaterThan(1000)
      expect(new Set(world.events.map(({ event }) => event))).toEqual(new Set([1]))
      if (one.keeps) await nothingLeft(place)
    })

    test('takes no more than there is room for', async () => {
      const place = await one.place()
      let free = () => {}
      const gate = new Promise<void>((resolve) => {
        free = resolve
      })
      let isFree = false
      const { data, has } = await start(place, { room: () => (isFree ? undefined : gate) })
      const all = Array.from({ length: 20 }, (_, n) => n)
      await put(place, ...all.map(String))
      await wait(300)
      expect(data().length).toBeLessThanOrEqual(one.ahead)
      isFree = true
      free()
      await has(all)
    })

    test('stops when everything that was taken is done', async () => {
      const place = await one.place()
      let end = (_: number) => {}
      const first = await start(place, { take: () => new Promise((resolve) => (end = resolve)) })
      await put(place, '1')
      await first.has([1])
      let isStopped = false
      const stopping = first.open.stop().then(() => {
        isStopped = true
      })
      await wait(100)
      expect(isStopped).toBe(false)
      end(0)
      await stopping
      if (!one.keeps) return
      await nothingLeft(place)
      await put(place, '2')
      expect(first.data()).toEqual([1])
      await (await start(place)).has([2])
    })

    test.runIf(one.keeps)('leaves to the next reader what it could not take before it stopped', async () => {
      const place = await one.place()
      const taken: unknown[] = []
      let isFull = false
      const first = await start(place, {
        room: () => (isFull ? new Promise(() => {}) : undefined),
        take: ({ event }) => {
          taken.push(event)
          isFull = taken.length === 3
          return 0
        },
      })
      await put(place, '0', '1', '2', '3', '4', '5')
      await vi.waitFor(() => expect(taken).toEqual([0, 1, 2]), WAIT_MS)
      await first.open.stop()
      await (await start(place)).has([3, 4, 5])
      await nothingLeft(place)
    })

    test.runIf(one.keeps)('an event that a killed process had taken comes again, with the same id', async () => {
      const place = await one.place()
      const folder = mkdtempSync(join(tmpdir(), 'attak-source-'))
      const { type } = one
      const definition = { name: 'orders', sources: { in: { type, to: 'intake', ...place.settings } } }
      writeFileSync(
        join(folder, 'topology.mjs'),
        `${HANDLER}export default { ...${JSON.stringify(definition)}, processors: { intake } }`,
      )
      const seen = join(folder, 'seen')
      const lines = () => (existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : [])
      const hanging = run(folder, { SEEN: seen, HANGS: 'yes' })
      await put(place, '{"n":1}')
      await vi.waitFor(() => expect(lines()).toHaveLength(1), WAIT_MS)
      await ended(hanging)
      const going = run(folder, { SEEN: seen })
      await vi.waitFor(() => expect(lines()).toHaveLength(2), WAIT_MS)
      await ended(going, 'SIGTERM')
      await nothingLeft(place)
      expect(lines()[0]).toMatch(/^[0-9a-f]{32} \{"n":1\}$/)
      expect(lines()[1]).toBe(lines()[0])
    })

    const { restart } = one
    test.runIf(restart !== undefined)('goes on when its server was restarted, and says each change once', async () => {
      const place = await one.place()
      const { world, data } = await start(place)
      await put(place, '1')
      await vi.waitFor(() => expect(data()).toEqual([1]), WAIT_MS)
      await restart!()
      await vi.waitFor(async () => {
        await put(place, '2')
        await vi.waitFor(() => expect(data()).toContain(2), 2000)
      }, WAIT_MS)
      expect(world.said.map((line) => line.split(' ')[0])).toEqual(['warn', 'info'])
    })
  })
}

const HANDLER = `
import { appendFileSync } from 'node:fs'
const intake = (event, { id }) => {
  appendFileSync(process.env.SEEN, id + ' ' + JSON.stringify(event) + '\\n')
  if (process.env.HANGS) return new Promise(() => {})
}
`

function run(folder: string, variables: Readonly<Record<string, string>>): ChildProcess {
  const bin = resolve(import.meta.dirname, '../../bin/attak.js')
  const env = { PATH: process.env.PATH, ...variables }
  return spawn(process.execPath, [bin, 'run', 'topology.mjs'], {
    cwd: folder,
    env,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await exit
}
