import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_DEPTH } from '../../../src/runtime/depth.ts'
import { MOST_PACKED } from '../../../src/runtime/unpack.ts'
import type { Context } from '../../../src/topology/handler.ts'
import { recordsIn } from '../../contract/fake-store.ts'
import { turn } from '../../contract/host.ts'
import { at } from '../../contract/position.ts'
import { openFunctionOf, recordOf } from './one-function.ts'

const nested = (levels: number, inner = '0') => '['.repeat(levels) + inner + ']'.repeat(levels)
const objects = (levels: number) => `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`
const event = (more: object) => ({ id: 'i', type: 't', attakroot: 'r', source: '/test/dev/a', ...more })
const pack = (more: object) => ({ attakpack: 1, type: 't', attakroot: 'r', source: '/test/dev/a', ...more })
const withData = (envelope: object, data: string) => `${JSON.stringify(envelope).slice(0, -1)},"data":${data}}`
const many = (count: number) => `[${'0,'.repeat(count - 1)}0]`

/** Records that are refused, each with its message. */
const HOSTILE: readonly (readonly [name: string, body: string, what: RegExp])[] = [
  ['5,000 brackets', nested(5000), /nests deeper than 1000 levels/],
  ['one level too many', nested(MOST_DEPTH + 1), /nests deeper/],
  ['objects one level too many', objects(MOST_DEPTH + 1), /nests deeper/],
  ['a number out of range', '[{"n":-1e999}]', /out of range/],
  ['a number of 400 digits', `{"n":${'9'.repeat(400)}}`, /out of range/],
  ['an event with a number out of range', withData(event({}), '1e+400'), /out of range/],
  ['a pack with a number out of range', withData(pack({}), '[1,{"n":1e400}]'), /out of range/],
  ['100,000 brackets', nested(100_000), /nests deeper/],
  ['a deep event', withData(event({}), nested(5000)), /nests deeper/],
  ['an event one level too deep', withData(event({}), nested(MOST_DEPTH + 1)), /nests deeper/],
  ['a pack with one deep event', withData(pack({}), `[1,${nested(5000)}]`), /nests deeper/],
  ['a deep attribute', withData(event({ attakparent: JSON.parse(nested(2500)) }), '1'), /nests deeper/],
  ['a pack of 150,000', withData(pack({ attakempty: [] }), many(150_000)), /150000 messages, and may have 1000/],
  ['a pack of one too many', withData(pack({}), many(MOST_PACKED + 1)), /1001 messages/],
  ['150,000 empty places', withData(pack({ attakempty: new Array(150_000).fill(0) }), '[1]'), /attakempty/],
  ['empty places that are none', withData(pack({ attakempty: [-1] }), '[1]'), /attakempty/],
  ['empty places that are names', withData(pack({ attakempty: ['length'] }), '[1]'), /attakempty/],
  ['a short list of types', withData(pack({ type: ['t'] }), '[1,2]'), /another length in type/],
  ['a long list of hops', withData(pack({ attakhop: [1, 2, 3] }), '[1,2]'), /another length in attakhop/],
  ['a pack without data', JSON.stringify(pack({})), /no list of data/],
  ['a pack in place of a list', withData(pack({}), JSON.stringify(pack({ data: [1] }))), /no list of data/],
  ['a pack of a later version', withData(pack({ attakpack: 2 }), '[1]'), /a version other than 1/],
  ['a pack whose key is a number', withData(pack({ partitionkey: 7 }), '[1]'), /partitionkey/],
  ['a pack whose root is a number', withData(pack({ attakroot: 7 }), '[1]'), /attakroot/],
  ['a pack with an id that is a list', withData(pack({ id: [[]] }), '[1]'), /no id/],
  ['a pack with a long parent', withData(pack({ attakparent: 'x'.repeat(257) }), '[1]'), /no attakparent/],
  ['an event without an id', JSON.stringify({ ...event({}), id: undefined }), /its id, type, attakroot/],
  ['an event whose type is a number', JSON.stringify(event({ type: 1 })), /its id, type, attakroot/],
  ['an event with a long id', JSON.stringify(event({ id: 'x'.repeat(1_000_000) })), /at most 256 characters/],
  ['an event whose key is an object', JSON.stringify(event({ partitionkey: {} })), /partitionkey/],
]

