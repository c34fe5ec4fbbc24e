import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createAwsClient, senderToStream } from '../dist/wire.js'
import { emitOfOne, eventOf, outboxOver } from '../emits.mjs'

const SERVER = fileURLToPath(new URL('../puts-server.mjs', import.meta.url))
const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--prod--billing'
const EVENTS = 500
const WARM_CALLS = 100
const CALLS = 300

/** Processor time of sending 500 events of 100 B at once, in microseconds: `{ client: 'attak' }` or `'sdk'`. */
export async function measure({ client }) {
  const server = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(server.stdout, 'data')
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' })
  const send = await CLIENTS[client](`http://127.0.0.1:${Number(port)}`)
  const measured = async (calls) => {
    const start = process.cpuUsage()
    for (let call = 0; call < calls; call++) await send(call * EVENTS)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / calls
  }
  await measured(WARM_CALLS)
  const value = await measured(CALLS)
  server.kill()
  return { value, events: EVENTS }
}

const CLIENTS = {
  async attak(endpoint) {
    const env = { ...process.env, AWS_ENDPOINT_URL: endpoint }
    const outbox = outboxOver(senderToStream(createAwsClient({ env, now: Date.now }), ARN))
    return async (from) => {
      const accepted = Array.from({ length: EVENTS }, (_, index) =>
        outbox.add('billing', emitOfOne('100B', from + index)),
      )
      outbox.idle()
      await Promise.all(new Set(accepted))
    }
  },
  async sdk(endpoint) {
    const { KinesisClient, PutRecordsCommand } = await import('@aws-sdk/client-kinesis')
    const { NodeHttpHandler } = await import('@smithy/node-http-handler')
    const kinesis = new KinesisClient({ endpoint, requestHandler: new NodeHttpHandler() })
    return async (from) => {
      const Records = Array.from({ length: EVENTS }, (_, index) => ({
        Data: Buffer.from(JSON.stringify(eventOf('100B', from + index))),
        PartitionKey: `${from + index}`,
      }))
      const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName: 'billing', Records }))
      if (FailedRecordCount !== 0) throw new Error('refused')
    }
  },
}
