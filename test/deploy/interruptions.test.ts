import { describe, expect, it } from 'vitest'
import { type DeployOptions, type DeployRequest, type Outcome, prepareDeploy } from '../../src/deploy/deploy.ts'
import type { Provider } from '../../src/deploy/provider.ts'
import { fingerprint, type Resource } from '../../src/graph/resource.ts'
import { createFakeClock } from '../contract/clock.ts'
import { createFakeCloud, type FakeState } from '../contract/cloud.ts'
import type { FakeProcess } from '../contract/fake-provider.ts'
import { type Random, randomOf } from '../contract/random.ts'
import { topologyOf } from '../contract/resources.ts'
import type { FakeCloudOptions } from '../contract/things.ts'

type Said = Partial<DeployRequest & DeployOptions>

/** A cloud on a clock of its own, deploys to it, and what is in it. */
function worldOf(seed: number, options: Partial<FakeCloudOptions> = {}) {
  const clock = createFakeClock()
  const random = randomOf(seed)
  const cloud = createFakeCloud({ clock, random, ...options })
  let deploys = 0
  const deployBy = async (provider: Provider, wanted: readonly Resource[], said: Said = {}): Promise<Outcome> => {
    const prepared = await prepareDeploy(provider, { wanted, allowDataLoss: true, now: clock.now, ...said })
    return prepared.apply({ deployId: `deploy-${deploys++}`, ...said })
  }
  return {
    clock,
    random,
    cloud,
    deployBy,
    deploy: (wanted: readonly Resource[], said: Said & { process?: FakeProcess } = {}) =>
      clock.until(deployBy(cloud.open(said.process), wanted, said)),
    plan: (wanted: readonly Resource[]) =>
      clock.until(prepareDeploy(cloud.open(), { wanted, allowDataLoss: true, now: clock.now })),
  }
}

/** What a cloud holds when all of this is there and nothing else. */
function stateOf(wanted: readonly Resource[]): readonly FakeState[] {
  return wanted
    .map((one) => ({ kind: one.kind, name: one.name, fingerprint: fingerprint(one), settings: one.config }))
    .sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1))
}

/** Some wanted resources: processors out of a few, settings that differ. */
function anyTopology(random: Random): readonly Resource[] {
  const processors = ['a', 'b', 'c'].filter(() => random() < 0.6)
  const settings = { memory: random() < 0.5 ? 128 : 512, timeout: random() < 0.5 ? 30 : 60 }
  const wanted = topologyOf(processors, settings)
  return wanted.map((one) =>
    one.kind === 'mapping' && random() < 0.3 ? { ...one, config: { ...one.config, source: 'another stream' } } : one,
  )
}

const BEFORE = topologyOf(['a', 'b'])
const AFTER = topologyOf(['b', 'c'], { memory: 512 })

it('makes everything, and then has nothing to do', async () => {
  const world = worldOf(1)
  const outcome = await world.deploy(BEFORE)
  expect(outcome.problems).toEqual([])
  expect(outcome.left).toEqual([])
  expect((await world.plan(BEFORE)).plan).toMatchObject({ changes: [], kept: [] })
})

it('leaves nothing when nothing is wanted', async () => {
  const world = worldOf(2)
  await world.deploy(BEFORE)
  expect((await world.deploy([], { known: BEFORE })).problems).toEqual([])
  expect(world.cloud.state()).toEqual([])
})

describe.each([
  ['the first deploy', [], BEFORE],
  ['a deploy that changes, adds and removes', BEFORE, AFTER],
  ['destroying', BEFORE, []],
])('%s, killed at any call and repeated', (_, before, after) => {
  it.each([false, true])('ends in the same state (call had its effect: %s)', async (afterEffect) => {
    const expected = stateOf(after)
    for (let killAt = 1; ; killAt++) {
      const world = worldOf(killAt)
      if (before.length > 0) await world.deploy(before)
      const process = world.cloud.open({ killAt, afterEffect })
      await world.clock.until(world.deployBy(process, after).catch(() => undefined))
      if (!process.killed) return expect(killAt).toBeGreaterThan(20)
      const repeated = await world.deploy(after, { known: before })
      expect(repeated.problems).toEqual([])
      expect(world.cloud.state()).toEqual(expected)
    }
  })

  it('and going back instead ends in the state before', async () => {
    const expected = stateOf(before)
    for (let killAt = 1; ; killAt++) {
      const world = worldOf(killAt)
      if (before.length > 0) await world.deploy(before)
      const process = world.cloud.open({ killAt, afterEffect: true })
      await world.clock.until(world.deployBy(process, after).catch(() => undefined))
      if (!process.killed) return
      expect((await world.deploy(before, { known: after })).problems).toEqual([])
      expect(world.cloud.state()).toEqual(expected)
    }
  })
})

it('after any interleaving of two deploys, one more ends in exactly what it wants', async () => {
  const INTERLEAVINGS = 1_000
  for (let seed = 0; seed < INTERLEAVINGS; seed++) {
    const world = worldOf(seed)
    const [first, one, other, last] = [0, 1, 2, 3].map(() => anyTopology(world.random)) as [
      readonly Resource[],
      readonly Resource[],
      readonly Resource[],
      readonly Resource[],
    ]
    if (world.random() < 0.5) await world.deploy(first)
    const late = async () => {
      await world.clock.sleep(world.random() ** 2 * 20_000)
      return world.deployBy(world.cloud.open(), other).catch((error: unknown) => error)
    }
    const both = [world.deployBy(world.cloud.open(), one).catch((error: unknown) => error), late()]
    await world.clock.until(Promise.all(both))
    expect((await world.deploy(last)).problems, `seed ${seed}`).toEqual([])
    expect(world.cloud.state(), `seed ${seed}`).toEqual(stateOf(last))
  }
}, 120_000)
