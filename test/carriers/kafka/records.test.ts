import { expect, it } from 'vitest'
import { type Answered, recordsOf } from '../../../src/carriers/kafka/records.ts'

const TRANSACTION = 0x10
const END = 0x30

/** A batch of an answer, as the client returns it. */
function batch(first: number, texts: readonly string[], attributes = 0, producer = 1): unknown {
  const records = texts.map((text, offsetDelta) => ({
    ...{ offsetDelta, timestampDelta: 0n, attributes: 0, headers: [] },
    ...(attributes === END
      ? { key: Buffer.from([0, 0, 0, text === 'commit' ? 1 : 0]), value: null }
      : { key: null, value: Buffer.from(text) }),
  }))
  return {
    ...{ firstOffset: BigInt(first), lastOffsetDelta: texts.length - 1, firstTimestamp: 0n, attributes, records },
    producerId: BigInt(producer),
  }
}

const answer = (batches: readonly unknown[], aborted: Answered['abortedTransactions'] = []): Answered => ({
  ...{ records: batches as NonNullable<Answered['records']>, abortedTransactions: aborted },
})
const textsOf = (found: ReturnType<typeof recordsOf>) => found.records.map(({ value }) => value)

it('records of transactions that were taken back are not there', () => {
  const batches = [
    batch(0, ['a'], TRANSACTION, 1),
    batch(1, ['b'], TRANSACTION, 2),
    batch(2, ['abort'], END, 1),
    batch(3, ['c'], TRANSACTION, 1),
    batch(4, ['commit'], END, 2),
    batch(5, ['d']),
    batch(6, ['commit'], END, 1),
  ]
  const found = recordsOf(answer(batches, [{ producerId: 1n, firstOffset: 0n }]), 0)
  expect(textsOf(found)).toEqual(['b', 'c', 'd'])
  expect(found.next).toBe(7)
})

it('an answer that begins before the offset has only what comes from it on', () => {
  const found = recordsOf(answer([batch(3, ['a', 'b', 'c'])]), 4)
  expect(found.records.map(({ offset, value }) => [offset, value])).toEqual([
    [4, 'b'],
    [5, 'c'],
  ])
  expect(found.next).toBe(6)
})

it('an answer without records leaves the place where it is', () => {
  expect(recordsOf({ abortedTransactions: [] }, 4)).toEqual({ records: [], next: 4 })
})
