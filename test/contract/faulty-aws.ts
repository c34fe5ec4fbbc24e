import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Emulator, openClientAt, portOf } from './emulator.ts'

/** What is wrong with a call that comes in: nothing, all of it, or some of its records; or the answer to it is lost. */
export type Fault = 'none' | 'throttle' | 'fault' | 'cut before' | 'cut after' | 'some refused'

/** A server that keeps what it accepts of PutRecords and SendMessageBatch, and fails as the test sets it. */
export interface FaultyAws extends Emulator {
  /** Bodies of records that were accepted, in order. */
  readonly accepted: readonly string[]
  readonly calls: readonly { readonly records: number; readonly bytes: number; readonly keys: readonly string[] }[]
}

interface Entry {
  readonly body: string
  readonly key: string
}

/** Starts a server; `fault` returns the fault of each call in turn, `refuses` which records of one are refused. */
export async function startFaultyAws(fault: () => Fault, refuses: () => boolean): Promise<FaultyAws> {
  const accepted: string[] = []
  const calls: { records: number; bytes: number; keys: readonly string[] }[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const isKinesis = String(request.headers['x-amz-target']).startsWith('Kinesis')
    const entries = entriesIn(JSON.parse(Buffer.concat(chunks).toString('utf8')))
    const bytes = entries.reduce((sum, { body, key }) => sum + Buffer.byteLength(body) + Buffer.byteLength(key), 0)
    calls.push({ records: entries.length, bytes, keys: entries.map(({ key }) => key) })
    const wrong = fault()
    if (wrong === 'cut before') return void request.socket.destroy()
    if (wrong === 'throttle') {
      return void response.writeHead(400).end('{"__type":"x#ThrottlingException","message":"Rate exceeded"}')
    }
    if (wrong === 'fault') return void response.writeHead(500).end('<html>')
    const refused = entries.map(() => wrong === 'some refused' && refuses())
    accepted.push(...entries.filter((_, index) => !refused[index]).map(({ body }) => body))
    if (wrong === 'cut after') return void request.socket.destroy()
    response.end(JSON.stringify(isKinesis ? putRecordsAnswer(refused) : sendMessageBatchAnswer(refused)))
  }

  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { env, client } = openClientAt(portOf(server))
  return {
    env,
    client,
    accepted,
    calls,
    async close() {
      client.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

interface CallBody {
  readonly Records?: readonly { Data: string; PartitionKey: string }[]
  readonly Entries?: readonly { MessageBody: string; MessageGroupId?: string }[]
}

function entriesIn({ Records = [], Entries = [] }: CallBody): readonly Entry[] {
  return [
    ...Records.map(({ Data, PartitionKey }) => ({ body: Buffer.from(Data, 'base64').toString(), key: PartitionKey })),
    ...Entries.map(({ MessageBody, MessageGroupId = '' }) => ({ body: MessageBody, key: MessageGroupId })),
  ]
}

function putRecordsAnswer(refused: readonly boolean[]): object {
  return {
    FailedRecordCount: refused.filter(Boolean).length,
    Records: refused.map((is, index) =>
      is
        ? { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard' }
        : { SequenceNumber: `${index}`, ShardId: 'shardId-000000000000' },
    ),
  }
}

function sendMessageBatchAnswer(refused: readonly boolean[]): object {
  const ids = refused.map((is, index) => ({ is, Id: `${index}` }))
  return {
    Successful: ids.filter(({ is }) => !is).map(({ Id }) => ({ Id, MessageId: Id })),
    Failed: ids.filter(({ is }) => is).map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
  }
}
