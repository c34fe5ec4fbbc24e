import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addEmit, nextOrdinal } from '../../src/runtime/emit.ts'
import { chanceOf, idOf, type Message, rootIdOf } from '../../src/runtime/message.ts'
import { invoke } from '../contract/host.ts'
import { messageOf, rootOf } from '../contract/message.ts'

describe('the id of a message', () => {
  it('is 32 hex digits, the same for the same emit', () => {
    expect(idOf(messageOf())).toMatch(/^[0-9a-f]{32}$/)
    expect(idOf(messageOf())).toBe(idOf(messageOf()))
    expect(idOf(messageOf({ data: 'other data', attempt: 2 }))).toBe(idOf(messageOf()))
  })

  it.each([
    ['parent', { parent: 'another' }],
    ['emitter', { edge: { from: 'c', to: 'b' } }],
    ['topic', { topic: 'another' }],
    ['key', { key: 'k' }],
    ['place among its like', { ordinal: 1 }],
  ])('differs by its %s', (_, said) => {
    expect(idOf(messageOf(said))).not.toBe(idOf(messageOf()))
  })

  it('does not depend on how many messages led to it', () => {
    const chain = (length: number) => {
      let message = messageOf()
      for (let hop = 0; hop < length; hop++) message = messageOf({ parent: message })
      return message
    }
    const [atOnce, oneByOne] = [chain(50_000), chain(50_000)]
    const newestFirst: Message[] = []
    for (let at: unknown = oneByOne; typeof at === 'object'; at = (at as Message).parent)
      newestFirst.push(at as Message)
    for (const message of newestFirst.reverse()) idOf(message)
    expect(idOf(atOnce)).toBe(idOf(oneByOne))
  })

  it('is the same for all receivers: one emit, one id', () => {
    const parent = messageOf()
    const to = (name: string) => idOf(messageOf({ parent, edge: { from: 'b', to: name } }))
    expect(to('c')).toBe(to('d'))
  })

  it('of an input is that of its root, made of seed and position', () => {
    expect(idOf(messageOf({ parent: undefined, root: rootOf(3) }))).toBe(rootIdOf(rootOf(3)))
    expect(rootIdOf(rootOf(3))).not.toBe(rootIdOf(rootOf(4)))
    expect(rootIdOf(rootOf(3, 'seed'))).not.toBe(rootIdOf(rootOf(3)))
  })

  it('depends on the order of emits only within one topic and key', () => {
    const emit = fc.record({ topic: fc.constantFrom('x', 'y', ''), key: fc.constantFrom(undefined, 'k', 'x') })
    const emits = fc.array(emit, { maxLength: 12 })
    fc.assert(
      fc.property(emits, emits, (some, others) => {
        const idsOf = (list: typeof some) => {
          const invocation = invoke(() => {})
          for (const { topic, key } of list) {
            const ordinal = nextOrdinal(invocation, topic, key)
            addEmit(invocation, messageOf({ topic, key, ordinal, parent: invocation.message }))
          }
          return invocation.emits.map(idOf)
        }
        const [straight, swapped] = [idsOf([...some, ...others]), idsOf([...others, ...some])]
        expect(new Set(straight).size).toBe(straight.length)
        expect([...swapped].sort()).toEqual([...straight].sort())
      }),
    )
  })
})

it('the jitter of a message repeats, changes with its attempt, and spreads from 0 to 1', () => {
  const chances = Array.from({ length: 200 }, (_, ordinal) => chanceOf(messageOf({ ordinal })))
  expect(chanceOf(messageOf())).toBe(chances[0])
  expect(chanceOf(messageOf({ attempt: 2 }))).not.toBe(chances[0])
  expect(Math.min(...chances)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...chances)).toBeLessThan(1)
  expect(chances.reduce((sum, chance) => sum + chance) / chances.length).toBeCloseTo(0.5, 1)
})
