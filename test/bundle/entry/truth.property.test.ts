import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildGraph } from '../../../src/graph/build.ts'
import type { LoadedProcessor } from '../../../src/runtime/processor.ts'
import { parseTopology } from '../../../src/topology/parse.ts'
import { createWatch, definitionOf, type RandomTopology, randomTopology } from '../../simulator/random-topology.ts'
import { runTopology } from '../../simulator/run-topology.ts'
import { openCloud, triggerOf } from './cloud.ts'

/** How a random topology is deployed: nothing of it may show. */
interface Deployment {
  readonly pack: number
  readonly batch: number
  /** Streams that share a channel, by their place. */
  readonly shared: readonly boolean[]
  /** Of each so many requests, one is throttled. */
  readonly throttled: number
}

const deployment: fc.Arbitrary<Deployment> = fc.record({
  pack: fc.constantFrom(1, 2, 25),
  batch: fc.constantFrom(1, 3, 100),
  shared: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  throttled: fc.constantFrom(0, 2, 3),
})

const noPace = () => 0
const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort()

/** What a run comes to, here or there: each attempt with its outcome, and each output. */
interface Observed {
  readonly ends: readonly string[]
  readonly outputs: readonly string[]
}

async function simulated(
  definition: Record<string, unknown>,
  { input, concurrency }: RandomTopology,
): Promise<Observed> {
  const run = await runTopology(definition, input, { concurrency })
  return {
    ends: sorted(run.of('end').map(({ processor, message, outcome }) => [processor, message, outcome])),
    outputs: sorted(
      run.of('emit').flatMap(({ processor, message, id, topic, key, data, to }) => {
        return to.length === 0 ? [[processor, message, id, topic, key, data]] : []
      }),
    ),
  }
}

async function deployed(
  definition: Record<string, unknown>,
  random: RandomTopology,
  how: Deployment,
): Promise<Observed> {
  const { topology } = parseTopology({ name: 'test', ...definition }, { file: 't', modulesIn: () => undefined })
  const processors = new Map<string, LoadedProcessor>()
  for (const { name, source } of topology!.processors) {
    if (source.kind === 'inline') processors.set(name, { name, handler: source.handler })
  }
  const cloud = openCloud({
    graph: buildGraph(topology!, { stage: 'dev' }),
    processors,
    batch: how.batch,
    refuses: (call) => how.throttled > 0 && call % how.throttled === 0,
  })
  await Promise.all(random.input.map((input, position) => cloud.invoke(input.to, triggerOf(input, position))))
  await cloud.drain()
  const of = (kind: string) => cloud.lines.filter(({ attak }) => attak === kind)
  return {
    ends: sorted(of('end').map(({ processor, message, outcome }) => [processor, message, outcome])),
    outputs: sorted(
      of('output').map(({ processor, message, id, topic, key, data }) => [processor, message, id, topic, key, data]),
    ),
  }
}

describe('the simulation tells the truth', () => {
  it(
    'deployed functions do and emit the same for the same input, by the same ids',
    () =>
      fc.assert(
        fc.asyncProperty(randomTopology, deployment, async (random, how) => {
          const definition = definitionOf(random, noPace, createWatch()) as { streams: object[] }
          const streams = definition.streams.map((stream, index) =>
            how.shared[index] ? { ...stream, stream: 'shared' } : stream,
          )
          const live = await deployed({ ...definition, streams, pack: how.pack }, random, how)
          expect(live).toEqual(await simulated({ ...definition, streams, pack: how.pack }, random))
        }),
        { numRuns: 80 },
      ),
    60_000,
  )

  it(
    'messages of one key are handled one after the other there, too',
    () =>
      fc.assert(
        fc.asyncProperty(randomTopology, deployment, async (random, how) => {
          const watch = createWatch()
          const input = random.input.map(({ to, event }) => ({ to, event }))
          await deployed(definitionOf(random, () => 1, watch) as never, { ...random, input }, how)
          expect(watch.overlaps).toEqual([])
          expect(watch.running).toBe(0)
        }),
        { numRuns: 40 },
      ),
    60_000,
  )
})
