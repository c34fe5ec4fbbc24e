import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, vi } from 'vitest'
import { callAws, type Emulator, openClientAt, PLACE } from './emulator.ts'

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
  const { env, client } = openClientAt(plain)
  const isUp = () =>
    callAws(client, 'Kinesis_20131202.ListStreams', {}).then(
      () => true,
      () => false,
    )
  for (let tries = 0; !(await isUp()); tries++) {
    if (tries > 3000 || child.exitCode !== null) throw new Error('kinesis-local did not start')
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

/** Makes a stream of one shard with records in it, and returns their sequence numbers. */
export async function makeStream(
  { client }: Emulator,
  StreamName: string,
  records: readonly { readonly key: string; readonly body: string }[],
): Promise<readonly string[]> {
  const call = (action: string, body: object) => callAws(client, `Kinesis_20131202.${action}`, body)
  await call('CreateStream', { StreamName, ShardCount: 1 })
  await vi.waitFor(
    async () => {
      const { StreamDescriptionSummary } = await call('DescribeStreamSummary', { StreamName })
      expect(StreamDescriptionSummary).toMatchObject({ StreamStatus: 'ACTIVE' })
    },
    { timeout: 300_000 },
  )
  const sequences: string[] = []
  for (const { key, body } of records) {
    const Data = Buffer.from(body).toString('base64')
    const { SequenceNumber } = await call('PutRecord', { StreamName, PartitionKey: key, Data })
    sequences.push(String(SequenceNumber))
  }
  return sequences
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
