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
    [200, 'null'],
    [200, '[1,2]'],
    [200, '7'],
    [302, ''],
    [400, '{"__type":'],
    [400, 'null'],
    [403, HTML],
    [403, ''],
    [404, HTML],
    [407, HTML],
    [413, 'too large'],
  ])('answered with %i and %j is reported with status and call, and does not count as absent', async (status, body) => {
    answer = { status, body }
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(isAbsent(error)).toBe(false)
    const told = mended(error, { doing: 'list what there is', region: 'eu-west-1' }) as Error
    expect(told).toMatchObject({ code: 'AWS_REFUSED' })
    expect(told.message).toContain(`the answer to ${name} did not come from AWS: `)
    expect(told.message).toContain(
      `it has status ${status} and ${body === '' ? 'an empty body' : `the body ${JSON.stringify(body)}`}`,
    )
    expect(told.message).not.toContain('Deserialization')
  })
})

test.each([
  ['QueueUrls[0] is not a text', { QueueUrls: [5, null] }, CALLS['SQS ListQueues']!],
  ['QueueUrls[1] is not a text', { QueueUrls: ['a', null] }, CALLS['SQS ListQueues']!],
  ['QueueUrls is not a list', { QueueUrls: 'abc' }, CALLS['SQS ListQueues']!],
  ['HasMoreStreams is neither true nor false', { HasMoreStreams: 'no' }, CALLS['Kinesis ListStreams']!],
  ['Configuration.Timeout is not a number', { Configuration: { Timeout: 'x' } }, CALLS['Lambda GetFunction']!],
  ['Tags.a is not a text', { Tags: { a: 1 } }, CALLS['Lambda GetFunction']!],
])('an answer with a field of a wrong type is reported: %s', async (flaw, body, call) => {
  answer = { status: 200, body: JSON.stringify(body) }
  const told = mended(await call().catch((error: unknown) => error), { doing: 'look', region: 'eu-west-1' })
  expect(told).toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining(`did not come from AWS: ${flaw}, it`),
  })
})

test('a field that is null counts as absent', async () => {
  answer = { status: 200, body: '{"QueueUrls":null,"NextToken":null}' }
  const given = await clients.sqs.send(new ListQueuesCommand({}))
  expect([given.QueueUrls, given.NextToken]).toEqual([undefined, undefined])
})
