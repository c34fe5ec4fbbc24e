import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { routeOf, routesFor } from '../../src/graph/routes.ts'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'
import {
  channelOf,
  createWatch,
  definitionOf,
  type RandomTopology,
  randomTopology,
  type Watch,
} from './random-topology.ts'
import { type RunResult, runTopology } from './run-topology.ts'

interface Observed {
  readonly run: RunResult
  readonly watch: Watch
  readonly topology: RandomTopology
}

/** Runs a random topology with handlers that take 0, 1 or 2 (milliseconds or so), drawn anew for each `tempo`. */
async function observe(topology: RandomTopology, tempo = 1): Promise<Observed> {
  const watch = createWatch()
  let draw = tempo
  const pace = () => {
    draw = (draw * 16_807) % 2_147_483_647
    return draw % 3
  }
  const { concurrency } = topology
  const run = await runTopology(definitionOf(topology, pace, watch) as never, topology.input, { concurrency })
  return { run, watch, topology }
}

/** Holds a law for random topologies; `runs` of them. */
async function always(law: (observed: Observed) => void | Promise<void>, runs = 60): Promise<void> {
  const property = fc.asyncProperty(randomTopology, async (topology) => law(await observe(topology)))
  await fc.assert(property, { numRuns: runs })
}

const sorted = (texts: readonly string[]) => [...texts].sort()
const firstStarts = ({ run }: Observed) => run.of('start').filter(({ attempt }) => attempt === 1)

