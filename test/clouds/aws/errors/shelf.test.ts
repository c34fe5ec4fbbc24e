import { DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, openClients } from '../../../../src/clouds/aws/clients.ts'
import { bucketShelf } from '../../../../src/clouds/aws/errors/bucket.ts'
import { openShelf } from '../../../../src/clouds/aws/errors/open.ts'
import { queueShelf } from '../../../../src/clouds/aws/errors/queue.ts'
import { togetherOf } from '../../../../src/clouds/aws/errors/shelf.ts'
import { tableShelf } from '../../../../src/clouds/aws/errors/table.ts'
import { parseRecord } from '../../../../src/runtime/parse-record.ts'
import { invokeCrashOf } from '../../../contract/crash.ts'
import { createTable, startDynalite } from '../../../contract/dynalite.ts'
import { type Emulator, PLACE } from '../../../contract/emulator.ts'
import { createFakeShelf } from '../../../contract/fake-shelf.ts'
import { startFauxqs } from '../../../contract/fauxqs.ts'
import { nthRecord, shelfContract } from '../../../contract/shelf.ts'
import { graphOf } from '../graphs.ts'

let [fauxqs, dynalite]: (Emulator | undefined)[] = []
let [sqs, dynamo]: (Clients | undefined)[] = []
let worlds = 0

const clientsOf = ({ env: { AWS_ENDPOINT_URL = '' } }: Emulator) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return openClients({ endpoint: AWS_ENDPOINT_URL, credentials, region: PLACE.region }, performance.now)
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

shelfContract('in memory', () => {
  const shelf = createFakeShelf()
  return { shelf, put: async (_, text) => shelf.put(text), close: async () => {} }
})

shelfContract('of a queue', async () => {
  const name = `errors-${++worlds}`
  const client = sqs!.sqs
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }))
  const read = ({ Body = '' }) => {
    const parsed = parseRecord(Body, `queue ${name}`)
    return parsed.kind === 'record' ? parsed.record : parsed.problem
  }
  return {
    shelf: queueShelf({ sqs: client, name, read }),
    put: async (_, text) => void (await client.send(new SendMessageCommand({ QueueUrl, MessageBody: text }))),
    close: async () => {},
  }
})

shelfContract('of a bucket', async () => {
  const bucket = `errors-${++worlds}`
  const s3 = await sqs!.s3()
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
  await put('attak/orders/prod/errors/other.json', '{}')
  const prefix = 'attak/orders/dev/errors/'
  return {
    shelf: bucketShelf({ clients: sqs! }, { bucket, prefix }),
    put: async (id, text) => void (await put(`${prefix}${id}.json`, text)),
    close: async () => {},
  }
})

shelfContract('of a table', async () => {
  const TableName = `errors-${++worlds}`
  const client = await dynamo!.dynamodb()
  await createTable(dynalite!, TableName)
  return {
    shelf: tableShelf({ clients: dynamo! }, TableName),
    async put(id, text) {
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, record: { S: text } } }))
    },
    close: async () => void (await client.send(new DeleteTableCommand({ TableName }))),
  }
})

describe('several shelves as one', () => {
  test('list the same record once, and remove it from each', async () => {
    const shelves = [createFakeShelf([nthRecord(1, 3), nthRecord(2)]), createFakeShelf([nthRecord(1, 4)])]
    const one = togetherOf(shelves)
    expect((await one.list()).records).toEqual([nthRecord(2), nthRecord(1, 4)])
    expect(await one.remove([nthRecord(1, 4)])).toEqual(new Set([nthRecord(1).id]))
    expect((await one.list()).records).toEqual([nthRecord(2)])
  })
})

describe('the shelf of a stage', () => {
  const graph = graphOf({ name: 'orders', processors: { b: () => {} } })
  const open = () =>
    openShelf(
      { clients: sqs!, place: PLACE, scope: { topology: 'orders', stage: 'dev' } },
      { graph, fifo: false, known: () => undefined },
    )
  const makeQueue = async (QueueName: string) => (await sqs!.sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl

  test('which was never deployed: it says so, with what to run', async () => {
    await expect(open().list()).rejects.toMatchObject({
      code: 'NOT_DEPLOYED',
      message: 'orders (dev) is not deployed here: the errors queue orders--dev--_errors is not there',
      remedy: expect.stringContaining('attak deploy'),
    })
  })

  test("whose bucket, which is the user's, is not there", async () => {
    const errors = { store: 's3', bucket: 'nowhere', prefix: '' }
    const scope = { topology: 'orders', stage: 'dev' }
    const named = graphOf({ name: 'orders', processors: { b: () => {} }, errors })
    const shelf = openShelf(
      { clients: sqs!, place: PLACE, scope },
      { graph: named, fifo: false, known: () => undefined },
    )
    await expect(shelf.list()).rejects.toMatchObject({ code: 'NOT_DEPLOYED' })
  })

  test('is its errors queue and its crashes, without records of others', async () => {
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
    const { records } = await open().list()
    expect(records.map(({ kind, error }) => [kind, error.name])).toEqual([
      ['failed', 'Error'],
      ['crash', 'Runtime.ExitError'],
    ])
    await open().remove(records)
    expect((await open().list()).records).toEqual([])
  })
})
