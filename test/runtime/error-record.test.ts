import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorRecord, encodeRecord, errorRecordOf } from '../../src/runtime/error-record.ts'
import { messageOfEvent } from '../../src/runtime/event.ts'
import { RECORD_KINDS, recordIdFor } from '../../src/runtime/id.ts'
import { idOf } from '../../src/runtime/message.ts'
import { parseRecord } from '../../src/runtime/parse-record.ts'
import { type Position, positionText } from '../../src/runtime/position.ts'
import { errorOfThrown } from '../../src/runtime/thrown.ts'
import { anyFailure, anyMessage, anyText, failureOf, recordOf } from '../contract/error-record.ts'
import { messageOf } from '../contract/message.ts'
import { at } from '../contract/position.ts'

const IN_STREAM = at('orders--dev--b/shardId-000000000000/495')
const IN_QUEUE = at('orders--dev--b/5d1e', 'sqs')
const isKept = ({ carrier }: Position) => carrier === 'kinesis'
const parsed = (text: string) => parseRecord(text, 'here')

describe('an error record', () => {
  test('is the same after it was written and read, for any failure', () => {
    fc.assert(
      fc.property(anyFailure, (failure) => {
        const record = errorRecordOf(failure)
        expect(parsed(encodeRecord(record, Number.POSITIVE_INFINITY, isKept))).toEqual({ kind: 'record', record })
      }),
      { numRuns: 500 },
    )
  })

  test('returns the failed message with its id and lineage', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const { message: event } = JSON.parse(encodeRecord(recordOf({ message }), Number.POSITIVE_INFINITY, isKept))
        const { data, key, hop, attempt, root } = message
        expect(messageOfEvent(event, 'b')).toMatchObject({ key, hop, attempt, id: idOf(message) })
        expect(messageOfEvent(event, 'b')!.root.id).toBe(root.id)
        expect(messageOfEvent(event, 'b')!.data).toEqual(
          data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
        )
      }),
    )
  })

  test('has one id for one message, its content, processor and kind, and another for any other', () => {
    const word = fc.oneof(anyText, fc.constantFrom('a', 'b', 'ed31ac57cb2a1da161a26bdb4626a299'))
    const name = fc.tuple(word, word, word, fc.constantFrom(...RECORD_KINDS))
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(recordIdFor(...one)).toMatch(/^[0-9a-f]{32}$/)
        expect(recordIdFor(...one) === recordIdFor(...other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
    )
  })

  test('has the same id in every release, for any error and attempt', () => {
    const message = messageOf({ id: 'ed31ac57cb2a1da161a26bdb4626a299' })
    const { id } = recordOf({ message })
    expect(recordOf({ message: { ...message, attempt: 2 }, error: 'else' }).id).toBe(id)
    expect(id).toMatchInlineSnapshot(`"5262c28ddd89feb2e82b2d3de4d03db7"`)
  })

  test('has the known ancestors, the root first', () => {
    const root = messageOf({ topic: undefined, parent: undefined, data: 1, hop: 1 })
    const middle = messageOf({ parent: root, data: 2 })
    const { ancestors, message } = recordOf({ message: messageOf({ parent: middle, data: 3 }) })
    expect(ancestors?.map(({ data }) => data)).toEqual([1, 2])
    expect(message?.attakparent).toBe(idOf(middle))
    expect(recordOf({ message: messageOf({ parent: 'an id' }) })).not.toHaveProperty('ancestors')
  })

  test('leaves out unknown fields', () => {
    expect(Object.keys(recordOf()).sort()).toEqual(
      ['attakerror', 'attempt', 'error', 'id', 'kind', 'message', 'processor', 'stage', 'time', 'topology'].sort(),
    )
  })
})

describe('a record that is too large', () => {
  const ancestor = messageOf({ parent: undefined, data: 'a'.repeat(5000) })
  const message = messageOf({ parent: ancestor, data: 'd'.repeat(5000) })
  const error = Object.assign(new Error('m'.repeat(14_993)), { stack: `Error: ${'m'.repeat(14_993)}` })
  const cut = (mostBytes: number, position: Position) =>
    JSON.parse(encodeRecord(errorRecordOf(failureOf({ message, error, position })), mostBytes, isKept))

  test('loses its ancestors first, then is stored with a cut error, then without its event, which its stream has', () => {
    expect(cut(50_000, IN_STREAM).ancestors).toHaveLength(1)
    expect(cut(40_000, IN_STREAM)).not.toHaveProperty('ancestors')
    expect(cut(40_000, IN_STREAM).error.stack).toHaveLength(15_000)
    expect(cut(20_000, IN_STREAM).error.stack).toHaveLength(4000)
    expect(cut(20_000, IN_STREAM).message.data).toHaveLength(5000)
    const least = cut(10_000, IN_STREAM)
    expect(least).toMatchObject({ withoutData: true, position: IN_STREAM, message: { id: idOf(message) } })
    expect(least.message).not.toHaveProperty('data')
  })

  test('keeps its event if no stream has it, or is refused', () => {
    expect(cut(20_000, IN_QUEUE).message.data).toHaveLength(5000)
    expect(() => cut(10_000, IN_QUEUE)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
  })

  test('fits, and still has the position of its event', () => {
    fc.assert(
      fc.property(
        anyFailure,
        fc.integer({ min: 40_000, max: 80_000 }),
        fc.nat({ max: 200_000 }),
        (failure, most, size) => {
          const large = { ...failure.message, topic: 'ü'.repeat(size) }
          const record = errorRecordOf({ ...failure, position: IN_STREAM, message: large })
          const text = encodeRecord(record, most, isKept)
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most)
          const { id, position, processor } = record
          expect(parsed(text)).toMatchObject({ kind: 'record', record: { id, position, processor } })
        },
      ),
    )
  })
})

