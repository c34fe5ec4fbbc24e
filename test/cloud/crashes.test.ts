import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis'
import { CreateQueueCommand, DeleteQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { asFirstAttempt, makeReady } from '../../src/cli/errors/ready.ts'
import { type KeptRecord, readBack } from '../../src/clouds/aws/read-back.ts'
import { loadProject } from '../../src/project/project.ts'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { createPack } from '../../src/runtime/pack.ts'
import { folderOf } from '../cli/folder.ts'
import { streamCrashOf } from '../contract/crash.ts'
import { graphOf } from '../contract/graph.ts'
import { messageOf } from '../contract/message.ts'
import { attakJson } from './attak.ts'
import { describeOnRuntimes, runProcessor } from './runtimes.ts'
import { openEmulator } from './stage.ts'

const REGION = 'us-east-1'
const ARN = { kinesis: `arn:aws:kinesis:${REGION}:000000000000`, lambda: `arn:aws:lambda:${REGION}:000000000000` }
const TIME = '2026-11-21T13:00:00.000Z'
/** How an event ends its process, and what is then known of it. */
const WAYS = { exit: /the function ended with 0:/, memory: /heap out of memory/ }

/** A worker that ends its process, and one that is fixed. */
const WORKER = (isMended: boolean) => `
const kept = []
const ends = {
  exit: () => process.exit(),
  memory: () => {
    for (;;) kept.push(new Array(100_000).fill(kept.length))
  },
}
export function handler({ n, way }, context) {
  ${isMended ? '' : 'ends[way]?.()'}
  return context.emit('done', n)
}
`

const FILES = (name: string) => ({
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: '${name}',
  processors: {
    spout: (event, { emit }) => emit('work', event),
    worker: { path: './worker', environment: { NODE_OPTIONS: '--max-old-space-size=48' } },
  },
  streams: [{ from: 'spout', to: 'worker', topic: 'work' }],
}
`,
  'worker.js': WORKER(false),
})

/** What is in the stream, a pack each: what ends the process is in the middle of the second. */
const packsFor = (way: string) => [[{ n: 0 }], [{ n: 1 }, { n: 2, way }, { n: 3 }], [{ n: 4 }]]

describeOnRuntimes('a function that ends amid its messages', (runtime, program) => {
  test.each(Object.entries(WAYS))(
    'by %s acknowledges no message; its record suspects each, and replay runs all',
    async (way, ended) => {
      const name = `crashed-${way}-${runtime.slice(0, -2)}`
      const folder = folderOf(FILES(name))
      const { records, report } = await streamOf(name, packsFor(way))
      // Lambda halves what a function does not get through, until the record that ends it is alone.
      for (const batch of [records, [records[1]!]]) {
        const running = await runProcessor(folder, 'worker', program)
        await expect(running.invoke(batchOf(name, batch))).rejects.toThrow(ended)
      }

      await report(records[1]!)
      const [crashes] = (await attakJson(folder, ['errors', 'list'])) as never as ErrorRecord[][]
      expect(crashes).toMatchObject([
        { kind: 'crash', processor: 'worker', position: records[1]!.position, attempt: 3 },
      ])
      expect(crashes![0]!.suspects?.map(({ data, type, attakparent }) => [data, type, attakparent])).toEqual(
        packsFor(way)[1]!.map((data) => [data, 'work', 'the id of its parent']),
      )

      writeFileSync(join(folder, 'worker.js'), WORKER(true))
      const project = await loadProject(folder, { cwd: folder, stage: 'dev' })
      const { units, problems } = await makeReady(crashes!, {
        names: ['spout', 'worker'],
        processors: project.processors,
        hint: (words) => words,
      })
      expect(problems).toEqual([])
      const mended = await runProcessor(folder, 'worker', program)
      for (const event of units.flatMap(({ events }) => events)) {
        expect(await mended.invoke({ ...asFirstAttempt(event), attakreplay: TIME })).toMatchObject({ kind: 'response' })
      }
      const done = () => [...mended.output().matchAll(/"topic":"done".*"data":(\d)/g)].map(([, n]) => n)
      await vi.waitFor(() => expect(done()).toEqual(['1', '2', '3']), 10_000)
    },
  )
})

/** Puts packs into the stream of `worker`; gives its records, and what reports one of them as Lambda does. */
async function streamOf(name: string, packs: readonly (readonly object[])[]) {
  const aws = await openEmulator(inject('ministack'), REGION)
  const { kinesis, sqs } = aws.clients
  const stream = `${name}--dev--worker`
  await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }))
  const queues: string[] = []
  for (const part of ['_crashes', '_errors']) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}--dev--${part}` }))
    queues.push(QueueUrl!)
  }
  onTestFinished(async () => {
    await kinesis.send(new DeleteStreamCommand({ StreamName: stream }))
    for (const QueueUrl of queues) await sqs.send(new DeleteQueueCommand({ QueueUrl }))
    aws.close()
  })
  await vi.waitFor(async () => {
    const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }))
    expect(StreamDescriptionSummary?.StreamStatus).toBe('ACTIVE')
  }, 30_000)
  const places: { ShardId?: string | undefined; SequenceNumber?: string | undefined }[] = []
  for (const [index, events] of packs.entries()) {
    const Data = Buffer.from(packOf(name, events, index * 10))
    places.push(await kinesis.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'any', Data })))
  }
  const shard = places[0]!.ShardId!
  const [first, last] = [places[0]!.SequenceNumber!, places.at(-1)!.SequenceNumber!]
  const range = { stream, shard, first, last, most: places.length }
  const streams = [{ from: 'spout', to: 'worker', topic: 'work' }]
  const graph = graphOf({ name, processors: { spout: () => {}, worker: () => {} }, streams })
  const report = (record: KeptRecord) => {
    const MessageBody = JSON.stringify(crashOf(name, shard, record))
    return sqs.send(new SendMessageCommand({ QueueUrl: queues[0], MessageBody }))
  }
  return { records: (await readBack(aws, { graph, processor: 'worker' }, range))!, report }
}

/** What `spout` sends in one record. */
function packOf(topology: string, events: readonly object[], first: number): string {
  const pack = createPack({ topology, stage: 'dev' }, undefined)
  for (const [index, data] of events.entries()) {
    const message = messageOf({ data, topic: 'work', edge: { from: 'spout', to: 'worker' }, ordinal: first + index })
    pack.add(message, JSON.stringify(data), 100_000)
  }
  return pack.encode(TIME)
}

/** As in the Lambda developer guide, "with-kinesis", read 2026-11-21. */
function batchOf(name: string, records: readonly KeptRecord[]) {
  const Records = records.map(({ sequence, position, partitionKey, data }) => ({
    kinesis: {
      ...{ kinesisSchemaVersion: '1.0', partitionKey, sequenceNumber: sequence, data: data.toString('base64') },
      approximateArrivalTimestamp: Date.parse(TIME) / 1000,
    },
    ...{ eventSource: 'aws:kinesis', eventVersion: '1.0', eventName: 'aws:kinesis:record', awsRegion: REGION },
    eventID: position.ref.replace('/', ':'),
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/worker',
    eventSourceARN: `${ARN.kinesis}:stream/${name}--dev--worker`,
  }))
  return { Records }
}

/** The report of Lambda about one record that its worker did not get through. */
function crashOf(name: string, shardId: string, { sequence }: KeptRecord) {
  const functionArn = `${ARN.lambda}:function:${name}--dev--worker`
  const streamArn = `${ARN.kinesis}:stream/${name}--dev--worker`
  return streamCrashOf({ functionArn, streamArn, shardId, startSequenceNumber: sequence })
}
