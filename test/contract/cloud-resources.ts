import { describe, expect } from 'vitest'
import type { Write } from '../../src/deploy/change.ts'
import { failureOf, prepareDeploy } from '../../src/deploy/deploy.ts'
import { keyOf } from '../../src/deploy/judge.ts'
import { orderByNeeds } from '../../src/deploy/order.ts'
import type { CloudResources } from '../../src/deploy/resources.ts'
import { fingerprint, type LiveResource, type Resource } from '../../src/graph/resource.ts'
import { lawsIn, type Skip } from './law.ts'

/** A cloud in its own world. */
export interface ResourcesWorld {
  /** Opens it for a stage, as a new process would. */
  open(stage: string): Promise<CloudResources> | CloudResources
  /** Some resources of a stage, one of each kind at least, with the marker among them. */
  wanted(stage: string): readonly Resource[]
  /** The same with settings changed, and at least one resource gone that nothing needs. */
  changed(stage: string): readonly Resource[]
  /** Makes something by the kind and name of a resource that bears no tags of ours. */
  makeStranger(resource: Resource): Promise<void> | void
  /** The time in milliseconds. */
  now(): number
  /** Waits on the same clock. */
  sleep(ms: number): Promise<void>
  /** Waits for a promise; a world with its own clock moves it meanwhile. */
  run<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void> | void
}

const silent = () => {}

