import { describe, expect, onTestFinished, test } from 'vitest'
import { folderOf } from '../cli/folder.ts'
import { attak, attakJson, type Fields } from './attak.ts'

/** Waits that are longer than a function goes on for nothing else. */
const BACKOFF = { firstMs: 3000, factor: 1, jitter: false }

const FILES = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `import { Retry } from 'attak'
const fail = (attempt) => { throw new Error('no ' + attempt) }
export default {
  name: 'again',
  backoff: ${JSON.stringify(BACKOFF)},
  processors: {
    spout: async (event, context) => {
      await context.emit('work', event)
      await context.emit('ordered', event, { key: 'k' })
    },
    flaky: (event, context) => context.attempt < 3 ? fail(context.attempt) : context.emit('flaky', context.attempt),
    queued: (event, context) => context.attempt < 2 ? fail(context.attempt) : context.emit('queued', context.attempt),
    patient: {
      retryQueue: true,
      handler(event, context) {
        if (context.attempt === 1) throw new Retry(4000)
        return context.emit('patient', context.attempt)
      },
    },
    ordered: (event, context) => context.attempt < 2 ? fail(context.attempt) : context.emit('ordered', context.attempt),
    hopeless: (event, context) => fail(context.attempt),
  },
  streams: [
    { from: 'spout', to: 'flaky', topic: 'work', retries: 2 },
    { from: 'spout', to: 'queued', topic: 'work', retries: 1, via: 'sqs' },
    { from: 'spout', to: 'patient', topic: 'work' },
    { from: 'spout', to: 'ordered', topic: 'ordered', retries: 1 },
    { from: 'spout', to: 'hopeless', topic: 'work', retries: 1 },
  ],
}
`,
  'input.json': { spout: 'one' },
}

/** What became of attempts: `flaky 3 ok`. */
function attemptsIn(lines: readonly Fields[]) {
  const ends = lines.filter(({ kind, processor }) => kind === 'end' && processor !== 'spout')
  return ends.map(({ processor, attempt, outcome }) => `${processor} ${attempt} ${outcome}`).sort()
}

/** How long it was from one attempt of a processor to the next, in milliseconds. */
function waitsOf(ends: readonly Fields[], name: string): readonly number[] {
  const times = ends.flatMap(({ processor, time }) => (processor === name ? [Date.parse(time)] : []))
  return times.slice(1).map((time, index) => time - times[index]!)
}

describe('deployed failures are retried', () => {
  test('after their waits, without delaying others, until they succeed or are errors', async () => {
    const folder = folderOf(FILES)
    const stage = ['--stage', 'retried'] as const
    onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
    await attakJson(folder, ['deploy', '--yes', ...stage])
    const followed = await attak(folder, ['trigger', '--follow', '--quiet-after', '12', '--json', ...stage])
    expect(followed.code).toBe(1)
    const lines = followed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Fields)
    expect(attemptsIn(lines)).toEqual([
      'flaky 1 retry',
      'flaky 2 retry',
      'flaky 3 ok',
      'hopeless 1 retry',
      'hopeless 2 failed',
      'ordered 1 retry',
      'ordered 2 ok',
      'patient 1 retry',
      'patient 2 ok',
      'queued 1 retry',
      'queued 2 ok',
    ])
    const ends = lines.filter(({ kind }) => kind === 'end')
    const queuesOf = (name: string) =>
      ends.flatMap(({ processor, position }) => (processor === name ? [position.split('/')[0]] : []))
    expect(queuesOf('flaky')).toEqual(['again--retried--flaky', ...Array(2).fill('again--retried--_retry-flaky')])
    expect(queuesOf('ordered')).toEqual(Array(2).fill('again--retried--ordered'))
    const waits = Object.fromEntries(
      ['flaky', 'queued', 'patient', 'ordered'].map((name) => [name, waitsOf(ends, name)]),
    )
    for (const waitMs of [waits.flaky, waits.queued, waits.ordered].flat()) expect(waitMs).toBeGreaterThanOrEqual(3000)
    expect(waits.patient![0]).toBeGreaterThanOrEqual(4000)

    const records = await attak(folder, ['errors', 'list', '--json', ...stage])
    expect(JSON.parse(records.out)).toMatchObject([
      { kind: 'failed', processor: 'hopeless', attempt: 2, error: { message: 'no 2' }, message: { data: 'one' } },
    ])
  })
})
