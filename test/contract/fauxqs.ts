import type { AddressInfo } from 'node:net'
import { buildApp } from 'fauxqs'
import { createAwsClient } from '../../src/aws/client.ts'
import { type Emulator, KEYS, PLACE } from './emulator.ts'

/** Starts fauxqs, an emulator of SQS, on a free port of this machine alone. */
export async function startFauxqs(): Promise<Emulator> {
  const app = buildApp({ logger: false, defaultRegion: PLACE.region })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }
  const client = createAwsClient({ env, now: Date.now })
  // It knows queues by their whole URL, which begins by a name that not every machine can look up.
  const endpoint = () => `http://sqs.${PLACE.region}.localhost:${port}`
  return {
    env,
    client: { ...client, endpoint },
    async close() {
      client.close()
      await app.close()
    },
  }
}
