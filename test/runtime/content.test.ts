import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentDigest } from '../../src/runtime/content.ts'
import { messageOf } from '../contract/message.ts'

it('two messages have the same digest exactly if their topic, key and data are the same', () => {
  const word = fc.constantFrom(undefined, '', 'a', 'b', '"', '["a"]', '\ud800')
  const data = fc.oneof(word, fc.constantFrom(0, null, [], ['a'], { a: 1 }, { a: 2 }))
  const content = fc.record({ topic: word, key: word, data }, { requiredKeys: ['topic', 'key', 'data'] })
  fc.assert(
    fc.property(content, content, (one, other) => {
      const [first, second] = [one, other].map((said) => contentDigest(messageOf(said)))
      const isSame = JSON.stringify(one) === JSON.stringify(other)
      expect(first === second).toBe(isSame)
      expect(contentDigest(messageOf({ ...one, attempt: 7, hop: 9, id: 'else', parent: undefined }))).toBe(first)
    }),
    { numRuns: 1000 },
  )
})
