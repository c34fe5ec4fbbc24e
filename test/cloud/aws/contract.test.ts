import { setTimeout as sleep } from 'node:timers/promises'
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, inject } from 'vitest'
import type { Artifact } from '../../../src/bundle/artifact.ts'
import { functionVariables } from '../../../src/bundle/variables.ts'
import type { Aws } from '../../../src/clouds/aws/open.ts'
import { openAwsResources } from '../../../src/clouds/aws/open.ts'
import { wantedResources } from '../../../src/clouds/aws/wanted.ts'
import { type ResourcesWorld, resourcesContract } from '../../contract/cloud-resources.ts'
import { graphOf } from '../../contract/graph.ts'
import type { Skip } from '../../contract/law.ts'
import { artifactOf, openEmulator } from '../stage.ts'

const LOOPS = 'moto has no recursion settings of functions'
const EMULATORS: Readonly<Record<'ministack' | 'moto', readonly Skip[]>> = {
  ministack: [],
  moto: [
    { test: 'brings an existing resource to the wanted state if it has to create it', reason: LOOPS },
    { test: 'changes the settings of an existing resource', reason: LOOPS },
  ],
}

const noop = () => {}
let worlds = 0

for (const [emulator, skips] of Object.entries(EMULATORS) as [keyof typeof EMULATORS, readonly Skip[]][]) {
  let aws: Aws
  let artifacts: readonly Artifact[]

  beforeAll(async () => {
    aws = await openEmulator(inject(emulator))
    artifacts = [await artifactOf('before'), await artifactOf('after')]
  })
  afterAll(() => aws.close())

  const world = (): ResourcesWorld => {
    const topology = `contract-${worlds++}`
    // Who retries may call itself, by its queue.
    const retries = emulator === 'moto' ? 0 : 1
    const before = (stage: string) => graphOf({ ...BEFORE, retries, name: topology }, stage)
    const after = (stage: string) => graphOf({ ...AFTER, retries, name: topology }, stage)
    const wanted = (graph: ReturnType<typeof graphOf>, artifact: Artifact) => {
      const byName = new Map(graph.processors.map(({ name }) => [name, artifact]))
      return wantedResources(graph, { place: aws.place, env: {} }, byName)
    }
    const open = (stage: string) =>
      openAwsResources(aws, {
        scope: { topology, stage },
        startedAtMs: Date.now(),
        artifact: (hash) => artifacts.find((artifact) => artifact.hash === hash)!,
        variables: (name) =>
          functionVariables(before(stage).processors.find((processor) => processor.name === name)!, {}),
      })
    return {
      open,
      wanted: (stage) => wanted(before(stage), artifacts[0]!),
      changed: (stage) => wanted(after(stage), artifacts[1]!),
      // One without any tags would be taken over: Lambda makes those itself.
      makeStranger: async ({ kind, name }) => {
        if (kind !== 'logs') throw new Error(`no stranger for ${kind}`)
        const tags = { 'attak:topology': 'another' }
        await aws.clients.logs.send(new CreateLogGroupCommand({ logGroupName: name, tags }))
      },
      now: () => performance.now(),
      sleep: (ms) => sleep(ms),
      run: (promise) => promise,
      async close() {},
    }
  }
  resourcesContract(`aws on ${emulator}`, world, skips)
}

/** Every kind of resource, and settings of each. */
const BEFORE = {
  processors: { spout: noop, sum: { handler: noop, invokes: ['gone'] }, gone: noop },
  errors: 'dynamodb',
  streams: [
    { from: 'spout', to: 'sum', shards: 2 },
    { from: 'sum', to: 'gone', via: 'sqs' },
  ],
  tags: { team: 'a', old: 'x' },
}
const AFTER = {
  processors: {
    spout: { handler: noop, memory: 512, concurrency: 1 },
    sum: { handler: noop, timeout: 60, idempotent: true },
  },
  errors: 'dynamodb',
  streams: [{ from: 'spout', to: 'sum', shards: 4, batch: 50, retention: 48 }],
  tags: { team: 'b' },
  logRetention: 30,
}
