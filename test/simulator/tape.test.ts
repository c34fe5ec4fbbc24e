import fc from 'fast-check'
import { expect, it } from 'vitest'
import { append, createTape, lengthOf, readTape } from '../../src/simulator/tape.ts'

it('gives back the numbers that were added, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(), fc.nat({ max: 300 })), { maxLength: 500 }), (numbers) => {
      const tape = createTape()
      for (const number of numbers) append(tape, number)
      const read = readTape(tape)
      expect(numbers.map(read)).toEqual(numbers)
    }),
  )
})

it('takes one byte for a number below 128, over as many blocks as it needs', () => {
  const tape = createTape()
  for (let number = 0; number < 200_000; number++) append(tape, number & 127)
  expect(lengthOf(tape)).toBe(200_000)
  const read = readTape(tape)
  for (let number = 0; number < 200_000; number++) if (read() !== (number & 127)) throw new Error(`at ${number}`)
})
