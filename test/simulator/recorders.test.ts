import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recordLines } from '../../src/simulator/json-lines.ts'
import { recordEntries } from '../../src/simulator/recorder.ts'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const definition = {
  retries: 1,
  processors: {
    a: {
      invokes: ['d'],
      handler: async (event: { topics: string[]; key?: string; fails: boolean }, context: Context) => {
        context.log.warn('before "any" emit')
        for (const topic of event.topics) {
          const options = event.key === undefined ? undefined : { key: event.key }
          context.emit(topic, topic === 'none' ? undefined : { topic, event }, options)
          context.log.info(topic)
        }
        if (event.key !== undefined) await context.invoke('d', event.topics).catch(() => {})
        if (event.fails) throw new TypeError('no "luck"\n')
      },
    },
    b: () => {},
    c: (event: unknown, context: Context) => context.emit('out', event),
    d: (event: unknown[], context: Context) => {
      context.emit('count', { count: event.length })
      if (event.length > 3) throw new Error('too many')
    },
  },
  streams: [
    ['a', 'b'],
    ['a', 'c', 'both'],
  ],
}
const events = fc.record({
  topics: fc.array(fc.oneof(fc.constantFrom('both', 'none'), fc.string({ minLength: 1 }))),
  key: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  fails: fc.boolean(),
})

it('writes lines that equal its entries', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(events), async (list) => {
      const input = list.map((event) => ({ to: 'a', event }))
      const described = { name: 'E', message: 'as given' }
      let text = ''
      const lines = recordLines({ write: (block) => (text += block), describe: () => described })
      await runTopology(definition, input, { recorder: lines })
      const entries: unknown[] = []
      const recorder = recordEntries(
        (entry) => entries.push(entry),
        () => described,
      )
      await runTopology(definition, input, { recorder })
      expect(text).toBe(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    }),
    { numRuns: 50 },
  )
})