/** What a platform never hands over, and whoever may invoke a function can. */
const BROKEN: readonly unknown[] = [null, 7, 'text', [], {}, { kinesis: {} }, JSON.parse(nested(3000))]

interface Seen {
  readonly event: unknown
  readonly context: Pick<Context, 'topic' | 'key' | 'id' | 'from' | 'attempt' | 'hop'>
}

async function run(via: 'kinesis' | 'sqs', records: readonly unknown[]) {
  const seen: Seen[] = []
  const opened = openFunctionOf(via, (given, { topic, key, id, from, attempt, hop }) => {
    seen.push({ event: given, context: { topic, key, id, from, attempt, hop } })
  })
  const answer = await opened.invoke({ Records: records })
  return { answer, seen, records: recordsIn(opened.store), lines: opened.lines }
}

const goodBody = fc.oneof(
  fc
    .record({ data: fc.jsonValue(), id: fc.uuid(), key: fc.constantFrom(undefined, 'k', 'l') })
    .map(({ key, ...said }) => JSON.stringify(event({ ...said, partitionkey: key }))),
  fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }).map((data) => JSON.stringify(pack({ data }))),
  fc.constantFrom(withData(event({}), nested(MOST_DEPTH)), withData(pack({}), `[${nested(MOST_DEPTH)}]`)),
)

type Kind = { readonly good: string } | { readonly hostile: number } | { readonly broken: number }
const batch = fc.array(
  fc.oneof(
    goodBody.map((good): Kind => ({ good })),
    fc.nat(HOSTILE.length - 1).map((hostile): Kind => ({ hostile })),
    fc.nat(BROKEN.length - 1).map((broken): Kind => ({ broken })),
  ),
  { minLength: 1, maxLength: 12 },
)

