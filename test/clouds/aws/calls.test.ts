import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ListRolesCommand } from '@aws-sdk/client-iam'
import { ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { GetFunctionCommand } from '@aws-sdk/client-lambda'
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, openClients } from '../../../src/clouds/aws/clients.ts'
import { isAbsent, mended } from '../../../src/clouds/aws/failure.ts'

const HTML = '<html><body>Sign in to the proxy<br></body></html>'

let answer = { status: 200, body: '' }
const server = createServer((_, response) => {
  response.writeHead(answer.status, { 'content-type': 'text/html' })
  response.end(answer.body)
})
let clients: Clients
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' }
  clients = openClients({ region: 'eu-west-1', endpoint, credentials }, () => 0)
})
afterAll(() => {
  clients.close()
  server.close()
  server.closeAllConnections()
})

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  'Lambda GetFunction': () => clients.lambda.send(new GetFunctionCommand({ FunctionName: 'a' })),
  'Kinesis ListStreams': () => clients.kinesis.send(new ListStreamsCommand({})),
  'SQS ListQueues': () => clients.sqs.send(new ListQueuesCommand({})),
  'IAM ListRoles': () => clients.iam.send(new ListRolesCommand({})),
}

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  test.each([
    [200, HTML],
    [302, ''],
    [400, '{"__type":'],
    [400, 'null'],
    [403, HTML],
    [403, ''],
    [404, HTML],
    [407, HTML],
    [413, 'too large'],
  ])('answered with %i and %j is told with status and call, and is not taken for an absence', async (status, body) => {
    answer = { status, body }
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(isAbsent(error)).toBe(false)
    const told = mended(error, { doing: 'list what there is', region: 'eu-west-1' }) as Error
    expect(told).toMatchObject({ code: 'AWS_REFUSED' })
    expect(told.message).toContain(`the answer to ${name} is not one of AWS: it has status ${status} and says `)
    expect(told.message).not.toContain('Deserialization')
  })
})
