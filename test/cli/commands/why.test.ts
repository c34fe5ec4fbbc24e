import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { meantBy } from '../../../src/cli/commands/why.ts'
import type { Found } from '../../../src/cli/why/fact.ts'
import { idOf } from '../../../src/runtime/message.ts'
import type { EmitEntry, EndEntry, TranscriptEntry } from '../../../src/simulator/transcript.ts'
import { errorsFile, openFileStore, SIMULATED_PART } from '../../../src/stores/file/store.ts'
import { recordOf } from '../../contract/error-record.ts'
import { messageOf } from '../../contract/message.ts'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

const TOPOLOGY = `export default {
  name: 'shop',
  processors: {
    intake: ({ lines }, { emit }) => void lines.forEach((line) => emit('line', line)),
    price: {
      handler: ({ article, price }, { emit }) => {
        if (price === undefined) throw new TypeError('no price of ' + article)
        emit('priced', price)
      },
      retries: 1,
    },
    sum: (price, { emit }) => void emit('out', price),
  },
  streams: [{ from: 'intake', to: 'price' }, { from: 'price', to: 'sum' }],
}
`

interface Simulated {
  readonly folder: string
  /** The message that failed, the output, and the input. */
  readonly failed: string
  readonly output: string
  readonly root: string
}

async function simulated(): Promise<Simulated> {
  const lines = [{ article: 'pen', price: 2 }, { article: 'ink'.repeat(100) }]
  const folder = folderOf({
    'package.json': { type: 'module', main: 'topology.js' },
    'topology.js': TOPOLOGY,
    'input.json': { intake: { lines } },
  })
  await attak(folder, ['simulate', '--trace', 'run.jsonl'])
  const text = readFileSync(join(folder, 'run.jsonl'), 'utf8').trimEnd()
  const entries = text.split('\n').map((line): TranscriptEntry => JSON.parse(line))
  const root = entries.find((entry) => entry.kind === 'start')!.message
  const failed = entries.find((entry) => entry.kind === 'end' && entry.outcome === 'failed') as EndEntry
  const output = entries.find((entry) => entry.kind === 'emit' && entry.to.length === 0) as EmitEntry
  return { folder, failed: failed.message, output: output.id, root }
}

async function whyJson(folder: string, ...argv: readonly string[]) {
  const { code, out, err } = await attak(folder, ['why', ...argv, '--trace', 'run.jsonl', '--json'])
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out)
}

