import { describe, expect, test } from 'vitest'
import type { Found } from '../../../src/cli/why/fact.ts'
import { foundInRecords, recordsSource } from '../../../src/cli/why/fact.ts'
import { pathTo } from '../../../src/cli/why/path.ts'
import type { ErrorRecord } from '../../../src/runtime/error-record.ts'
import type { CloudEvent } from '../../../src/runtime/event.ts'
import { at } from '../../contract/position.ts'

const eventOf = (id: string, emitter: string | undefined, parent: string | undefined, hop: number): CloudEvent => ({
  ...{ specversion: '1.0', id, type: parent === undefined ? 'attak.input' : 'order', traceparent: '' },
  source: emitter === undefined ? '/shop/dev' : `/shop/dev/${emitter}`,
  ...{ attakroot: 'a1', attakhop: hop, attakattempt: 1, data: { of: id } },
  ...(parent !== undefined && { attakparent: parent }),
})

const record: ErrorRecord = {
  ...{ attakerror: 1, id: 'e1', kind: 'failed', time: '2026-11-21T13:00:00.000Z', topology: 'shop', stage: 'dev' },
  ...{ processor: 'bill', attempt: 2, error: { name: 'TypeError', message: 'no total' } },
  message: eventOf('c1', 'price', 'b1', 3),
  ancestors: [eventOf('a1', undefined, undefined, 1), eventOf('b1', 'intake', 'a1', 2)],
}

async function wayIn(records: readonly ErrorRecord[], found: Found | undefined) {
  return pathTo(found!, await recordsSource(records, '').trace(found!)).steps
}

describe('an error record', () => {
  test('is found by its own id, and by those of its messages', () => {
    expect(foundInRecords([record], 'e')).toMatchObject([
      { record: 'e1', message: 'c1', processor: 'bill', root: 'a1' },
    ])
    expect(foundInRecords([record], 'b')).toMatchObject([{ message: 'b1', processor: 'price' }])
    expect(foundInRecords([record], 'x')).toEqual([])
  })

  test('is found without an id when it is the newest', () => {
    const older = { ...record, id: 'e2', time: '2026-11-21T12:00:00.000Z' }
    expect(foundInRecords([older, record], undefined)).toMatchObject([{ record: 'e1' }])
    expect(foundInRecords([], undefined)).toEqual([])
  })

  test('is the last recorded one of several in one millisecond', () => {
    const later = { ...record, id: 'e2' }
    expect(foundInRecords([record, later], undefined)).toMatchObject([{ record: 'e2' }])
  })

  test('has the path with every event, and its end', async () => {
    expect(await wayIn([record], foundInRecords([record], 'e1')[0])).toMatchObject([
      { processor: 'intake', message: 'a1', event: { data: { of: 'a1' } } },
      { processor: 'price', message: 'b1', from: 'intake', topic: 'order', event: { data: { of: 'b1' } } },
      { processor: 'bill', message: 'c1', attempt: 2, outcome: 'failed', error: { message: 'no total' } },
    ])
  })

  test('without room for its event leaves it to the stream', async () => {
    const { data, ...event } = record.message!
    const small: ErrorRecord = { ...record, message: event, withoutData: true, position: at('shop--dev--bill/s/1') }
    const [last] = (await wayIn([small], foundInRecords([small], 'e1')[0])).slice(-1)
    expect(last).toMatchObject({ position: at('shop--dev--bill/s/1') })
    expect(last).not.toHaveProperty('event')
  })

  test('of a crash is each message that the function had', () => {
    const { message, ancestors, ...rest } = record
    const crash: ErrorRecord = { ...rest, kind: 'crash', suspects: [record.message!, eventOf('d1', 'price', 'b1', 3)] }
    expect(foundInRecords([crash], 'e1').map((found) => [found.record, found.message])).toEqual([
      ['e1', 'c1'],
      ['e1', 'd1'],
    ])
  })
})
