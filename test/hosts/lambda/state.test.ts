import { afterAll, beforeAll, expect, it } from 'vitest'
import { bakeEntry } from '../../../src/bundle/bake.ts'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import { openState } from '../../../src/hosts/lambda/state.ts'
import type { Context } from '../../../src/topology/handler.ts'
import { createTable, startDynalite } from '../../contract/dynalite.ts'
import { type Emulator, PLACE } from '../../contract/emulator.ts'
import { createFakeStore } from '../../contract/fake-store.ts'
import { graphOf } from '../../contract/graph.ts'
import { fastHost } from './cloud.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startDynalite()
})
afterAll(() => emulator.close())

it('a deployed processor keeps its state in the table of its topology, for all copies of its function', async () => {
  await createTable(emulator, 'test--dev--_state', 'name')
  const seen: unknown[] = []
  const handler = async (_event: unknown, { state }: Context) => {
    const { value = 0, version } = await state.get<number>('count')
    seen.push(value)
    await state.set('count', value + 1, { ifVersion: version })
  }
  const graph = graphOf({ name: 'test', processors: { count: { handler, state: true } } })
  const baked = JSON.parse(JSON.stringify(bakeEntry(graph, ['count'])))
  for (let copy = 0; copy < 3; copy++) {
    const entry = createEntry(
      { ...baked, load: () => ({ name: 'count', handler }) },
      { carriers: {}, openStore: () => createFakeStore(), openState },
      { host: { ...fastHost(() => {}), now: Date.now }, client: emulator.client },
    )
    await entry('event', {
      awsRequestId: `00000000-0000-0000-0000-00000000000${copy}`,
      invokedFunctionArn: `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:test--dev--count`,
      getRemainingTimeInMillis: () => 60_000,
    })
  }
  expect(seen).toEqual([0, 1, 2])
})