describe('attak why, in the trace of a simulation', () => {
  test('prints the path to a message by the beginning of its id, each step with its event', async () => {
    const { folder, failed } = await simulated()
    const { steps, record } = await whyJson(folder, failed.slice(0, 8))
    expect(steps).toMatchObject([
      { processor: 'intake', hop: 1, outcome: 'ok', branches: 1 },
      { processor: 'price', from: 'intake', topic: 'line', attempt: 2, outcome: 'failed' },
    ])
    expect(steps[1].event.article).toHaveLength(300)
    expect(steps[1].error.stack).toContain('topology.js:7')
    expect(record).toBeUndefined()
  })

  test('shows the last error without an id, and any error by the id of its record', async () => {
    const { folder, failed } = await simulated()
    const newest = await whyJson(folder)
    expect(newest).toMatchObject({ message: failed, processor: 'price' })
    expect(await whyJson(folder, newest.record)).toEqual(newest)
  })

  test('prints the path to an output', async () => {
    const { folder, output } = await simulated()
    const { steps } = await whyJson(folder, output)
    expect(steps.map(({ processor, event }: { processor?: string; event: unknown }) => [processor, event])).toEqual([
      ['intake', expect.anything()],
      ['price', { article: 'pen', price: 2 }],
      ['sum', 2],
      [undefined, 2],
    ])
  })

  test('draws the path with the line that failed', async () => {
    const { folder, failed, root } = await simulated()
    const { out } = await attak(folder, ['why', failed, '--trace', 'run.jsonl'])
    const [head, , ...lines] = out.split('\n')
    expect(head).toBe(`message ${failed} · trace ${root}`)
    expect(lines.join('\n')).toContain('intake ← input\n')
    expect(lines.join('\n')).toContain('  → and 1 other message\n')
    expect(lines.join('\n')).toMatch(/price ← intake · line · attempt 2 · at [\d.]+ m?s\n {2}\{"article":"ink.*…\n/)
    expect(lines.join('\n')).toContain('✗ TypeError: no price of ink')
    expect(lines.join('\n')).toContain(
      "> 7 |         if (price === undefined) throw new TypeError('no price of ' + article)",
    )
    expect(lines.join('\n')).toContain('see them whole with --full')
    const full = await attak(folder, ['why', failed, '--trace', 'run.jsonl', '--full'])
    expect(full.out).toContain(`    "article": "${'ink'.repeat(100)}"\n`)
  })

  test('has a remedy if the id is unknown, ambiguous or invalid', async () => {
    const { folder } = await simulated()
    const told = async (id: string, file = 'run.jsonl') => {
      const { code, err } = await attak(folder, ['why', id, '--trace', file])
      return [code, err]
    }
    expect(await told('fffffffffff')).toEqual([1, expect.stringContaining('[MESSAGE_NOT_FOUND] no message and no')])
    expect(await told('*')).toEqual([2, expect.stringContaining('"*" is not an id')])
    expect(await told('a', 'none.jsonl')).toEqual([2, expect.stringContaining('--trace none.jsonl: cannot be read')])
    expect(await told('a', 'input.json')).toEqual([
      2,
      expect.stringContaining('--trace input.json: is not a transcript'),
    ])
    expect(await told('a', 'topology.js')).toEqual([2, expect.stringContaining('is not a transcript')])
    const digits = [...'0123456789abcdef'].map((digit) => told(digit))
    const several = (await Promise.all(digits)).filter(([code]) => code === 2)
    for (const [, err] of several) expect(err).toContain('is the beginning of several ids')
  })
})

describe('attak why, in the errors of the last simulation', () => {
  test('shows the newest error, or one by its id, with every event on the path', async () => {
    const { folder } = await simulated()
    const input = messageOf({ data: { lines: 2 }, topic: undefined, parent: undefined, edge: INPUT, hop: 1 })
    const message = messageOf({ data: { article: 'ink' }, parent: input, edge: { from: 'intake', to: 'price' } })
    const record = recordOf({ message, topology: 'shop', processor: 'price' })
    openFileStore(errorsFile(folder, SIMULATED_PART, 'shop')).append([record])
    const why = async (...argv: readonly string[]) => {
      const { code, out, err } = await attak(folder, ['why', ...argv, '--simulated', '--json'])
      expect([code, err]).toEqual([0, ''])
      return JSON.parse(out)
    }
    const one = await why(record.id.slice(0, 12))
    expect(one.steps).toMatchObject([
      { processor: 'intake', event: { lines: 2 } },
      { processor: 'price', message: idOf(message), outcome: 'failed', error: { message: 'no stock' } },
    ])
    expect((await why()).record).toBeDefined()
    expect((await attak(folder, ['why', 'zzz', '--simulated'])).err).toContain('attak errors list --simulated')
  })
})

const INPUT = { from: undefined, to: 'intake' }

const at = (message: string, processor: string, more: Partial<Found> = {}): Found => ({
  ...{ message, processor, root: 'r' },
  ...more,
})

test('an id may be cut to its beginning', () => {
  expect(meantBy('ab', [at('abc', 'bill')], '')).toMatchObject({ message: 'abc' })
})

test('for a message that several processors handled, the failed one is shown', () => {
  const found = [at('abc', 'audit', { outcome: 'ok' }), at('abc', 'bill', { outcome: 'failed' })]
  expect(meantBy('ab', found, '')).toMatchObject({ processor: 'bill' })
})

test('an ambiguous beginning is reported with all its ids', () => {
  const found = [at('abc', 'bill', { topic: 'order' }), at('x', 'price', { record: 'abd' })]
  expect(() => meantBy('ab', found, '')).toThrow(
    '"ab" is the beginning of several ids: abc (order at bill), abd (error of price)',
  )
})

test('a whole id is found, even if another id begins with it', () => {
  expect(meantBy('ab', [at('abc', 'bill'), at('ab', 'price')], '')).toMatchObject({ message: 'ab' })
})

test('an unknown id is reported with a remedy', () => {
  const remedy = 'Look elsewhere.'
  expect(() => meantBy('ab', [], remedy)).toThrow(expect.objectContaining({ code: 'MESSAGE_NOT_FOUND', remedy }))
  expect(() => meantBy(undefined, [], remedy)).toThrow('no error was found')
})

test('a crash with several messages asks for one of them', () => {
  const found = [at('m1', 'bill', { record: 'abc' }), at('m2', 'bill', { record: 'abc' })]
  expect(() => meantBy('ab', found, '')).toThrow(
    expect.objectContaining({ remedy: 'Give the id of one of them: m1, m2.' }),
  )
})
