import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type ChosenBroker, openBroker } from '../../src/cli/broker.ts'
import { after } from '../../src/hosts/after.ts'
import { type Brokered, openBrokered } from '../../src/hosts/worker/brokered.ts'
import { buildGraph } from '../../src/project/parse.ts'
import { describeThrown } from '../../src/runtime/thrown.ts'
import type { WorkerHost } from '../../src/runtime/worker-host.ts'
import { createLog } from '../../src/runtime/worker-log.ts'
import { inlineProcessors, parsedOf } from './graph.ts'

/** A topology on a broker, for one test: no other has its name. */
export interface BrokerStage {
  readonly name: string
  /** Opens a further worker. */
  worker(definition: Definition, options?: WorkerOptions): Promise<TestWorker>
  /** Opens the broker alone, as commands do. */
  broker(): Promise<ChosenBroker>
  close(): Promise<void>
}

type Definition = Readonly<Record<string, unknown>>

/** How a worker differs. */
export interface WorkerOptions {
  /** Default: all processors. */
  readonly runs?: readonly string[]
  readonly concurrency?: number
  readonly url?: string
  /** How far its clock is ahead. */
  readonly aheadMs?: number
}

/** A worker in this process. */
export interface TestWorker extends Brokered {
  /** Ends it as if its process had been killed: it gives nothing back. */
  kill(): Promise<void>
  /** Ends it well. */
  stop(): Promise<void>
  lines(): readonly Record<string, unknown>[]
}

/** The lease of tests, in seconds. */
const LEASE_SECONDS = 2

/** Opens a stage of its own on a broker. */
export function openStage(url: string, stateUrl?: string): BrokerStage {
  const name = `t${randomUUID().slice(0, 8)}`
  const closing: (() => Promise<unknown>)[] = []
  const open = async (address = url) => {
    const told: string[] = []
    const chosen = await openBroker({
      ...{ url: address, topology: name, stage: 'dev', dir: process.cwd(), leaseSeconds: LEASE_SECONDS, stateUrl },
      now: Date.now,
      tell: (text) => told.push(text),
    })
    closing.push(() => chosen.broker.close())
    return chosen
  }
  return {
    name,
    broker: open,
    async worker(definition, { runs, concurrency = 256, url: own, aheadMs = 0 } = {}) {
      const topology = parsedOf({ name, ...definition })
      const graph = buildGraph(topology, { stage: 'dev' })
      const { name: carrier, broker } = await open(own)
      await broker.ensure(graph.processors.map((processor) => processor.name))
      let text = ''
      const host: WorkerHost = {
        ...{
          console,
          now: () => Date.now() + aheadMs,
          random: Math.random,
          describe: describeThrown,
          onUncaught: () => {},
          after,
        },
        write: (more) => {
          text += more
        },
      }
      const log = createLog(host, 'debug')
      const brokered = openBrokered({
        ...{ graph, processors: inlineProcessors(topology), host, log, store: broker.errors, concurrency },
        ...{ seed: randomUUID(), broker, carrier, runs: runs ?? graph.processors.map((processor) => processor.name) },
        worker: { id: randomUUID(), about: { version: '1', host: 'test', pid: process.pid } },
      })
      await brokered.start()
      let isOver = false
      const end = async (how: () => Promise<unknown>) => {
        if (isOver) return
        isOver = true
        await how()
        brokered.close()
      }
      const stop = () => end(brokered.quiet)
      closing.unshift(stop)
      return Object.defineProperties(
        {
          stop,
          kill: () => end(broker.close),
          lines() {
            log.flush()
            return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
          },
        },
        Object.getOwnPropertyDescriptors(brokered),
      ) as unknown as TestWorker
    },
    async close() {
      for (const close of closing.splice(0)) await close()
    },
  }
}

