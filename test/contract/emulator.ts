import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AwsClient, createAwsClient } from '../../src/aws/client.ts'

/** An emulator that runs. */
export interface Emulator {
  /** Environment of those that call it. */
  readonly env: Readonly<Record<string, string>>
  readonly client: AwsClient
  close(): Promise<void>
}

/** Where emulators are. */
export const PLACE = { partition: 'aws', region: 'eu-west-1', account: '000000000000' }

/** Keys that every emulator takes. */
export const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

/** Opens a client of what listens on a port of this machine, with the environment of those that call it. */
export function openClientAt(port: number): Pick<Emulator, 'env' | 'client'> {
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }
  return { env, client: createAwsClient({ env, now: Date.now }) }
}

/** Returns the port that a server listens on. */
export function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port
}

const SERVICES = ['kinesis', 'dynamodb', 'sqs']

/** Calls an operation as the SDK does: `Kinesis_20131202.ListStreams`, `DynamoDB_20120810.Scan`. Throws what was refused. */
export async function callAws(client: AwsClient, target: string, body: object): Promise<Record<string, unknown>> {
  const service = SERVICES.find((name) => target.toLowerCase().includes(name))!
  const headers = {
    'content-type': `application/x-amz-json-1.${service === 'kinesis' ? 1 : 0}`,
    'x-amz-target': target,
  }
  const result = await client.call({ service, region: PLACE.region, headers, body: JSON.stringify(body) })
  if (!result.ok) throw new Error(`${target}: ${result.code}: ${result.message}`)
  return Object(result.value)
}
