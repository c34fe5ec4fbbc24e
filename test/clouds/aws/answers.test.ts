import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { openClients } from '../../../src/clouds/aws/clients.ts'
import { mended } from '../../../src/clouds/aws/failure.ts'

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
      `the answer to ${name} is not one of AWS: it is longer than 64 MiB, it has status`,
    ),
  })
  await ended
})
