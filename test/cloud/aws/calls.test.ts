import type { LambdaClient } from '@aws-sdk/client-lambda'
import {
  type GetResourcesCommandInput,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api'
import type { InitializeMiddleware } from '@smithy/types'
import { expect, inject, it } from 'vitest'
import type { Scope } from '../../../src/aws/names.ts'
import type { Clients } from '../../../src/clouds/aws/clients.ts'
import { TAGS } from '../../../src/clouds/aws/tags.ts'
import type { LiveResource } from '../../../src/graph/resource.ts'
import { graphOf } from '../../contract/graph.ts'
import { CREDENTIALS, openEmulator, stageOf } from '../stage.ts'

/** Keeps the names of calls, and returns those of calls that change something. */
function countCalls({ close, ...clients }: Clients) {
  const calls: string[] = []
  const opened = Object.values(clients).filter((client) => typeof client !== 'function')
  for (const { middlewareStack } of opened as readonly LambdaClient[]) {
    const count: InitializeMiddleware<object, object> =
      (next, { commandName }) =>
      (args) => {
        calls.push(commandName ?? '')
        return next(args)
      }
    middlewareStack.add(count as never, { step: 'initialize', name: 'countCalls', priority: 'high' })
  }
  const dynamodb = () => {
    calls.push('DynamoDB')
    return clients.dynamodb()
  }
  return {
    clients: { ...clients, close, dynamodb },
    taken: () => calls.splice(0),
    writes: (names: readonly string[]) => names.filter((name) => !/^(?:Get|List|Describe)/.test(name)),
  }
}

/** Answers a call that moto does not know, as one that was done. */
function answerHere({ middlewareStack }: LambdaClient, command: string): void {
  const answer: InitializeMiddleware<object, object> =
    (next, { commandName }) =>
    async (args) =>
      commandName === command ? { response: {}, output: { $metadata: {} } as never } : next(args)
  middlewareStack.add(answer as never, { step: 'initialize', name: 'answerOne' })
}

/** The tagging API as AWS has it, a hundred resources a page; those of emulators know some kinds only. */
function taggingOf({ topology, stage }: Scope, live: readonly LiveResource[]): ResourceGroupsTaggingAPIClient {
  const client = new ResourceGroupsTaggingAPIClient({ region: 'eu-west-1', credentials: CREDENTIALS })
  const all = live.filter(({ kind }) => kind !== 'role')
  client.middlewareStack.add(
    () =>
      async ({ input }) => {
        const from = Number((input as GetResourcesCommandInput).PaginationToken ?? 0)
        const page = all.slice(from, from + 100).map(({ id, address, fingerprint = '' }) => ({
          ResourceARN: address,
          Tags: Object.entries({
            [TAGS.topology]: topology,
            [TAGS.stage]: stage,
            [TAGS.resource]: id,
            [TAGS.config]: fingerprint,
          }).map(([Key, Value]) => ({ Key, Value })),
        }))
        const PaginationToken = from + 100 < all.length ? String(from + 100) : ''
        return { response: {}, output: { $metadata: {}, ResourceTagMappingList: page, PaginationToken } }
      },
    { step: 'initialize', name: 'answerHere' },
  )
  return client
}

it('makes 8 calls for 100 unchanged processors, and 7 more for a changed one', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `p${index}`)
  const graph = graphOf({
    name: 'hundred',
    // Of ten, what waits to be tried again; of one, what was handled is remembered.
    processors: Object.fromEntries(
      names.map((name, index) => [
        name,
        { handler: () => {}, retries: index % 10 === 0 ? 1 : 0, idempotent: index === 1 },
      ]),
    ),
    errors: 'dynamodb',
    streams: names.slice(1).map((to, index) => ({ from: names[index], to })),
  })
  const first = await openEmulator(inject('moto'))
  answerHere(first.clients.lambda, 'PutFunctionRecursionConfigCommand')
  await (await stageOf(first, graph)).deploy()
  first.close()

  const opened = await openEmulator(inject('moto'))
  const openingCalls = 1
  const stage = { topology: graph.name, stage: graph.stage }
  const clients = {
    ...opened.clients,
    tagging: taggingOf(stage, await (await stageOf(opened, graph)).cloud.list('thorough')),
  }
  const counted = countCalls(clients)
  const { taken, writes } = counted
  // As on AWS: listed by tags, and queues by their names.
  const aws = { ...opened, clients: counted.clients, emulated: false, listsByTags: true }
  const again = await stageOf(aws, graph)
  expect((await again.deploy()).changes).toEqual([])
  const idle = taken()
  expect(writes(idle)).toEqual([])
  expect(idle.length + openingCalls).toBeLessThanOrEqual(8)

  const changed = await stageOf(aws, graph, (name) => (name === 'p7' ? 'changed' : name))
  expect((await changed.deploy()).changes.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['update function/p7'])
  const one = taken()
  // Two of them distinguish a deploy that was overtaken from one that has ended.
  expect(one.length - idle.length).toBeLessThanOrEqual(7)
  opened.close()
})
