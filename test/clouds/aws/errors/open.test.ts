import { DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, openClients } from '../../../../src/clouds/aws/clients.ts'
import { openErrors } from '../../../../src/clouds/aws/errors/open.ts'
import { joinReaders } from '../../../../src/runtime/error-reader.ts'
import { parseRecord } from '../../../../src/runtime/parse-record.ts'
import { tableReader } from '../../../../src/stores/dynamodb/reader.ts'
import { bucketReader } from '../../../../src/stores/s3/reader.ts'
import { queueReader } from '../../../../src/stores/sqs/reader.ts'
import { invokeCrashOf } from '../../../contract/crash.ts'
import { createTable, startDynalite } from '../../../contract/dynalite.ts'
import { type Emulator, PLACE } from '../../../contract/emulator.ts'
import { nthRecord, readerContract } from '../../../contract/error-reader.ts'
import { createFakeReader } from '../../../contract/fake-error-reader.ts'
import { startFauxqs } from '../../../contract/fauxqs.ts'
import { graphOf } from '../../../contract/graph.ts'

let [fauxqs, dynalite]: (Emulator | undefined)[] = []
let [sqs, dynamo]: (Clients | undefined)[] = []
let worlds = 0

const clientsOf = ({ env: { AWS_ENDPOINT_URL = '' } }: Emulator) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return openClients({ endpoint: AWS_ENDPOINT_URL, credentials, region: PLACE.region }, () => performance.now())
}

beforeAll(async () => {
  fauxqs = await startFauxqs()
  dynalite = await startDynalite()
  sqs = clientsOf(fauxqs)
  dynamo = clientsOf(dynalite)
})

afterAll(async () => {
  sqs?.close()
  dynamo?.close()
  await fauxqs?.close()
  await dynalite?.close()
})

readerContract('in memory', () => {
  const reader = createFakeReader()
  return { reader, put: async (_, text) => reader.put(text), close: async () => {} }
})

readerContract('of a queue', async () => {
  const name = `errors-${++worlds}`
  const client = sqs!.sqs
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }))
  const read = ({ Body = '' }) => {
    const parsed = parseRecord(Body, `queue ${name}`)
    return parsed.kind === 'record' ? parsed.record : parsed.problem
  }
  return {
    reader: queueReader({ sqs: client, name, read }),
    put: async (_, text) => void (await client.send(new SendMessageCommand({ QueueUrl, MessageBody: text }))),
    close: async () => {},
  }
})

readerContract('of a bucket', async () => {
  const bucket = `errors-${++worlds}`
  const s3 = await sqs!.s3()
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
  await put('attak/orders/prod/errors/other.json', '{}')
  const prefix = 'attak/orders/dev/errors/'
  return {
    reader: bucketReader(s3, { bucket, prefix }),
    put: async (id, text) => void (await put(`${prefix}${id}.json`, text)),
    close: async () => {},
  }
})

readerContract('of a table', async () => {
  const TableName = `errors-${++worlds}`
  const client = await dynamo!.dynamodb()
  await createTable(dynalite!, TableName)
  return {
    reader: tableReader(client, TableName),
    async put(id, text) {
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, record: { S: text } } }))
    },
    close: async () => void (await client.send(new DeleteTableCommand({ TableName }))),
  }
})

describe('several readers as one', () => {
  test('list the same record once, and remove it from each', async () => {
    const readers = [createFakeReader([nthRecord(1, 3), nthRecord(2)]), createFakeReader([nthRecord(1, 4)])]
    const one = joinReaders(readers)
    expect((await one.list()).records).toEqual([nthRecord(2), nthRecord(1, 4)])
    expect(await one.remove([nthRecord(1, 4)])).toEqual(new Set([nthRecord(1).id]))
    expect((await one.list()).records).toEqual([nthRecord(2)])
  })
})

describe('the reader of a stage', () => {
  const graph = graphOf({ name: 'orders', processors: { b: () => {} } })
  const open = () =>
    openErrors(
      { clients: sqs!, place: PLACE, scope: { topology: 'orders', stage: 'dev' } },
      { graph, fifo: false, known: () => undefined },
    )
  const makeQueue = async (QueueName: string) => (await sqs!.sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl

  test('reports a stage that was never deployed, with the command to run', async () => {
    await expect((await open()).list()).rejects.toMatchObject({
      code: 'NOT_DEPLOYED',
      message: 'orders (dev) is not deployed here: the errors queue orders--dev--_errors does not exist',
      remedy: expect.stringContaining('attak deploy'),
    })
  })

  test('reports a missing bucket of the user', async () => {
    const errors = { store: 's3', bucket: 'nowhere', prefix: '' }
    const scope = { topology: 'orders', stage: 'dev' }
    const named = graphOf({ name: 'orders', processors: { b: () => {} }, errors })
    const reader = await openErrors(
      { clients: sqs!, place: PLACE, scope },
      { graph: named, fifo: false, known: () => undefined },
    )
    await expect(reader.list()).rejects.toMatchObject({ code: 'NOT_DEPLOYED' })
  })

  test('reads its errors queue and its crashes, without records of other stages', async () => {
    const QueueUrl = await makeQueue('orders--dev--_errors')
    const crashes = await makeQueue('orders--dev--_crashes')
    const send = (url: string | undefined, body: object) =>
      sqs!.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(body) }))
    await send(QueueUrl, nthRecord(1))
    await send(QueueUrl, { ...nthRecord(2), topology: 'another' })
    await send(crashes, {
      ...invokeCrashOf('arn:aws:lambda:eu-west-1:000000000000:function:orders--dev--b'),
      requestPayload: { order: 7 },
      responsePayload: { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: e4b Error: exit status 1' },
    })
    const { records } = await (await open()).list()
    expect(records.map(({ kind, error }) => [kind, error.name])).toEqual([
      ['failed', 'Error'],
      ['crash', 'Runtime.ExitError'],
    ])
    await (await open()).remove(records)
    expect((await (await open()).list()).records).toEqual([])
  })
})
