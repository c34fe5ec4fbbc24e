import { type JsonObject, type LiveResource, type Resource, unstamped } from '../../src/graph/resource.ts'
import { type FakeProcess, type FakeResources, openFakeResources } from './fake-resources.ts'
import { emptyThing, type FakeCloudOptions, type Faults, isThere, keyOf, put, type World } from './things.ts'

/** A cloud in memory whose calls take time, whose resources are not ready at once, and which can fail. */
export interface FakeCloud {
  /** Opens it for a stage, as its own process. With `killAt` the process dies at that call of it. */
  open(process?: FakeProcess): FakeResources
  /** All that there is, in a stable order, by what matters when two states are compared. */
  state(): readonly FakeState[]
  /** Makes something that bears no tags of ours. */
  makeStranger(resource: Pick<Resource, 'kind' | 'name'>): void
  /** Changes a setting as somebody would by hand. */
  changeByHand(resource: Pick<Resource, 'kind' | 'name'>, settings: JsonObject): void
  /** Removes something as somebody would by hand. */
  removeByHand(resource: Pick<Resource, 'kind' | 'name'>): void
  /** From now on calls fail as said. */
  setFaults(faults: Partial<Faults>): void
}

/** A resource as two states of a cloud are compared. */
export interface FakeState extends Pick<LiveResource, 'kind' | 'name' | 'fingerprint'> {
  readonly settings: JsonObject
}

const NO_FAULTS: Faults = { throttled: 0, lost: 0, broken: 0 }

/** Makes an empty cloud. */
export function createFakeCloud(options: FakeCloudOptions): FakeCloud {
  const world: World = {
    lagMs: 0,
    ...options,
    faults: { ...NO_FAULTS, ...options.faults },
    things: new Map(),
    history: [],
  }
  return {
    open: (process = {}) => openFakeResources(world, process),
    state: () =>
      [...world.things.values()]
        .filter(isThere)
        .map(({ kind, name, fingerprint, settings }) => ({
          kind,
          name,
          fingerprint: fingerprint && unstamped(fingerprint),
          settings,
        }))
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    makeStranger: ({ kind, name }) => put(world, { ...emptyThing(kind, name), stage: undefined }),
    changeByHand(resource, settings) {
      const thing = world.things.get(keyOf(resource))!
      put(world, { ...thing, settings: { ...thing.settings, ...settings } })
    },
    removeByHand: (resource) => void world.things.delete(keyOf(resource)),
    setFaults: (faults) => {
      world.faults = { ...NO_FAULTS, ...faults }
    },
  }
}
