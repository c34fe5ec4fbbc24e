import { expect, test } from 'vitest'
import { AttakError } from '../src/errors.ts'
import { Retry, retryAfterOf } from '../src/topology/handler.ts'

/** A second copy of a module, as a project has that installs its own attak. */
const copyOf = (path: string) => import(/* @vite-ignore */ `${path}?copy`)

test('AttakError and Retry recognize those of another copy of attak, in both directions', async () => {
  const errors = await copyOf('../src/errors.ts')
  const handler = await copyOf('../src/topology/handler.ts')
  expect([errors.AttakError === AttakError, handler.Retry === Retry]).toEqual([false, false])
  const [own, other] = [new AttakError('USAGE', 'a', 'b'), new errors.AttakError('USAGE', 'a', 'b')]
  expect([own instanceof errors.AttakError, other instanceof AttakError]).toEqual([true, true])
  const [ownRetry, otherRetry] = [new Retry(5), new handler.Retry(5)]
  expect([ownRetry instanceof handler.Retry, otherRetry instanceof Retry]).toEqual([true, true])
  expect([handler.retryAfterOf(ownRetry), retryAfterOf(otherRetry)]).toEqual([5, 5])
})

test('nothing else is one of them', () => {
  for (const other of [new Error('a'), {}, null, undefined, 'USAGE', () => {}]) {
    expect([other instanceof AttakError, other instanceof Retry]).toEqual([false, false])
  }
})
