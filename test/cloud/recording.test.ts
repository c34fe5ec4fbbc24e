import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Clients } from '../../src/clouds/aws/clients.ts'
import { folderOf } from '../cli/folder.ts'
import { attak, attakJson, type Fields, outputsIn } from './attak.ts'
import { everythingOf } from './everything.ts'
import { openEmulator } from './stage.ts'

const ACCOUNT = '000000000000'

/** A processor that fails on what it gets, retried once, with more settings of the topology. */
function topologyOf(settings: object, processor: object = { retries: 1, backoff: { firstMs: 1 } }): string {
  const said = JSON.stringify({ ...settings, processors: { sum: { path: './sum', ...processor } } })
  return `export default { name: 'kept', ...${said} }\n`
}

const SUM = {
  'package.json': { type: 'module', main: 'topology.js' },
  'sum.js': 'export function handler(event) { throw new Error("cannot add " + event) }\n',
  'input.json': { sum: 'one' },
}

async function clientsHere(): Promise<Clients> {
  const { clients, close } = await openEmulator(inject('ministack'), 'us-east-1')
  onTestFinished(close)
  return clients
}

interface Kept {
  readonly errors: unknown
  /** Makes what the user brings. */
  make?(clients: Clients): Promise<void>
  /** The texts of the records that are kept there. */
  kept(clients: Clients, stage: string): Promise<readonly (string | undefined)[]>
}

const MINE = `arn:aws:sqs:us-east-1:${ACCOUNT}:kept-by-me`

const STORES: Readonly<Record<string, Kept>> = {
  'the queue of the topology': {
    errors: { retention: 48 },
    kept: ({ sqs }, stage) => received(sqs, `kept--${stage}--_errors`),
  },
  'a queue of the user': {
    errors: { queue: MINE },
    async make({ sqs }) {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'kept-by-me' }))
      onTestFinished(async () => void (await sqs.send(new DeleteQueueCommand({ QueueUrl }))))
    },
    kept: ({ sqs }) => received(sqs, 'kept-by-me'),
  },
  'a table': {
    errors: 'dynamodb',
    async kept({ dynamodb }, stage) {
      const { Items = [] } = await (await dynamodb()).send(new ScanCommand({ TableName: `kept--${stage}--_errors` }))
      return Items.map(({ record }) => record?.S)
    },
  },
  'a bucket of the user': {
    errors: { store: 's3', bucket: 'kept-by-me', prefix: 'team' },
    async make({ s3 }) {
      await (await s3()).send(new CreateBucketCommand({ Bucket: 'kept-by-me' }))
    },
    async kept({ s3 }, stage) {
      const opened = await s3()
      const where = { Bucket: 'kept-by-me', Prefix: `team/attak/kept/${stage}/errors/` }
      const { Contents = [] } = await opened.send(new ListObjectsV2Command(where))
      const got = Contents.map(({ Key }) => opened.send(new GetObjectCommand({ Bucket: where.Bucket, Key })))
      return Promise.all((await Promise.all(got)).map(({ Body }) => Body?.transformToString()))
    },
  },
}

async function received(sqs: Clients['sqs'], name: string): Promise<readonly (string | undefined)[]> {
  const QueueUrl = `${inject('ministack')}/${ACCOUNT}/${name}`
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
  return Messages.map(({ Body }) => Body)
}

describe('final failures of a deployed processor are kept', () => {
  test.each(Object.entries(STORES))('in %s', async (where, { errors, make, kept }) => {
    const clients = await clientsHere()
    await make?.(clients)
    const name = `s${Object.keys(STORES).indexOf(where)}`
    const stage = ['--stage', name]
    const folder = folderOf({ ...SUM, 'topology.js': topologyOf({ errors }) })
    onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
    await attakJson(folder, ['deploy', '--yes', ...stage])
    expect((await attakJson(folder, ['deploy', '--yes', ...stage]))[0]).toMatchObject({ changes: [] })
    await attak(folder, ['trigger', '--follow', '--quiet-after', '5', ...stage])

    const records = (await kept(clients, name)).map((text) => JSON.parse(text ?? '') as Fields)
    expect(records).toMatchObject([
      { kind: 'failed', topology: 'kept', stage: name, processor: 'sum', attempt: 2, message: { data: 'one' } },
    ])
    expect(records[0]?.artifact).toMatch(/^[\w+/]{43}=$/)
  })
})

test('a message with a long wait is retried from the retry queue, and holds up no other', async () => {
  const stage = ['--stage', 'later']
  const later = { retries: 1, timeout: 2, backoff: { firstMs: 6000, jitter: false } }
  const folder = folderOf({
    ...SUM,
    'topology.js': topologyOf({ name: 'later' }, later),
    'sum.js': `export function handler(event, context) {
  if (event === 'late' && context.attempt === 1) throw new Error('not yet')
  return context.emit('sum', [event, context.attempt])
}
`,
    'input.json': [
      { to: 'sum', event: 'late' },
      { to: 'sum', event: 'at once' },
    ],
  })
  onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
  await attakJson(folder, ['deploy', '--yes', ...stage])
  const followed = await attakJson(folder, ['trigger', '--follow', '--quiet-after', '12', ...stage])
  expect(outputsIn(followed)).toEqual(['["sum","sum",["at once",1]]', '["sum","sum",["late",2]]'])
})

test('resources for failures follow the topology, unless they hold records or messages', async () => {
  const stage = ['--stage', 'life']
  const folder = folderOf({ ...SUM, 'topology.js': topologyOf({ errors: 'dynamodb', idempotent: true }) })
  const deploy = async (...argv: string[]): Promise<Fields> =>
    (await attakJson(folder, ['deploy', '--yes', ...argv, ...stage]))[0]!
  onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
  await deploy()
  const [status] = await attakJson(folder, ['status', ...stage])
  expect(status?.resources).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'table/_errors', state: 'ACTIVE', details: { items: 0 } }),
      expect.objectContaining({ id: 'table/_handled', state: 'ACTIVE' }),
      expect.objectContaining({ id: 'queue/_retry-sum', state: 'there' }),
      expect.objectContaining({ id: 'mapping/_retry-sum/sum', state: 'Enabled' }),
    ]),
  )

  writeFileSync(join(folder, 'topology.js'), topologyOf({}, {}))
  const changed = await deploy()
  const idsOf = (list: readonly Fields[]) => list.map(({ id }) => id).sort()
  expect(idsOf(changed.kept)).toEqual(['queue/_retry-sum', 'table/_errors'])
  expect(changed.changes.filter(({ change }: Fields) => change === 'remove').map(({ id }: Fields) => id)).toEqual([
    ...['mapping/_retry-sum/sum', 'table/_handled'],
  ])
  expect(idsOf((await deploy('--allow-data-loss')).changes)).toEqual(['queue/_retry-sum', 'table/_errors'])

  expect((await attak(folder, ['destroy', '--yes', ...stage])).code).toBe(0)
  expect(await everythingOf(inject('ministack'), 'kept--life--')).toEqual([])
})