/** Waits until something holds; fails if it does not in so many looks of 20 ms. */
export async function until(holds: () => boolean | Promise<boolean>, looks = 3000): Promise<void> {
  for (let tries = 0; tries < looks; tries++) {
    if (await holds()) return
    await wait(20)
  }
  expect.fail(`it did not come true in time: ${holds}`)
}

type Emitting = { emit(topic: string, data?: unknown, options?: { key?: string }): Promise<void> }

/** What a topology on any broker does. */
export function brokerContract(
  name: string,
  urlOf: () => string,
  stateOf: () => string | undefined = () => undefined,
): void {
  const law = (what: string, run: (stage: BrokerStage) => Promise<void>) =>
    test(what, async () => {
      const stage = openStage(urlOf(), stateOf())
      try {
        await run(stage)
      } finally {
        await stage.close()
      }
    })

  describe(`a topology on ${name}`, () => {
    law('moves events through its streams, and keeps nothing of what is done', async (stage) => {
      const seen: unknown[] = []
      const worker = await stage.worker({
        processors: {
          split: (words: string, { emit }: Emitting) => void words.split(' ').map((word) => emit('word', word)),
          show: (word: string) => void seen.push(word),
        },
        streams: [['split', 'show', 'word']],
      })
      for (let n = 0; n < 50; n++) await worker.take({ to: 'split', event: `a${n} b${n} c${n}` })
      await until(() => seen.length >= 150)
      await worker.stop()
      expect(seen.toSorted()).toEqual(
        Array.from({ length: 50 }, (_, n) => [`a${n}`, `b${n}`, `c${n}`])
          .flat()
          .toSorted(),
      )
      const { broker } = await stage.broker()
      const { channels } = await broker.status()
      expect(channels.flatMap(({ lanes }) => lanes.map(({ records }) => records)).every((count) => count === 0)).toBe(
        true,
      )
    })

    law('messages of one key are handled in order, also while one is retried', async (stage) => {
      const seen: string[] = []
      const worker = await stage.worker({
        processors: {
          start(n: number, { emit }: Emitting) {
            for (const key of ['a', 'b', 'c']) void emit('x', { key, n }, { key })
          },
          take({ key, n }: { key: string; n: number }, { attempt }: { attempt: number }) {
            if (n % 3 === 0 && attempt < 3) throw new Error('not yet')
            seen.push(`${key}${n}`)
          },
        },
        streams: [{ from: 'start', to: 'take', retries: 3, backoff: { firstMs: 30, factor: 1, jitter: false } }],
      })
      for (let n = 0; n < 20; n++) await worker.take({ to: 'start', event: n, key: 'one' })
      await until(() => worker.counts.roots > 0)
      await until(() => seen.length >= 60)
      await until(() => worker.counts.roots === 0)
      for (const key of ['a', 'b', 'c']) {
        expect(seen.filter((each) => each.startsWith(key))).toEqual(Array.from({ length: 20 }, (_, n) => `${key}${n}`))
      }
    })

    law('what is emitted with a key arrives in order, also from attempts that are made again', async (stage) => {
      const seen: number[] = []
      const worker = await stage.worker({
        processors: {
          start: (n: number, { emit }: Emitting) =>
            [2 * n, 2 * n + 1].forEach((each) => void emit('x', each, { key: 'k' })),
          take(n: number, { emit, attempt }: Emitting & { attempt: number }) {
            void emit('y', n, { key: 'k' })
            if (n % 5 === 3 && attempt === 1) throw new Error('not yet')
          },
          end: (n: number) => void seen.push(n),
        },
        streams: [{ from: 'start', to: 'take', retries: 1, backoff: { firstMs: 1 } }, ['take', 'end']],
      })
      await Promise.all(Array.from({ length: 150 }, (_, n) => worker.take({ to: 'start', event: n, key: 'k' })))
      await until(() => new Set(seen).size === 300)
      const first = [...new Set(seen)]
      expect(first).toEqual(first.toSorted((a, b) => a - b))
    })

    law('a message that fails for good is recorded, and is done', async (stage) => {
      const worker = await stage.worker({
        processors: {
          fail() {
            throw new Error('no')
          },
        },
        streams: [],
      })
      await worker.take({ to: 'fail', event: { n: 1 } })
      const { broker } = await stage.broker()
      await until(async () => (await broker.errors.list()).records.length === 1)
      const { records } = await broker.errors.list()
      expect(records[0]).toMatchObject({ processor: 'fail', error: { message: 'no' }, message: { data: { n: 1 } } })
      expect([...(await broker.errors.remove(records))]).toEqual([records[0]!.id])
      await until(async () =>
        (await broker.status()).channels.every(({ lanes }) => lanes.every((lane) => lane.records === 0)),
      )
    })

    law('what a killed worker had not done is done by another', async (stage) => {
      const done = new Set<number>()
      let isStuck = true
      const definition = {
        processors: {
          work: async (n: number) => {
            if (isStuck && n % 2 === 0) await new Promise(() => {})
            done.add(n)
          },
        },
        streams: [],
      }
      const first = await stage.worker(definition)
      for (let n = 0; n < 20; n++) await first.take({ to: 'work', event: n })
      await until(() => done.size === 10)
      await first.kill()
      isStuck = false
      await stage.worker(definition)
      await until(() => done.size === 20)
    })

    law('two workers share the lanes, and a third that comes gets some', async (stage) => {
      const definition = { processors: { work: () => {} }, streams: [] }
      const workers = [await stage.worker(definition), await stage.worker(definition)]
      const { broker } = await stage.broker()
      const shares = async () => {
        const { channels } = await broker.status()
        const owners = channels[0]!.lanes.map(({ owner }) => owner)
        if (owners.includes(undefined)) return []
        return [...new Set(owners)].map((owner) => owners.filter((other) => other === owner).length).toSorted()
      }
      await until(async () => `${await shares()}` === '4,4')
      workers.push(await stage.worker(definition))
      await until(async () => `${await shares()}` === '2,3,3')
      await workers[0]!.stop()
      await until(async () => `${await shares()}` === '4,4')
    })

    law('one worker at a time leads a processor, and another one when it stops or is killed', async (stage) => {
      const definition = { processors: { work: () => {} }, streams: [] }
      const leading: string[] = []
      const join = async (name: string) => {
        const worker = await stage.worker(definition)
        worker.lead('work', {
          begin: () => void leading.push(`${name} begins`),
          end: async () => void leading.push(`${name} ends`),
        })
        return worker
      }
      const first = await join('first')
      await until(() => leading.length > 0)
      const second = await join('second')
      await first.stop()
      await until(() => leading.at(-1) === 'second begins')
      expect(leading).toEqual(['first begins', 'first ends', 'second begins'])
      await second.kill()
      await join('third')
      await until(() => leading.at(-1) === 'third begins')
    })

    law('a processor runs where a worker has it', async (stage) => {
      const seen: string[] = []
      const definition = (who: string) => ({
        processors: {
          a: (_: unknown, { emit }: Emitting) => void emit('x', seen.push(`a by ${who}`)),
          b: () => void seen.push(`b by ${who}`),
        },
        streams: [['a', 'b']],
      })
      const first = await stage.worker(definition('first'), { runs: ['a'] })
      await stage.worker(definition('second'), { runs: ['b'] })
      await first.take({ to: 'a', event: 1 })
      await until(() => seen.length === 2)
      expect(seen).toEqual(['a by first', 'b by second'])
    })

    law('attempts are counted on by the next owner', async (stage) => {
      const attempts: number[] = []
      const definition = {
        processors: {
          work(_: unknown, { attempt }: { attempt: number }) {
            attempts.push(attempt)
            throw new Error('no')
          },
        },
        streams: [],
        retries: 2,
        backoff: { firstMs: 700, factor: 1, jitter: false },
      }
      const first = await stage.worker(definition)
      await first.take({ to: 'work', event: 1, key: 'k' })
      await until(() => attempts.length === 1)
      await first.stop()
      await stage.worker(definition)
      await until(() => attempts.length === 3)
      expect(attempts).toEqual([1, 2, 3])
      const { broker } = await stage.broker()
      await until(async () => (await broker.errors.list()).records.length === 1)
    })

    law('a message without a key that waits for long is held by the broker, by its clock', async (stage) => {
      const attempts: number[] = []
      const definition = {
        processors: {
          work(_: unknown, { attempt }: { attempt: number }) {
            attempts.push(attempt)
            if (attempt === 1) throw new Error('no')
          },
        },
        streams: [],
        retries: 1,
        backoff: { firstMs: 10_500, factor: 1, jitter: false },
      }
      const { broker } = await stage.broker()
      // What waits in its lane is due by the clocks of workers.
      const isHeld = broker.rules.mostDelayMs > 10_500
      const first = await stage.worker(definition, { aheadMs: isHeld ? 3_600_000 : 0 })
      await first.take({ to: 'work', event: 1 })
      await until(() => attempts.length === 1)
      if (isHeld) {
        await until(async () => (await broker.status()).channels[0]!.delayed === 1)
        expect(first.counts.roots).toBe(0)
      }
      await first.stop()
      await stage.worker(definition)
      await until(() => attempts.length === 2)
      expect(attempts).toEqual([1, 2])
    })

    law('what comes again to an idempotent processor is handled once, by all workers together', async (stage) => {
      const seen: number[] = []
      const definition = {
        processors: { work: { handler: (n: number) => void seen.push(n), idempotent: true } },
        streams: [],
      }
      const [first, second] = [await stage.worker(definition), await stage.worker(definition)]
      const ids = Array.from({ length: 20 }, () => randomUUID().replaceAll('-', ''))
      for (const worker of [first, second]) {
        await Promise.all(ids.map((id, event) => worker.take({ to: 'work', event, id })))
      }
      await until(() => new Set(seen).size === 20)
      const { broker } = await stage.broker()
      const waiting = async () =>
        (await broker.status()).channels.flatMap(({ lanes }) => lanes.map((lane) => lane.records))
      await until(async () => (await waiting()).every((count) => count === 0))
      expect(seen).toHaveLength(20)
    })

    law('a source that waits for the result gets it, once what was emitted is accepted', async (stage) => {
      const seen: unknown[] = []
      const worker = await stage.worker({
        processors: {
          twice: (n: number, { emit }: Emitting) => {
            if (n < 0) throw new Error('negative')
            void emit('x', n)
            return 2 * n
          },
          show: (n: number) => void seen.push(n),
        },
        streams: [['twice', 'show']],
      })
      expect(await worker.call({ to: 'twice', event: 21 })).toBe(42)
      await expect(worker.call({ to: 'twice', event: -1 })).rejects.toThrow('negative')
      await until(() => seen.length === 1)
    })
  })
}

/** What a broker does whose workers give their sign of life from a second thread. */
export function secondThreadContract(name: string, urlOf: () => string): void {
  test(`on ${name}, a handler that blocks its thread for longer than the lease keeps its lane`, async () => {
    const stage = openStage(urlOf())
    let calls = 0
    const worker = await stage.worker({
      processors: {
        block() {
          calls++
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500 * LEASE_SECONDS)
        },
      },
      streams: [],
    })
    try {
      // A connection that is made while the thread is blocked would be given up.
      const { broker } = await stage.broker()
      await worker.take({ to: 'block', event: 1 })
      await until(() => calls > 0)
      await until(async () => (await broker.status()).channels[0]!.lanes.every(({ records }) => records === 0))
      expect(calls).toBe(1)
    } finally {
      await stage.close()
    }
  })
}
