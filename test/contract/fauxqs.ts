import { buildApp } from 'fauxqs'
import { type Emulator, openClientAt, PLACE, portOf } from './emulator.ts'

/** Starts fauxqs, an emulator of SQS, on a free port of this machine alone. */
export async function startFauxqs(): Promise<Emulator> {
  const app = buildApp({ logger: false, defaultRegion: PLACE.region })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const port = portOf(app.server)
  const { env, client } = openClientAt(port)
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
