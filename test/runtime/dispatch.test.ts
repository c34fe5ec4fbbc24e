import { expect, it } from 'vitest'
import { createDispatch, type Sent } from '../../src/runtime/dispatch.ts'

it('sends at most four calls to one place at the same time, and the next one when a call is answered', async () => {
  const answers: (() => void)[] = []
  const accepted: number[] = []
  let running = 0
  let most = 0
  const dispatch = createDispatch<Sent & { readonly number: number }>({
    limits: { batchRecords: 1, batchBytes: 1_000 },
    sender: {
      send: () => {
        most = Math.max(most, ++running)
        return new Promise((resolve) => {
          answers.push(() => {
            running--
            resolve([])
          })
        })
      },
    },
    errorOf: () => new Error('refused'),
    accepted: ({ number }) => accepted.push(number),
    refused: () => {},
    after: () => () => {},
    random: () => 0.5,
    remainingMs: () => 30_000,
  })
  for (let number = 0; number < 20; number++) dispatch.post({ number, key: undefined, bytes: 1 })
  dispatch.flush()
  expect([running, most]).toEqual([4, 4])
  while (answers.length > 0) {
    answers.shift()!()
    await new Promise(setImmediate)
  }
  expect(accepted).toHaveLength(20)
  expect(most).toBe(4)
})