describe('in any topology, however its handlers settle and fail', () => {
  it('each emit reaches each of its receivers once: nothing is lost or duplicated', () =>
    always((observed) => {
      const sent = observed.run.of('emit').flatMap(({ id, to }) => to.map((receiver) => `${id} ${receiver}`))
      const fed = firstStarts(observed).filter(({ from }) => from === undefined)
      const received = firstStarts(observed).filter(({ from }) => from !== undefined)
      expect(sorted(received.map(({ message, processor }) => `${message} ${processor}`))).toEqual(sorted(sent))
      expect(sorted(fed.map(({ event }) => String(event)))).toEqual(
        sorted(observed.topology.input.map(({ event }) => String(event))),
      )
    }))

  it('H2: what is emitted arrives as it was emitted, with its key, topic and sender', () =>
    always(({ run }) => {
      const emits = new Map(run.of('emit').map((emit) => [emit.id, emit]))
      for (const { message, event, key, topic, from, parent } of run.of('start')) {
        if (from === undefined) continue
        const emit = emits.get(message)
        expect({ event, key, topic, from, parent }).toEqual({
          event: emit?.data,
          key: emit?.key,
          topic: emit?.topic,
          from: emit?.processor,
          parent: emit?.message,
        })
      }
    }))

  it('each message ends once, handled or failed, after as many attempts as its policy allows', () =>
    always((observed) => {
      const { run } = observed
      const ends = run.of('end')
      const last = ends.filter(({ outcome }) => outcome !== 'retry')
      expect(last).toHaveLength(firstStarts(observed).length)
      expect(ends).toHaveLength(run.of('start').length)
      const handled = Object.values(run.summary.handled).reduce((sum, count) => sum + count, 0)
      expect([handled, run.summary.failed]).toEqual([
        last.filter(({ outcome }) => outcome === 'ok').length,
        last.filter(({ outcome }) => outcome === 'failed').length,
      ])
      for (const { name, retries: own } of observed.topology.processors) {
        const streams = observed.topology.streams.filter(({ to }) => to === name)
        const retries = Math.max(own, ...streams.map((stream) => stream.retries ?? 0))
        const isHere = ({ processor }: { readonly processor: string }) => processor === name
        const failures = ends.filter((end) => isHere(end) && end.error?.name === 'Error')
        const messages = firstStarts(observed).filter(isHere)
        expect(failures.length).toBeLessThanOrEqual((retries + 1) * messages.length)
      }
    }))

  it('H8: a receiver handles the events of one sender and key in a channel in the order of their emission', () =>
    always(({ run, watch, topology }) => {
      expect(watch.overlaps).toEqual([])
      const emitted = new Map<string, string[]>()
      const tried = new Map<string, string[]>()
      const add = (lanes: Map<string, string[]>, lane: string, id: string) => {
        lanes.set(lane, [...(lanes.get(lane) ?? []), id])
      }
      const laneOf = (way: Parameters<typeof channelOf>[1], key: string) => {
        return `${way.from}→${channelOf(topology.streams, way)} ${key}`
      }
      for (const entry of run.entries) {
        if (entry.kind === 'emit' && entry.key !== undefined) {
          const { processor: from, key, topic, data } = entry
          for (const to of entry.to) add(emitted, laneOf({ from, to, topic }, key), String(data))
        } else if (entry.kind === 'start' && entry.key !== undefined) {
          const { from, processor: to, topic, key, event } = entry
          add(tried, laneOf({ ...(from && { from }), to, ...(topic && { topic }) }, key), String(event))
        }
      }
      for (const { to, key, event } of topology.input) if (key) add(emitted, laneOf({ to }, key), String(event))
      const inOrder = (events: readonly string[]) => events.filter((event, index) => event !== events[index - 1])
      const orders = (lanes: Map<string, string[]>) =>
        Object.fromEntries([...lanes].map(([lane, events]) => [lane, inOrder(events)]))
      expect(orders(tried)).toEqual(orders(emitted))
    }, 200))

  it('one input and seed have one transcript, in any order of finishing handlers', async () => {
    const property = fc.asyncProperty(randomTopology, async (topology) => {
      const transcripts: string[] = []
      for (const tempo of [1, 77, 4711]) {
        const { run } = await observe(topology, tempo)
        const entries = run.entries.map((entry) =>
          entry.kind === 'end' && entry.error ? { ...entry, error: { ...entry.error, stack: undefined } } : entry,
        )
        transcripts.push(entries.map((entry) => JSON.stringify(entry)).join('\n'))
      }
      expect(transcripts[1]).toBe(transcripts[0])
      expect(transcripts[2]).toBe(transcripts[0])
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('results do not depend on the concurrency', async () => {
    const property = fc.asyncProperty(randomTopology, async (topology) => {
      const outcomes: string[][] = []
      for (const concurrency of [1, 4, 256]) {
        const { run } = await observe({ ...topology, concurrency })
        outcomes.push(
          sorted(run.of('end').map(({ processor, message, outcome }) => `${processor} ${message} ${outcome}`)),
        )
      }
      expect(outcomes[1]).toEqual(outcomes[0])
      expect(outcomes[2]).toEqual(outcomes[0])
    })
    await fc.assert(property, { numRuns: 30 })
  })

  it('an id belongs to one emit, and is the same when a message is retried', () =>
    always(({ run }) => {
      const emits = run.of('emit').map(({ id, data }) => [id, data] as const)
      const byId = new Map(emits)
      const byData = new Map(emits.map(([id, data]) => [data, id]))
      for (const [id, data] of emits) expect([byId.get(id), byData.get(data)]).toEqual([data, id])
      for (const { message, event, from } of run.of('start')) {
        if (from !== undefined) expect(byData.get(event)).toBe(message)
      }
      for (const { message, root, hop } of run.of('start')) if (hop === 1) expect(message).toBe(root)
    }))

  it('an emit names its receivers as the routing table does', () =>
    always(({ run, topology }) => {
      const definition = definitionOf(topology, () => 0, createWatch())
      const parsed = parseTopology({ name: 't', ...definition }, { file: 't', modulesIn: () => undefined })
      const graph = buildGraph(parsed.topology!, { stage: 'dev' })
      for (const { processor, topic, to } of run.of('emit')) {
        const streams = routeOf(routesFor(graph, processor), topic)
        expect(to).toEqual(streams.map((stream) => graph.streams[stream]!.to))
      }
      expect(run.summary.outputs).toBe(run.of('emit').filter(({ to }) => to.length === 0).length)
    }))

  it('the transcript has the order in which handlers were called', () =>
    always(({ run, watch }) => {
      const told = run.of('start').map(({ processor, event, attempt }) => `${processor} ${event} ${attempt}`)
      expect(told).toEqual(watch.calls)
    }))

  it('a run ends with nothing in flight, and virtual time never runs backwards', () =>
    always(({ run, watch }) => {
      expect(watch.running).toBe(0)
      const times = run.entries.flatMap((entry) => ('at' in entry ? [entry.at] : []))
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }))

  it('a runaway is stopped by the hop limit, and each refused message is counted', async () => {
    const property = fc.asyncProperty(randomTopology, fc.integer({ min: 1, max: 3 }), async (topology, hopLimit) => {
      const watch = createWatch()
      const streams = topology.streams.slice(0, 3)
      const endless = { ...topology, streams, depth: hopLimit + 1 }
      const definition = { ...definitionOf(endless, () => 0, watch), hopLimit }
      const run = await runTopology(definition, topology.input, { concurrency: topology.concurrency })
      expect(Math.max(...run.of('start').map(({ hop }) => hop))).toBeLessThanOrEqual(hopLimit)
      const ended = run.of('end').filter(({ outcome }) => outcome !== 'retry')
      expect(ended).toHaveLength(run.of('start').filter(({ attempt }) => attempt === 1).length)
    })
    await fc.assert(property, { numRuns: 40 })
  })
})
