import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createQueue, dequeue, enqueue, itemsOf, oldest } from '../../src/simulator/queue.ts'

it('a queue behaves like an array with push and shift, at any length', () => {
  const push = fc.record({ kind: fc.constant('push' as const), count: fc.nat({ max: 300 }) })
  const shift = fc.record({ kind: fc.constant('shift' as const), count: fc.nat({ max: 300 }) })
  fc.assert(
    fc.property(fc.array(fc.oneof(push, shift), { maxLength: 20 }), (steps) => {
      const queue = createQueue<number>()
      const array: number[] = []
      let next = 0
      for (const { kind, count } of steps) {
        for (let index = 0; index < count; index++) {
          if (kind === 'push') {
            enqueue(queue, next)
            array.push(next++)
          } else expect(dequeue(queue)).toBe(array.shift())
        }
        expect([queue.size, oldest(queue), [...itemsOf(queue)]]).toEqual([array.length, array[0], array])
      }
    }),
  )
})
