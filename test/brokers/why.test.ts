import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attak } from '../cli/fake-host.ts'
import { openStage, until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

type Emitting = { emit(topic: string, data?: unknown): Promise<void> }

test('why shows what error records know of the path to a message, and says what is not known', async () => {
  const stage = openStage(redis.url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-why-'))
  const code = `export default { name: '${stage.name}', processors: { split: () => {}, bill: () => {} }, streams: [['split', 'bill']] }`
  writeFileSync(join(folder, 'topology.mjs'), code)
  const why = (...words: readonly string[]) => attak(folder, ['why', ...words, '--broker', redis.url])
  try {
    const processors = {
      split: (text: string, { emit }: Emitting) => emit('word', { text }),
      bill() {
        throw new Error('no card')
      },
    }
    const worker = await stage.worker({ processors, streams: [['split', 'bill']] })
    await worker.take({ to: 'split', event: 'a' })
    const { broker } = await stage.broker()
    await until(async () => (await broker.errors.list()).records.length === 1)
    const [record] = (await broker.errors.list()).records
    const shown = await why()
    expect(shown.code).toBe(0)
    expect(shown.out).toContain('Error: no card')
    expect(shown.out).toContain('{"text":"a"}')
    expect(shown.out).toContain('no event: no log line and no record has it')
    expect(shown.err).toBe('Workers keep no common log: only what error records contain is known.\n')
    expect((await why(record!.id)).out).toBe(shown.out)
    expect((await why(record!.message!.attakroot)).out).toBe(shown.out)
    const unknown = await why('feed', '--json')
    expect(unknown.err).toContain('[MESSAGE_NOT_FOUND]')
    expect(unknown.err).toContain(
      'Workers keep no common log, so only messages that failed are found: see attak errors list',
    )
    for (const flags of [
      ['--since', '1h'],
      ['--trace', 'run.jsonl'],
    ]) {
      expect((await why(...flags)).err).toContain(`[USAGE] ${flags[0]} has no meaning with --broker.`)
    }
  } finally {
    await stage.close()
  }
})
