import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { ListRolesCommand } from '@aws-sdk/client-iam'
import { ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand, ListQueuesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Clients, openClients } from '../../../src/clouds/aws/clients.ts'
import { mended } from '../../../src/clouds/aws/failure.ts'
import { answerWith } from '../../contract/scripted-server.ts'

const PIECE = Buffer.alloc(1024 * 1024, 32)

/** Clients of a server that answers without end; `ended` resolves when one of its connections is closed. */
async function openEndless() {
  let close = () => {}
  const ended = new Promise<void>((resolve) => {
    close = resolve
  })
  const goOn = (response: ServerResponse) => {
    while (!response.destroyed && response.write(PIECE));
  }
  const server = createServer((request, response) => {
    request.resume()
    response.on('drain', () => goOn(response)).on('close', close)
    goOn(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = openClients(
    { region: 'eu-west-1', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 's' } },
    () => 0,
  )
  onTestFinished(() => {
    clients.close()
    server.close()
    server.closeAllConnections()
  })
  return { clients, ended }
}

/** Clients of a server that answers each call with a text and status 200. */
async function openAnswering(text: string) {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end(text))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = { region: 'eu-west-1', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 's' } }
  const clients = openClients(settings, () => 0)
  onTestFinished(() => {
    clients.close()
    server.close()
    server.closeAllConnections()
  })
  return clients
}

describe('an answer of status 200 that AWS would not send is refused', () => {
  const QueueUrl = 'http://127.0.0.1/1/a'
  const calls: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
    'Lambda ListFunctions': ({ lambda }) => lambda.send(new ListFunctionsCommand({})),
    'Kinesis ListStreams': ({ kinesis }) => kinesis.send(new ListStreamsCommand({})),
    'SQS ListQueues': ({ sqs }) => sqs.send(new ListQueuesCommand({})),
    'SQS GetQueueUrl': ({ sqs }) => sqs.send(new GetQueueUrlCommand({ QueueName: 'a' })),
    'SQS ReceiveMessage': ({ messages }) => messages.send(new ReceiveMessageCommand({ QueueUrl })),
    'IAM ListRoles': ({ iam }) => iam.send(new ListRolesCommand({})),
    'CloudWatchLogs FilterLogEvents': ({ logs }) => logs.send(new FilterLogEventsCommand({ logGroupName: 'a' })),
    'ResourceGroupsTaggingAPI GetResources': ({ tagging }) => tagging.send(new GetResourcesCommand({})),
    'DynamoDB Scan': async ({ dynamodb }) => (await dynamodb()).send(new ScanCommand({ TableName: 'a' })),
    'S3 ListObjectsV2': async ({ s3 }) => (await s3()).send(new ListObjectsV2Command({ Bucket: 'a' })),
  }
  /** SQS sends this for none. */
  const MAY_BE_BARE = new Set(['SQS ListQueues', 'SQS ReceiveMessage'])
  const junk = ['', ' ', '{}', '{"hello":"world"}', '<html><body>hello</body></html>', 'hello', 'null', '[]']
  const cases = Object.keys(calls).flatMap((name) => junk.map((text) => [name, text] as const))

  test.each(cases.filter(([name, text]) => text !== '{}' || !MAY_BE_BARE.has(name)))('%s: %j', async (name, text) => {
    const clients = await openAnswering(text)
    const told = mended(await calls[name]!(clients).catch((error: unknown) => error), {
      doing: 'look',
      region: 'eu-west-1',
    })
    expect(told).toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining(`the answer to ${name} did not come from AWS`),
    })
  })
})

test.each(['hang', 'hang in the answer', 'drip'] as const)(
  'a call ends in time where its server does not end its answer, and is not made again: %s',
  async (kind) => {
    let requests = 0
    const server = createServer((request, response) => {
      requests++
      answerWith({ kind }, '{}', request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' }
    const open: string[] = []
    const onCall = (name: string) => {
      open.push(name)
      return () => void open.push(`${name} has ended`)
    }
    const settings = { region: 'eu-west-1', endpoint, credentials, answerMs: 200, onCall }
    const clients = openClients(settings, () => performance.now())
    onTestFinished(() => {
      clients.close()
      server.close()
      server.closeAllConnections()
    })
    const error = await clients.lambda.send(new ListFunctionsCommand({})).catch((error: unknown) => error)
    expect(mended(error, { doing: 'look', region: 'eu-west-1' })).toMatchObject({ code: 'AWS_UNREACHABLE' })
    expect(requests).toBeLessThanOrEqual(1)
    expect(open).toEqual(['Lambda ListFunctions', 'Lambda ListFunctions has ended'])
  },
)

test.each(['SQS ListQueues', 'Lambda Invoke'])('an endless answer is ended at a limit: %s', async (name) => {
  const { clients, ended } = await openEndless()
  const call =
    name === 'SQS ListQueues'
      ? clients.sqs.send(new ListQueuesCommand({}))
      : clients.invocations.send(new InvokeCommand({ FunctionName: 'a', InvocationType: 'Event' }))
  const told = mended(await call.catch((error: unknown) => error), { doing: 'look', region: 'eu-west-1' })
  expect(told).toMatchObject({
    code: 'AWS_REFUSED',
    message: expect.stringContaining(
      `the answer to ${name} did not come from AWS: it is longer than 64 MiB, it has status`,
    ),
  })
  await ended
})
