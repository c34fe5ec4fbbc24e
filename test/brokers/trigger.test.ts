import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attak, type HostOptions } from '../cli/fake-host.ts'
import { type BrokerStage, openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** Runs `use` with a stage of its own, and what runs `attak trigger` for it. */
async function withStage(
  use: (
    stage: BrokerStage,
    trigger: (words: readonly string[], options?: HostOptions) => ReturnType<typeof attak>,
  ) => Promise<void>,
): Promise<void> {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-trigger-'))
  const code = `export default { name: '${stage.name}', processors: { split: () => {}, show: () => {} },
    streams: [['split', 'show', 'word']], input: { split: 'a b c' } }`
  writeFileSync(join(folder, 'topology.mjs'), code)
  writeFileSync(join(folder, 'events.jsonl'), '{"to":"split","event":"d e","key":"k"}\n{"to":"show","event":"f"}\n')
  try {
    await use(stage, (words, options) => attak(folder, ['trigger', ...words, '--broker', redis.url], options))
  } finally {
    await stage.close()
  }
}

type Emitting = { emit(topic: string, data?: unknown): Promise<void>; key?: string }

const STREAMS = [['split', 'show', 'word']]

test('all forms of input are put into the channels, and workers handle each event once', () =>
  withStage(async (stage, trigger) => {
    const seen: unknown[] = []
    const processors = {
      split: (text: string, { emit, key }: Emitting) => {
        seen.push([text, key])
        for (const word of text.split(' ')) void emit('word', word)
      },
      show: (word: string) => void seen.push(word),
    }
    await stage.worker({ processors, streams: STREAMS })
    const plain = await trigger([])
    expect(plain).toMatchObject({ code: 0, err: '' })
    expect(plain.out).toMatch(`✓ 1 event accepted by ${stage.name} (dev) on ${redis.url} (trace `)
    expect(await trigger(['--input', 'events.jsonl'])).toMatchObject({ code: 0, err: '' })
    const lines = await trigger(['--input', '-', '--to', 'show', '--lines', '--json'], { stdin: ['g\nh\n'] })
    const accepted = lines.out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    expect(accepted).toEqual([
      { kind: 'accepted', to: 'show', id: expect.any(String), root: expect.any(String) },
      { kind: 'accepted', to: 'show', id: expect.any(String), root: expect.any(String) },
    ])
    await until(() => seen.length >= 10)
    expect(seen.map(String).toSorted()).toEqual(['a', 'a b c,', 'b', 'c', 'd', 'd e,k', 'e', 'f', 'g', 'h'])
  }))

test('--follow shows what waits and which of its own events fail, and ends when nothing waits', () =>
  withStage(async (stage, trigger) => {
    let isOpen = false
    const processors = {
      split(text: string, { emit }: Emitting) {
        for (const word of text.split(' ')) void emit('word', word)
      },
      async show(word: string) {
        await until(() => isOpen)
        if (word === 'b') throw new Error('no b')
      },
    }
    const worker = await stage.worker({ processors, streams: STREAMS })
    await worker.take({ to: 'show', event: 'b' })
    const { broker } = await stage.broker()
    let out = ''
    const onOut = (text: string) => {
      out += text
      if (/waiting: show [1-4]/.test(out)) isOpen = true
    }
    const followed = await trigger(['--follow'], { onOut })
    expect(followed.code).toBe(1)
    expect(followed.out).toMatch(/waiting: show \d[\s\S]*✗ show Error: no b \(attak errors show \w{12} --broker/)
    expect(followed.out.match(/✗/g)).toHaveLength(1)
    expect(followed.out).toContain('waiting: nothing')
    expect(followed.err).toContain(`attak errors list --broker ${redis.url} shows what failed`)
    await until(async () => (await broker.errors.list()).records.length === 2)
    const fine = await trigger(['--follow', '--input', 'events.jsonl'])
    expect(fine.code).toBe(0)
    expect(fine.out).toContain('✓ Nothing waits any more, and none of the events has an error record.')
    const json = await trigger(['--follow', '--json'])
    const last = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(last.find(({ kind }) => kind === 'error')).toMatchObject({ processor: 'show', recorded: 'failed' })
    expect(last.at(-1)).toEqual({ kind: 'followed', failed: 1, waiting: {} })
  }))

test('events wait for a worker, which is said, and --follow does not wait for one that is not there', () =>
  withStage(async (stage, trigger) => {
    const never = await trigger([])
    expect(never.code).toBe(1)
    expect(never.err).toContain(`[NOT_DEPLOYED] there is no ${stage.name} (dev) on ${redis.url}`)
    const seen: string[] = []
    const processors = { split: (text: string) => void seen.push(text), show: () => {} }
    await (await stage.worker({ processors, streams: [] })).stop()
    const alone = await trigger(['--follow'])
    expect(alone.code).toBe(1)
    expect(alone.err).toContain(`No worker runs split. The events wait on the broker: attak run --broker ${redis.url}`)
    expect(alone.out).toContain('waiting: split 1\n')
    expect(alone.err).toContain('Messages wait for split, and no worker runs that.')
    await stage.worker({ processors, streams: [] })
    await until(() => seen.length === 1)
  }))

test('an event for a processor without a channel is refused, and no channel is made', () =>
  withStage(async (stage, trigger) => {
    await stage.worker({ processors: { split: () => {} }, streams: [] })
    const refused = await trigger(['--input', 'events.jsonl'])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`event 2: "show" has no channel in ${stage.name} (dev) on ${redis.url}.`)
    const { broker } = await stage.broker()
    expect((await broker.status()).channels.map(({ name }) => name)).toEqual(['split'])
  }))

test('a signal ends --follow', () =>
  withStage(async (stage, trigger) => {
    const stop = new AbortController()
    const processors = { split: () => until(() => stop.signal.aborted), show: () => {} }
    await stage.worker({ processors, streams: [] })
    const onOut = (text: string) => {
      if (text.includes('waiting: split 1')) stop.abort('SIGINT')
    }
    expect(await trigger(['--follow'], { signal: stop.signal, onOut })).toMatchObject({ code: 130 })
  }))
