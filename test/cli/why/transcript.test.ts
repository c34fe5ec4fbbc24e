import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { TranscriptEntry } from '../../../src/simulator/transcript.ts'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

// Some of these read hundreds of megabytes.
vi.setConfig({ testTimeout: 120_000 })

const SHOP = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: 'shop',
  processors: {
    intake: (event, { emit }) => void emit('order', event, { key: 'k' }),
    bill: { retries: 1, handler: (event, { emit }) => { if (event.id > 1) throw new Error('too dear'); emit('paid', event.id) } },
  },
  streams: [['intake', 'bill', 'order']],
}
`,
  'input.json': [
    { to: 'intake', event: { id: 1 } },
    { to: 'intake', event: { id: 2 } },
  ],
}

interface Traced {
  readonly folder: string
  readonly file: string
  readonly lines: readonly string[]
  readonly entries: readonly TranscriptEntry[]
}

async function traced(): Promise<Traced> {
  const folder = folderOf(SHOP)
  await attak(folder, ['simulate', '--trace', 'run.jsonl'])
  const file = join(folder, 'run.jsonl')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return { folder, file, lines, entries: lines.map((line) => JSON.parse(line)) }
}

function messageOf({ entries }: Traced, processor: string): string {
  const [start] = entries.filter((entry) => entry.kind === 'start' && entry.processor === processor)
  return start?.kind === 'start' ? start.message : ''
}

test('a line that is longer than an input line can be is read', async () => {
  const run = await traced()
  const at = run.lines.findIndex((line) => line.includes('"event":{"id":1}'))
  const long = run.lines[at]!.replace('{"id":1}', `"${'\\u0001'.repeat(11 * 2 ** 20)}"`)
  writeFileSync(run.file, `${run.lines.with(at, long).join('\n')}\n`)
  const { code, out, err } = await attak(run.folder, ['why', messageOf(run, 'intake'), '--trace', 'run.jsonl'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('intake ← input\n  "\\u0001')
})

test('a line that is too long is skipped with a warning, and the others are read', async () => {
  const run = await traced()
  const [first, ...rest] = run.lines
  writeFileSync(run.file, `${first}\n{"kind":"start"`)
  truncateSync(run.file, 257 * 2 ** 20)
  appendFileSync(run.file, `\n${rest.join('\n')}\n`)
  const { code, out, err } = await attak(run.folder, ['why', '--trace', 'run.jsonl'])
  expect(code).toBe(0)
  expect(out).toContain('✗ Error: too dear')
  expect(err).toMatch(
    /^warning \[RECORD_UNREADABLE\] --trace run\.jsonl: 1 line skipped, line 2: longer than 256 MiB, [^\n]*\n$/,
  )
})

test('lines that are not entries are skipped with one warning that counts them', async () => {
  const run = await traced()
  const noRoot = { kind: 'start', at: 0, processor: 'intake', message: 'm1', hop: 1, attempt: 1 }
  const odd = [
    'no JSON',
    ...[
      noRoot,
      { ...noRoot, root: 'm1', processor: [[]] },
      { ...noRoot, root: 'm1', processor: 5 },
      { ...noRoot, root: 'm1', processor: undefined },
    ].flatMap((start) => [
      JSON.stringify(start),
      JSON.stringify({ kind: 'end', at: 0, processor: 'intake', message: 'm1', outcome: 'failed' }),
    ]),
  ]
  writeFileSync(run.file, `${[run.lines[0], ...odd, ...run.lines.slice(1)].join('\n')}\n`)
  const { code, out, err } = await attak(run.folder, ['why', '--trace', 'run.jsonl'])
  expect(code).toBe(0)
  expect(out).toContain('✗ Error: too dear')
  expect(err).toContain('--trace run.jsonl: 5 lines skipped, the first is line 2: it is not an entry of a transcript. ')
  expect((await attak(run.folder, ['why', 'm1', '--trace', 'run.jsonl'])).code).toBe(1)
})

test('no change of a trace ends attak why as a bug', async () => {
  const run = await traced()
  const ids = [messageOf(run, 'intake'), messageOf(run, 'bill')]
  const fields = ['kind', 'at', 'processor', 'message', 'root', 'parent', 'from', 'topic', 'key', 'hop', 'attempt']
  const more = ['invoked', 'event', 'id', 'data', 'to', 'outcome', 'error', 'retryAt', 'time', 'missing', 'position']
  const mutation = fc.record({
    at: fc.nat(run.lines.length - 1),
    field: fc.constantFrom(...fields, ...more, '__proto__'),
    value: fc.oneof(fc.constant(undefined), fc.jsonValue(), fc.constantFrom(...ids, [[]], 1e308, { name: [[]] })),
    cut: fc.option(fc.nat(200), { freq: 10 }),
  })
  const mutated = (mutations: readonly (typeof mutation extends fc.Arbitrary<infer Value> ? Value : never)[]) => {
    const lines = [...run.lines]
    for (const { at, field, value, cut } of mutations) {
      const entry = { ...run.entries[at], [field]: value }
      lines[at] = cut === null ? JSON.stringify(entry) : lines[at]!.slice(0, cut)
    }
    return lines.join('\n')
  }
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      writeFileSync(run.file, mutated(mutations))
      for (const id of [[], ...ids.map((id) => [id])]) {
        for (const how of [[], ['--full'], ['--json']]) {
          const { code, err } = await attak(run.folder, ['why', ...id, '--trace', 'run.jsonl', ...how])
          expect(err).not.toContain('This is a bug of attak')
          expect([0, 1, 2]).toContain(code)
        }
      }
    }),
    { numRuns: 100 },
  )
})
