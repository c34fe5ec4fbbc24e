import { describe, expect, test } from 'vitest'
import type { Fact, Found } from '../../../src/cli/why/fact.ts'
import { pathTo } from '../../../src/cli/why/path.ts'
import { at } from '../../contract/position.ts'

const failing: Found = { message: 'c', processor: 'bill', root: 'a' }
const input: Fact = { message: 'a', processor: 'intake', root: 'a', hop: 1, attempt: 1, outcome: 'ok' }
const middle: Fact = { message: 'b', processor: 'price', root: 'a', parent: 'a', from: 'intake', hop: 2, attempt: 1 }
const last: Fact = { message: 'c', processor: 'bill', root: 'a', parent: 'b', from: 'price', hop: 3, attempt: 1 }

const waysOf = (facts: readonly Fact[], target = failing) =>
  pathTo(target, facts).steps.map(({ message, processor }) => [message, processor])

describe('the way to a message', () => {
  test('leads from the input over all its senders, for facts in any order', () => {
    const way = [
      ['a', 'intake'],
      ['b', 'price'],
      ['c', 'bill'],
    ]
    expect(waysOf([input, middle, last])).toEqual(way)
    expect(waysOf([last, input, middle])).toEqual(way)
  })

  test('takes the processor that emitted the next message, if several received one', () => {
    const audit = { ...middle, processor: 'audit', outcome: 'failed', error: { name: 'Error', message: 'no' } }
    const { steps } = pathTo(failing, [input, audit, { ...middle, outcome: 'ok' }, last])
    expect(steps[1]).toMatchObject({ processor: 'price', outcome: 'ok' })
    expect(steps[1]).not.toHaveProperty('error')
  })

  test('names the other processors that handled the last message', () => {
    expect(pathTo(failing, [input, middle, last, { ...last, processor: 'archive' }]).also).toEqual(['archive'])
  })

  test('has the result of the last attempt of a message', () => {
    const error = { name: 'Error', message: 'busy' }
    const first: Fact = { ...last, attempt: 1, outcome: 'retry', error }
    const second: Fact = { ...last, attempt: 2, outcome: 'ok' }
    const [step] = pathTo(failing, [input, middle, second, first]).steps.slice(-1)
    expect(step).toMatchObject({ attempt: 2, outcome: 'ok' })
    expect(step).not.toHaveProperty('error')
  })

  test('has the result of a message that was delivered again and skipped', () => {
    const ok: Fact = { ...last, outcome: 'ok' }
    expect(pathTo(failing, [ok, { ...last, outcome: 'skipped' }]).steps.at(-1)?.outcome).toBe('ok')
  })

  test('keeps the position in the stream of a message that was retried from a queue', () => {
    const inStream = { ...last, attempt: 1, position: at('shop--dev--bill/shard-0/17') }
    const inQueue = { ...last, attempt: 2, position: at('shop--dev--_retry-bill/1f2e', 'sqs') }
    expect(pathTo(failing, [input, middle, inStream, inQueue]).steps.at(-1)?.position).toBe(inStream.position)
  })

  test('keeps it for a postponed message too, with its result', () => {
    const postponed: Fact = { ...last, attempt: 1, outcome: 'postponed', position: at('shop--dev--bill/shard-0/17') }
    const done: Fact = { ...last, attempt: 1, outcome: 'ok', position: at('shop--dev--_retry-bill/1f2e', 'sqs') }
    const skipped: Fact = { ...done, outcome: 'skipped', position: at('shop--dev--bill/shard-0/18') }
    for (const facts of [
      [postponed, done, skipped],
      [skipped, done, postponed],
    ]) {
      const { position, outcome } = pathTo(failing, [input, middle, ...facts]).steps.at(-1)!
      expect({ position, outcome }).toEqual({ position: postponed.position, outcome: 'ok' })
    }
  })

  test('counts the other messages that each handler emitted, each once', () => {
    const other: Fact = { message: 'd', processor: 'price', root: 'a', parent: 'a', from: 'intake' }
    const facts = [input, middle, last, other, { ...other, processor: 'audit' }, { ...middle, attempt: 2 }]
    expect(pathTo(failing, facts).steps.map(({ branches }) => branches)).toEqual([1, 0, 0])
  })

  test('infers a missing message from its child and from the input', () => {
    const facts = [input, { ...last, hop: 5 }]
    const { steps } = pathTo(failing, facts)
    expect(steps).toMatchObject([
      { message: 'a', processor: 'intake', outcome: 'ok' },
      { message: 'b', processor: 'price', hop: 4, unknown: 2 },
      { message: 'c', processor: 'bill' },
    ])
  })

  test('is only the message if nothing else is known', () => {
    expect(waysOf([], { message: 'a', processor: 'intake', root: 'a' })).toEqual([['a', 'intake']])
  })

  test('ends if ids form a circle', () => {
    expect(waysOf([middle, { ...last, parent: 'c', from: 'bill' }])).toHaveLength(2)
  })

  test('leads to an output', () => {
    const output: Found = { message: 'o', processor: undefined, root: 'a', parent: 'b', from: 'price', topic: 'done' }
    expect(waysOf([input, middle, last], output)).toEqual([
      ['a', 'intake'],
      ['b', 'price'],
      ['o', undefined],
    ])
  })
})
