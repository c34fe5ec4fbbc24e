import { expect, test } from 'vitest'
import type { TranscriptEntry } from '../../src/simulator/transcript.ts'
import { colorsOf } from '../../src/view/print.ts'
import { type StoryOptions, storyOf } from '../../src/view/story.ts'

function told(entries: readonly TranscriptEntry[], options: Partial<StoryOptions> = {}): string {
  const colors = colorsOf({ color: false })
  const story = storyOf({ colors, width: 80, quiet: false, folder: 'app/', sourceOf: () => undefined, ...options })
  return `\n${entries.map((entry) => story.tell(entry)).join('')}`
}

const SPOUT = { at: 0, processor: 'spout', message: 'm0' } as const
const REVERSE = { at: 0, processor: 'reverse', message: 'm1' } as const
const START: TranscriptEntry = { kind: 'start', ...SPOUT, root: 'r', hop: 1, attempt: 1, event: 'hello' }
const REVERSED: TranscriptEntry = {
  ...{ kind: 'start', ...REVERSE, root: 'r', from: 'spout', topic: 'text', hop: 2, attempt: 1, event: 'hello' },
}
const OK = { kind: 'end', outcome: 'ok' } as const
const STACK = 'TypeError: boom\n    at handler (processors/reverse.ts:2:9)\n    at async start.ts:1:1'

test('a topic or a key with special characters is drawn as JSON', () => {
  const emit = { kind: 'emit', ...SPOUT, id: 'm1', topic: 'a\nb', key: '\u001b[2J', data: 1 } as const
  expect(
    told([
      { ...START, topic: 'a\nb', key: '\t' },
      { ...emit, to: ['reverse'] },
      { ...emit, to: [] },
    ]),
  ).toBe(`
spout ← input · "a\\nb" · key "\\t"  "hello"
  → "a\\nb" to reverse · key "\\u001b[2J"  1
  ⇒ "a\\nb" · key "\\u001b[2J"  1
`)
})

test('processors, their emits with receivers, and outputs are drawn', () => {
  const entries: TranscriptEntry[] = [
    START,
    { kind: 'log', ...SPOUT, level: 'info', text: 'one\ntwo' },
    { kind: 'log', ...SPOUT, level: 'warn', text: 'careful' },
    { kind: 'emit', ...SPOUT, id: 'm1', topic: 'text', data: 'hello', to: ['reverse', 'count'] },
    { ...OK, ...SPOUT },
    REVERSED,
    { kind: 'emit', ...REVERSE, id: 'm2', topic: 'reversed strings', key: 'k', data: 'olleh', to: [] },
    { kind: 'emit', ...REVERSE, id: 'm3', topic: 'done', to: [] },
    { ...OK, ...REVERSE },
  ]
  expect(told(entries)).toMatchInlineSnapshot(`
    "
    spout ← input  "hello"
      │ one
      │ two
      │ warn careful
      → text to reverse, count  "hello"
    reverse ← spout · text  "hello"
      ⇒ reversed strings · key k  "olleh"
      ⇒ done
    "
  `)
})

test('a failure shows its line once, and each retry shows its wait', () => {
  const error = { name: 'TypeError', message: 'boom', stack: STACK }
  const entries: TranscriptEntry[] = [
    REVERSED,
    { kind: 'end', ...REVERSE, outcome: 'retry', retryAt: 1500, error },
    { ...REVERSED, at: 1500, attempt: 2 },
    { kind: 'end', ...REVERSE, at: 1500, outcome: 'failed', error },
    {
      kind: 'end',
      ...REVERSE,
      message: 'm9',
      outcome: 'failed',
      error: { ...error, code: 'TIMEOUT', name: 'AttakError' },
    },
  ]
  const sourceOf = () => 'export function handler() {\n  throw new TypeError("boom")\n}\n'
  expect(told(entries, { sourceOf })).toMatchInlineSnapshot(`
    "
    reverse ← spout · text  "hello"
      ↻ TypeError: boom · tried again after 1.5 s
    reverse ← spout · text · attempt 2 · at 1.5 s  "hello"
      ✗ TypeError: boom
          1 | export function handler() {
        > 2 |   throw new TypeError("boom")
            |         ^
          3 | }
        at handler (app/processors/reverse.ts:2:9)
        at async app/start.ts:1:1
    reverse · continued
      ✗ [TIMEOUT] boom
        at handler (app/processors/reverse.ts:2:9)
        at async app/start.ts:1:1
    "
  `)
})

test('quiet shows only failures, with their processors', () => {
  const entries: TranscriptEntry[] = [
    START,
    { kind: 'emit', ...SPOUT, id: 'm1', topic: 'text', data: 'hello', to: [] },
    { kind: 'end', ...SPOUT, outcome: 'failed', error: { name: 'Error', message: 'boom' } },
  ]
  expect(told(entries, { quiet: true })).toMatchInlineSnapshot(`
    "
    spout · message m0
      ✗ Error: boom
    "
  `)
})

test('lines of interleaved messages name their processor', () => {
  const entries: TranscriptEntry[] = [START, REVERSED, { kind: 'log', ...SPOUT, level: 'info', text: 'late' }]
  expect(told(entries)).toMatchInlineSnapshot(`
    "
    spout ← input  "hello"
    reverse ← spout · text  "hello"
    spout · continued
      │ late
    "
  `)
})

test('a long value is cut to the width, and the story marks it', () => {
  const colors = colorsOf({ color: false })
  const story = storyOf({ colors, width: 40, quiet: false, folder: 'app/', sourceOf: () => undefined })
  expect(story.cut).toBe(false)
  expect(story.tell({ ...START, event: 'x'.repeat(100) })).toBe('spout ← input  "xxxxxxxxxxxxxxxxxxxxxxx…\n')
  expect(story.cut).toBe(true)
})
