import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { RetryStrategyV2 } from '@smithy/types'
import { afterEach, expect, it, vi } from 'vitest'
import { openClients } from '../../../src/clouds/aws/clients.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** How many of a hundred calls may go at once. */
async function atOnce(client: LambdaClient): Promise<number> {
  const strategy = (await client.config.retryStrategy()) as RetryStrategyV2
  let gone = 0
  for (let call = 0; call < 100; call++) void strategy.acquireInitialRetryToken('').then(() => gone++)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  return gone
}

it('limits the calls that change functions, and not those that invoke them', async () => {
  vi.useFakeTimers()
  const clients = openClients({ region: 'eu-west-1' }, () => 0)
  expect(await atOnce(clients.lambda)).toBeLessThanOrEqual(15)
  expect(await atOnce(clients.invocations)).toBe(100)
  clients.close()
})