describe('reading', () => {
  const problemOf = (text: string) => {
    const read = parsed(text)
    return read.kind === 'problem' ? `${read.problem.what}. ${read.problem.remedy}` : 'a record'
  }

  test('reports how to read a record of another version', () => {
    expect(problemOf(JSON.stringify({ ...recordOf(), attakerror: 2 }))).toMatch(/of version 2.*Update attak/)
    expect(problemOf(JSON.stringify({ ...recordOf(), attakerror: 0 }))).toMatch(/of version 0.*Read it with the attak/)
    expect(problemOf(JSON.stringify({ ...recordOf(), attakerror: 'x' }))).toMatch(/of version "x"/)
  })

  test('reports that anything else is not a record', () => {
    for (const text of ['', 'no JSON', '1', 'null', '[]', '{}', '{"attak":1}'])
      expect(problemOf(text)).toMatch(/^this is not an error record/)
  })

  test('names the field that is missing or wrong', () => {
    const { processor, ...without } = recordOf()
    expect(problemOf(JSON.stringify(without))).toMatch(/no readable processor/)
    expect(problemOf(JSON.stringify({ ...recordOf(), kind: 'x' }))).toMatch(/no readable kind/)
    expect(problemOf(JSON.stringify({ ...recordOf(), message: { id: 1 } }))).toMatch(/no readable message/)
    expect(problemOf(JSON.stringify({ ...recordOf(), time: 'soon' }))).toMatch(/no readable time/)
  })

  test('refuses a record that nests too deep, at any place', () => {
    const text = JSON.stringify(errorRecordOf(failureOf({ message: messageOf({ data: 'DATA', parent: messageOf() }) })))
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(parsed(text.replace('"DATA"', nested(1000))).kind).toBe('record')
    for (const levels of [1002, 100_000]) {
      expect(parsed(text.replace('"DATA"', nested(levels)))).toMatchObject({ kind: 'problem' })
      expect(parsed(text.replace('{', `{"more":${nested(levels + 1)},`))).toMatchObject({ kind: 'problem' })
    }
  })

  test('keeps unknown fields', () => {
    const record = { ...recordOf(), note: 'seen by me' }
    expect(parsed(JSON.stringify(record))).toEqual({ kind: 'record', record })
  })
})

test('the position of a record that an older version wrote as text is read', () => {
  for (const [text, position] of [
    ['orders--dev--b/shardId-000000000000/495', { channel: 'orders--dev--b', ref: 'shardId-000000000000/495' }],
    ['orders--dev--b/5d1e', { channel: 'orders--dev--b', ref: '5d1e' }],
    ['invoke/7c', { channel: 'invoke', ref: '7c' }],
    ['', { channel: '', ref: '' }],
  ] as const) {
    const record = recordOf()
    expect(parsed(JSON.stringify({ ...record, position: text }))).toEqual({
      kind: 'record',
      record: { ...record, position },
    })
    expect(positionText(position)).toBe(text)
  }
  for (const position of [7, null, [], {}, { channel: 'a' }, { channel: 'a', ref: 'b', carrier: 1 }]) {
    expect(parsed(JSON.stringify({ ...recordOf(), position })).kind).toBe('problem')
  }
})

describe('docs/reference/errors.md', () => {
  const page = readFileSync(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8')
  const shown: ErrorRecord = JSON.parse(/## Error records[^`]*```text\n(.*?)```/s.exec(page)![1]!)

  test('shows a real record', () => {
    const { artifact, error, message, position, processor, stage, time, topology } = shown
    const given = { ...messageOfEvent(message, processor)!, time: message?.time }
    const parts = { artifact, position, processor, stage, topology, timeMs: Date.parse(time), message: given }
    expect(errorRecordOf(failureOf({ ...parts, error: errorOfThrown(error) }))).toEqual(shown)
  })

  test('describes each field', () => {
    const [, part] = page.split('## Error records')
    const [table] = part!.split('\n## ')
    const fields = [...table!.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name)
    expect(fields).toEqual([...Object.keys(shown), 'withoutData', 'suspects', 'ancestors', 'run'])
  })
})
