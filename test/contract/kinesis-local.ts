import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { createAwsClient } from '../../src/aws/client.ts'
import { callAws, type Emulator, KEYS, PLACE } from './emulator.ts'

/** Starts kinesis-local on free ports. */
export async function startKinesisLocal(): Promise<Emulator> {
  const main = createRequire(import.meta.url).resolve('kinesis-local')
  const [plain, secure] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      ...process.env,
      KINESIS_MOCK_CERT_PATH: join(dirname(main), 'server.json'),
      KINESIS_MOCK_PLAIN_PORT: `${plain}`,
      KINESIS_MOCK_TLS_PORT: `${secure}`,
      CREATE_STREAM_DURATION: '1ms',
      AWS_ACCOUNT_ID: PLACE.account,
      AWS_REGION: PLACE.region,
      LOG_LEVEL: 'ERROR',
    },
  })
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${plain}` }
  const client = createAwsClient({ env, now: Date.now })
  const isUp = () =>
    callAws(client, 'Kinesis_20131202.ListStreams', {}).then(
      () => true,
      () => false,
    )
  for (let tries = 0; !(await isUp()); tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error('kinesis-local did not start')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    env,
    client,
    async close() {
      client.close()
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
