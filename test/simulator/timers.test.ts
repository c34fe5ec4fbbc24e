import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTimers } from '../../src/simulator/timers.ts'

it('timers fire in the order of their times, then in the order in which they were added', () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 5 }) }, fc.constant('shift' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const timers = createTimers<number>()
      const model: { readonly atMs: number; readonly item: number }[] = []
      const least = () => model.reduce((a, b) => (b.atMs < a.atMs ? b : a), model[0]!)
      steps.forEach((atMs, item) => {
        expect([timers.size, timers.nextMs()]).toEqual([model.length, model.length === 0 ? undefined : least().atMs])
        if (atMs !== 'shift') {
          timers.add(atMs, item)
          model.push({ atMs, item })
        } else {
          const first = model.length === 0 ? undefined : model.splice(model.indexOf(least()), 1)[0]
          expect(timers.shift()).toBe(first?.item)
        }
      })
    }),
  )
})