/** What every cloud does: the definition of the `CloudResources` interface. A skip's reason shows in the test's name. */
export function resourcesContract(
  name: string,
  make: () => Promise<ResourcesWorld> | ResourcesWorld,
  skips: readonly Skip[] = [],
): void {
  const law = lawsIn({ make, skips, run: (world, running) => world.run(running) })

  describe(`the cloud ${name}`, () => {
    law('has a name, kinds and a marker', async ({ open, wanted }) => {
      const { name: ownName, kinds, marker } = await open('dev')
      expect(ownName).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(new Set(kinds).size).toBe(kinds.length)
      expect(wanted('dev').map(({ id }) => id)).toContain(marker)
    })

    law('wants resources that depend only on earlier kinds', async ({ open, wanted }) => {
      const { kinds } = await open('dev')
      const kindOf = new Map(wanted('dev').map(({ id, kind }) => [id, kinds.indexOf(kind)]))
      for (const { id, needs } of wanted('dev')) {
        expect(kindOf.get(id)).toBeGreaterThanOrEqual(0)
        for (const need of needs) expect(kindOf.get(need) ?? 0).toBeLessThanOrEqual(kindOf.get(id)!)
      }
    })

    law('finds nothing before anything was created', async ({ open, wanted }) => {
      const cloud = await open('dev')
      expect(await cloud.list('thorough')).toEqual([])
      expect(await cloud.list('quick')).toEqual([])
      expect(await cloud.marks()).toEqual({})
      for (const resource of wanted('dev')) expect(await cloud.read(resource)).toBeUndefined()
    })

    law('creates the wanted resources, and finds them by listing and by name', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await writeAll(cloud, wanted('dev'))
      const again = await open('dev')
      const listed = await again.list('thorough')
      expect(listed.map(essence).sort(byKey)).toEqual(wanted('dev').map(expected).sort(byKey))
      for (const resource of wanted('dev')) expect(essence((await again.read(resource))!)).toEqual(expected(resource))
    })

    law('brings an existing resource to the wanted state if it has to create it', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await writeAll(cloud, wanted('dev'))
      await writeAll(await open('dev'), wanted('dev'))
      expect((await cloud.list('thorough')).map(essence).sort(byKey)).toEqual(wanted('dev').map(expected).sort(byKey))
    })

    law('changes the settings of an existing resource', async ({ open, wanted, changed }) => {
      const cloud = await open('dev')
      await writeAll(cloud, wanted('dev'))
      const live = await cloud.list('thorough')
      for (const resource of inOrder(changed('dev'))) {
        const found = live.find((one) => keyOf(one) === keyOf(resource))
        const kind = found === undefined ? 'create' : 'update'
        await cloud.write(writeOf(resource, { kind, ...(found === undefined ? {} : { live: found }) }), silent)
        expect((await cloud.read(resource))?.fingerprint).toBe(fingerprint(resource))
        expect((await cloud.inspect?.(resource, (await cloud.read(resource))!)) ?? []).toEqual([])
      }
    })

    law('creates a missing resource if it has to update it', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await writeAll(cloud, wanted('dev'))
      const last = inOrder(wanted('dev')).at(-1)!
      const live = (await cloud.read(last))!
      await cloud.remove({ kind: 'remove', id: live.id, live, reason: '' }, silent)
      expect(await cloud.read(last)).toBeUndefined()
      await cloud.write(writeOf(last, { kind: 'update', live }), silent)
      expect((await cloud.read(last))?.fingerprint).toBe(fingerprint(last))
    })

    law('removes resources, and accepts missing ones', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await writeAll(cloud, wanted('dev'))
      for (const resource of inOrder(wanted('dev')).toReversed()) {
        const live = (await cloud.read(resource))!
        const removal = { kind: 'remove', id: live.id, live, reason: '' } as const
        await cloud.remove(removal, silent)
        await cloud.remove(removal, silent)
        expect(await cloud.read(resource)).toBeUndefined()
      }
      expect(await cloud.list('thorough')).toEqual([])
    })

    law('does not see another stage', async ({ open, wanted }) => {
      await writeAll(await open('dev'), wanted('dev'))
      const other = await open('other')
      expect(await other.list('thorough')).toEqual([])
      expect(await other.marks()).toEqual({})
    })

    law('does not change a resource without our tags', async ({ open, wanted, makeStranger }) => {
      const cloud = await open('dev')
      const [resource] = inOrder(wanted('dev'))
      await makeStranger(resource!)
      await expect(cloud.read(resource!)).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS' })
      await expect(cloud.write(writeOf(resource!), silent)).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS' })
      expect(await cloud.list('thorough')).toEqual([])
    })

    law('marks an empty stage with an unfinished marker', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await cloud.mark('deploy', 'one 0123456789abcdef -')
      expect(await (await open('dev')).marks()).toEqual({ deploy: 'one 0123456789abcdef -' })
      const marker = wanted('dev').find(({ id }) => id === cloud.marker)!
      expect(await cloud.read(marker)).toMatchObject({ id: cloud.marker, fingerprint: undefined })
    })

    law('keeps marks separate, changes them, and removes them', async ({ open, wanted }) => {
      const cloud = await open('dev')
      await cloud.mark('deploy', 'one 0123456789abcdef -')
      await writeAll(cloud, wanted('dev'))
      expect(await cloud.marks()).toEqual({ deploy: 'one 0123456789abcdef -' })
      await cloud.mark('overtaken', 'one')
      await cloud.mark('deploy', 'two pending 1a2b3c.4d5e6f')
      expect(await cloud.marks()).toEqual({ deploy: 'two pending 1a2b3c.4d5e6f', overtaken: 'one' })
      await cloud.mark('overtaken', undefined)
      await cloud.mark('overtaken', undefined)
      expect(await cloud.marks()).toEqual({ deploy: 'two pending 1a2b3c.4d5e6f' })
    })

    law('deploys, then does nothing, changes only what changed, and removes everything', async (world) => {
      const deploy = async (wanted: readonly Resource[], known: readonly Resource[] = []) => {
        const request = { wanted, known, allowDataLoss: true, now: world.now, sleep: world.sleep }
        const { plan, apply } = await prepareDeploy(await world.open('dev'), request)
        const outcome = await apply({ deployId: `deploy-${plan.changes.length}` })
        expect(failureOf(outcome)).toBeUndefined()
        return plan.changes.map(({ kind }) => kind)
      }
      const [wanted, changed] = [world.wanted('dev'), world.changed('dev')]
      expect(await deploy(wanted)).toEqual(wanted.map(() => 'create'))
      expect(await deploy(wanted)).toEqual([])
      expect((await deploy(changed)).at(-1)).toBe('remove')
      expect(await deploy(changed)).toEqual([])
      await deploy([], changed)
      expect(await (await world.open('dev')).list('thorough')).toEqual([])
    })

    law('estimates the cost', async ({ open, wanted }) => {
      for (const { text, usdPerMonth } of (await open('dev')).costs(wanted('dev'), [])) {
        expect(text).not.toBe('')
        expect(usdPerMonth).toBeGreaterThanOrEqual(0)
      }
    })
  })
}

/** The change that makes a resource, with overrides. */
export function writeOf(resource: Resource, said: Partial<Write> = {}): Write {
  const { id } = resource
  return {
    kind: 'create',
    id,
    resource,
    fingerprint: fingerprint(resource),
    settings: [],
    reason: '',
    made: [],
    ...said,
  }
}

async function writeAll(cloud: CloudResources, wanted: readonly Resource[]): Promise<void> {
  for (const resource of inOrder(wanted)) await cloud.write(writeOf(resource), silent)
}

function inOrder(resources: readonly Resource[]): readonly Resource[] {
  return orderByNeeds(resources, byKey)
}

function byKey(a: Pick<LiveResource, 'kind' | 'name'>, b: Pick<LiveResource, 'kind' | 'name'>): number {
  return keyOf(a) < keyOf(b) ? -1 : 1
}

/** What of a resource that was found has to be as it was wanted. */
function essence({ id, kind, name, holdsData, fingerprint: found }: LiveResource) {
  return { id, kind, name, holdsData, fingerprint: found }
}

function expected(resource: Resource) {
  const { id, kind, name, holdsData } = resource
  return { id, kind, name, holdsData, fingerprint: fingerprint(resource) }
}
