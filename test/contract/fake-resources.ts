import type { Write } from '../../src/deploy/change.ts'
import type { CloudResources, Report } from '../../src/deploy/resources.ts'
import { KINDS, MARKER } from './resources.ts'
import {
  adjust,
  again,
  configure,
  create,
  isAgain,
  isFree,
  isThere,
  keyed,
  keyOf,
  liveResource,
  mark,
  namesToWrite,
  notOurs,
  put,
  ready,
  same,
  thingsAt,
  usersOf,
  type World,
} from './things.ts'

/** How a process deals with a cloud. */
export interface FakeProcess {
  readonly stage?: string
  /** The process dies at this call, counted from 1. */
  readonly killAt?: number
  /** Whether that call had its effect before. */
  readonly afterEffect?: boolean
  /** Milliseconds to wait before a call. */
  readonly pace?: (nowMs: number) => number
}

/** A cloud of a fake cloud. */
export interface FakeResources extends CloudResources {
  /** When each call began, in virtual milliseconds. */
  readonly startsMs: readonly number[]
  /** Whether its process has died. */
  readonly killed: boolean
}

const TRIES = 30

/** Opens a fake cloud for a stage, as its own process. */
export function openFakeResources(world: World, process: FakeProcess): FakeResources {
  const { clock, random } = world
  const stage = process.stage ?? 'dev'
  const startsMs: number[] = []
  let killed = false
  const live = () => {
    if (killed) throw new Error('killed')
  }

  /** One call: takes its time, may fail, and has its effect at one moment. */
  const call = async <T>(effect: () => T): Promise<T> => {
    live()
    const waitMs = process.pace?.(clock.now()) ?? 0
    if (waitMs > 0) await clock.sleep(waitMs)
    startsMs.push(clock.now())
    const isLast = startsMs.length === process.killAt
    await clock.sleep(5 + random() * 60)
    live()
    if (isLast && !process.afterEffect) killed = true
    live()
    const { throttled, lost, broken } = world.faults
    const luck = random()
    if (luck < throttled) throw again('throttled', 'AWS to take more calls')
    if (luck < throttled + broken / 2) throw new Error('broken')
    let result: T
    try {
      result = effect()
    } finally {
      killed ||= isLast
    }
    live()
    if (luck < throttled + broken) throw new Error('broken after its effect')
    if (luck < throttled + broken + lost) throw again('connection lost')
    return result
  }

  const retried = async <T>(effect: () => T, report: Report = () => {}): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await call(effect)
      } catch (error) {
        if (!isAgain(error) || tried === TRIES) throw error
        if (error.waitingFor !== undefined) report(error.waitingFor)
        await clock.sleep(100 * tried * random())
        if (error.waitingFor !== undefined) report(undefined)
      }
    }
  }

  const get = (key: string) => {
    const thing = world.things.get(key)
    if (thing === undefined || !isThere(thing)) return undefined
    if (thing.stage !== stage) throw notOurs(thing)
    return thing
  }

  const removeThing = async (key: string, report: Report) => {
    await retried(() => {
      const thing = get(key)
      if (thing === undefined) return
      const user = usersOf(world, thing)[0]
      if (user !== undefined) throw new Error(`${key} is in use by ${keyOf(user)}`)
      put(world, { ...thing, goneMs: clock.now() + random() * 1000 })
    }, report)
    await retried(() => {
      const thing = world.things.get(key)
      if (thing !== undefined && !isFree(world, thing)) throw again('deleting', 'it to be gone')
    }, report)
  }

  const write = async (change: Write, report: Report): Promise<void> => {
    const { resource, fingerprint } = change
    const key = keyOf(resource)
    for (let tried = 1; ; tried++) {
      try {
        await writeOnce()
        return
      } catch (error) {
        if (!isAgain(error) || tried === TRIES) throw error
      }
    }

    async function writeOnce() {
      let thing = await retried(() => get(key))
      if (thing && resource.fixed.some((name) => !same(thing?.settings[name], resource.config[name]))) {
        await removeThing(key, report)
        thing = undefined
      }
      const names = namesToWrite(change, thing)
      if (thing === undefined) {
        await call(() => create(world, stage, resource))
      } else if (thing.fingerprint !== undefined && change.live?.fingerprint === undefined) {
        await retried(() => adjust(world, thing, { fingerprint: undefined }))
      }
      const half = Math.ceil(names.length / 2)
      for (const part of [names.slice(0, half), names.slice(half)]) {
        if (part.length > 0) await retried(() => configure(world, resource, part), report)
      }
      await retried(() => ready(world, key), report)
      const { id, needs, holdsData, processor } = resource
      const described = { id, needs, holdsData, ...(processor === undefined ? {} : { processor }) }
      await retried(() => adjust(world, keyed(world, key), { ...described, fingerprint }), report)
    }
  }

  const markerKey = keyOf({ kind: MARKER.split('/')[0]!, name: `t--${stage}--errors` })
  return {
    name: 'fake',
    kinds: KINDS,
    marker: MARKER,
    startsMs,
    get killed() {
      return killed
    },
    list: (how) =>
      retried(() => {
        const backMs = how === 'quick' ? random() * world.lagMs : 0
        return thingsAt(world, clock.now() - backMs)
          .filter((thing) => thing.stage === stage)
          .map(liveResource)
      }),
    read: (resource) =>
      retried(() => {
        const thing = get(keyOf(resource))
        return thing === undefined ? undefined : liveResource(thing)
      }),
    inspect: (resource) =>
      retried(() => {
        const found = get(keyOf(resource))?.settings ?? {}
        return [...new Set([...Object.keys(found), ...Object.keys(resource.config)])].filter(
          (name) => !same(found[name], resource.config[name]),
        )
      }),
    write,
    remove: ({ live: { kind, name } }, report) => removeThing(keyOf({ kind, name }), report),
    marks: () => retried(() => get(markerKey)?.marks ?? {}),
    mark: (name, text) => retried(() => mark(world, { stage, key: markerKey, name, text })),
    describe: async () => [],
    costs: (resources) => [
      { text: `${resources.filter(({ kind }) => kind === 'stream').length} streams`, usdPerMonth: 1.5 },
    ],
  }
}
