import type { DeployOptions, DeployRequest } from '../../src/deploy/claim.ts'
import { type Deployment, type Outcome, prepareDeploy } from '../../src/deploy/deploy.ts'
import type { CloudResources } from '../../src/deploy/resources.ts'
import { fingerprint, type Resource } from '../../src/graph/resource.ts'
import { createFakeClock, type FakeClock } from './clock.ts'
import { createFakeCloud, type FakeCloud, type FakeState } from './cloud.ts'
import type { FakeProcess } from './fake-resources.ts'
import { type Random, randomOf } from './random.ts'
import type { FakeCloudOptions } from './things.ts'

/** What a test says of a deploy; data may be lost where it does not say. */
export type Said = Partial<DeployRequest & DeployOptions>

/** A cloud on its own clock, and deploys to it. */
export interface Deployments {
  readonly clock: FakeClock
  readonly random: Random
  readonly cloud: FakeCloud
  /** Plans and applies; somebody has to move the clock. */
  deployBy(cloud: CloudResources, wanted: readonly Resource[], said?: Said): Promise<Outcome>
  /** Plans and applies by its own process, to the end. */
  deploy(wanted: readonly Resource[], said?: Said & { readonly process?: FakeProcess }): Promise<Outcome>
  /** Plans by its own process. */
  plan(wanted: readonly Resource[], said?: Said): Promise<Deployment>
  /** What the cloud holds when all of this is there and nothing else. */
  stateOf(wanted: readonly Resource[]): readonly FakeState[]
}

/** Makes an empty cloud that behaves as its seed says. */
export function deploymentsOf(seed: number, options: Partial<FakeCloudOptions> = {}): Deployments {
  const clock = createFakeClock()
  const random = randomOf(seed)
  const cloud = createFakeCloud({ clock, random, ...options })
  let deploys = 0
  const planBy = (cloud: CloudResources, wanted: readonly Resource[], said: Said) =>
    prepareDeploy(cloud, { wanted, allowDataLoss: true, now: clock.now, sleep: clock.sleep, ...said })
  const deployBy = async (cloud: CloudResources, wanted: readonly Resource[], said: Said = {}) => {
    const prepared = await planBy(cloud, wanted, said)
    return prepared.apply({ deployId: `deploy-${deploys++}`, ...said })
  }
  return {
    clock,
    random,
    cloud,
    deployBy,
    deploy: (wanted, { process, ...said } = {}) => clock.until(deployBy(cloud.open(process), wanted, said)),
    plan: (wanted, said = {}) => clock.until(planBy(cloud.open(), wanted, said)),
    stateOf: (wanted) =>
      wanted
        .map((one) => ({ kind: one.kind, name: one.name, fingerprint: fingerprint(one), settings: one.config }))
        .sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1)),
  }
}