describe('records of strangers', () => {
  it.each(['kinesis', 'sqs'] as const)(
    'over %s do not prevent others from being handled, and are recorded',
    async (via) => {
      await fc.assert(
        fc.asyncProperty(batch, async (kinds) => {
          const bodyOf = (kind: Kind) =>
            'good' in kind ? kind.good : 'hostile' in kind ? HOSTILE[kind.hostile]![1] : ''
          const all = kinds.map((kind, index) =>
            'broken' in kind ? BROKEN[kind.broken] : recordOf(via, `${100 + index}`, bodyOf(kind)),
          )
          const good = all.filter((_, index) => 'good' in kinds[index]!)
          // A payload of only broken records cannot be recognized: it is an event.
          fc.pre(kinds.some((kind) => !('broken' in kind)))
          const [mixed, alone] = [await run(via, all), await run(via, good)]
          expect(mixed.seen).toEqual(alone.seen)
          expect(mixed.answer).toEqual({ batchItemFailures: [] })
          const broken = new Set(kinds.flatMap((kind) => ('broken' in kind ? [kind.broken] : []))).size
          const hostile = kinds.flatMap((kind) => ('hostile' in kind ? [HOSTILE[kind.hostile]!] : []))
          expect(mixed.records.map(({ error }) => error.code)).toEqual(
            new Array(hostile.length + broken).fill('RECORD_REFUSED'),
          )
          for (const [, , what] of hostile) {
            expect(mixed.records.filter(({ error }) => what.test(error.message))).not.toEqual([])
          }
          for (const { position } of mixed.records) expect(['test--dev--b', 'broken']).toContain(position?.channel)
        }),
        { numRuns: 40 },
      )
    },
    120_000,
  )

  it.each(HOSTILE)('%s are refused, with position and beginning', async (_, body, what) => {
    const { records, seen } = await run('kinesis', [recordOf('kinesis', '100', body)])
    expect(seen).toEqual([])
    expect(records).toMatchObject([
      {
        kind: 'failed',
        attempt: 1,
        error: { code: 'RECORD_REFUSED', message: expect.stringMatching(what) },
        position: at('test--dev--b/shardId-000000000000/100'),
        message: { data: `${body.slice(0, 1000)}${body.length > 1000 ? '…' : ''}` },
      },
    ])
  })

  it('are refused once each, even if they are equal', async () => {
    const bodies = ['100', '101', '102'].map((name) => recordOf('sqs', name, nested(1200)))
    expect((await run('sqs', bodies)).records).toHaveLength(3)
  })

  it('may have values out of range, which are read as the nearest allowed ones', async () => {
    const odd = { attakhop: 9e15, attakattempt: -3, time: 'yesterday', traceparent: '00-x', source: 7 }
    const { seen, records } = await run('kinesis', [
      recordOf('kinesis', '100', JSON.stringify(event({ ...odd, data: 1 }))),
    ])
    expect(records).toEqual([])
    expect(seen).toMatchObject([{ event: 1, context: { from: undefined, attempt: 1, hop: 1_000_000, topic: 't' } }])
  })

  it('may have names that objects inherit', async () => {
    const body =
      '{"id":"__proto__","type":"t","attakroot":"constructor","partitionkey":"__proto__","data":{"__proto__":{"a":1}}}'
    const { seen, records } = await run('kinesis', [recordOf('kinesis', '100', body)])
    expect(records).toEqual([])
    expect(JSON.stringify(seen[0]?.event)).toBe('{"__proto__":{"a":1}}')
    expect(seen[0]?.context).toMatchObject({ key: '__proto__', id: '__proto__' })
  })

  it('with the same id are recorded each, if they differ', async () => {
    const opened = openFunctionOf('kinesis', () => {
      throw new Error('no')
    })
    const bodies = [{ data: 1 }, { data: 2 }, { data: 1, type: 't', partitionkey: 'k' }, { data: 1 }]
    const records = bodies.map((more, index) => recordOf('kinesis', `${100 + index}`, JSON.stringify(event(more))))
    await opened.invoke({ Records: records })
    expect(recordsIn(opened.store).map(({ message }) => [message?.data, message?.partitionkey])).toEqual([
      [1, undefined],
      [2, undefined],
      [1, 'k'],
    ])
  })

  it('with the same id are separate in logs and late errors', async () => {
    const opened = openFunctionOf(
      'kinesis',
      (_, context) => {
        setImmediate(() => void context.emit('late').catch(() => {}))
      },
      { logEvents: true },
    )
    const records = [1, 2].map((data) => recordOf('kinesis', `10${data}`, JSON.stringify(event({ data }))))
    await opened.invoke({ Records: records })
    await turn()
    await opened.invoke({ Records: [] })
    await opened.invoke({ Records: [recordOf('kinesis', '200', JSON.stringify(event({ id: 'j', type: 'other' })))] })
    expect(opened.lines.filter(({ attak }) => attak === 'end').map(({ data }) => data)).toEqual([1, 2])
    expect(recordsIn(opened.store).map(({ kind, message, position }) => [kind, message?.data, position])).toEqual([
      ['late', 1, at('test--dev--b/shardId-000000000000/101')],
      ['late', 2, at('test--dev--b/shardId-000000000000/102')],
    ])
  })
})

describe('a payload', () => {
  it('without records is answered, and no handler runs', async () => {
    expect(await run('kinesis', [])).toMatchObject({ answer: { batchItemFailures: [] }, seen: [], records: [] })
  })

  it('that is too deep is refused as an event and as an invocation', async () => {
    const opened = openFunctionOf('kinesis', () => {
      throw new Error('is not called')
    })
    expect(await opened.invoke(JSON.parse(nested(5000)))).toBeUndefined()
    expect(await opened.invoke(event({ data: JSON.parse(nested(5000)) }))).toBeUndefined()
    const invoke = event({ type: 'attak.invoke', attakparent: 'p', data: JSON.parse(nested(5000)) })
    expect(await opened.invoke(invoke)).toMatchObject({ error: { code: 'RECORD_REFUSED' } })
    expect(recordsIn(opened.store).map(({ error }) => error.code)).toEqual(['RECORD_REFUSED', 'RECORD_REFUSED'])
  })
})
