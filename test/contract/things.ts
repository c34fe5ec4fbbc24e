import type { Write } from '../../src/deploy/change.ts'
import type { MarkName, Marks } from '../../src/deploy/resources.ts'
import { AttakError } from '../../src/errors.ts'
import type { JsonObject, JsonValue, LiveResource, Resource } from '../../src/graph/resource.ts'
import type { FakeClock } from './clock.ts'
import type { Random } from './random.ts'
import { MARKER } from './resources.ts'

/** What can go wrong with a call of a fake cloud, each as a share of all calls. */
export interface Faults {
  /** Refused without effect; the cloud tries again. */
  readonly throttled: number
  /** Has its effect, but the answer is lost; the cloud tries again. */
  readonly lost: number
  /** Fails for good, before its effect or after it; the deploy sees the failure. */
  readonly broken: number
}

/** How a fake cloud behaves. */
export interface FakeCloudOptions {
  readonly clock: FakeClock
  readonly random: Random
  /** By how much a quick listing may be behind. */
  readonly lagMs?: number
  readonly faults?: Partial<Faults>
}

/** A resource as a fake cloud holds it. */
export interface Thing extends Omit<LiveResource, 'drift' | 'unsure'> {
  readonly stage: string | undefined
  readonly settings: JsonObject
  readonly marks: Marks
  /** Until then it cannot be changed. */
  readonly readyMs: number
  /** From then on it is gone; its name is taken until then. */
  readonly goneMs: number
}

/** A fake cloud from within: what is in it, and what it is like. */
export interface World extends Required<FakeCloudOptions> {
  faults: Faults
  readonly things: Map<string, Thing>
  readonly history: { readonly atMs: number; readonly things: readonly Thing[] }[]
}

/** An answer that a cloud deals with itself, by trying again. */
export interface Again extends Error {
  readonly waitingFor: string | undefined
}

const refusals = new WeakSet<object>()

/** Makes an answer that asks to try again. */
export function again(message: string, waitingFor?: string): Again {
  const error = Object.assign(new Error(message), { waitingFor })
  refusals.add(error)
  return error
}

/** Whether an error asks to try again. */
export function isAgain(error: unknown): error is Again {
  return typeof error === 'object' && error !== null && refusals.has(error)
}

/** Makes something half-made, with only those settings that cannot be changed later. */
export function create(world: World, stage: string, resource: Resource): void {
  const key = keyOf(resource)
  const there = world.things.get(key)
  if (there !== undefined && !isFree(world, there)) throw again(`${key} is there already`)
  for (const need of resource.needs) {
    const met = [...world.things.values()].some((thing) => thing.stage === stage && thing.id === need && isThere(thing))
    if (!met) throw new Error(`${key} needs ${need}`)
  }
  const { id, kind, name, needs, holdsData, fixed, config } = resource
  const settings = Object.fromEntries(fixed.map((setting) => [setting, config[setting]]))
  put(world, { ...emptyThing(kind, name), id, needs, holdsData, stage, settings, readyMs: soon(world) })
}

/** Brings some settings to what is wanted; those that are not wanted go. */
export function configure(world: World, { kind, name, config }: Resource, names: readonly string[]): void {
  const thing = keyed(world, keyOf({ kind, name }))
  if (thing.readyMs > world.clock.now()) throw again('pending', 'it to be ready')
  const settings: Record<string, JsonValue | undefined> = { ...thing.settings }
  for (const setting of names) {
    if (config[setting] === undefined) delete settings[setting]
    else settings[setting] = config[setting]
  }
  put(world, { ...thing, settings, readyMs: soon(world) })
}

/** Throws while something cannot be used yet. */
export function ready(world: World, key: string): void {
  if (keyed(world, key).readyMs > world.clock.now()) throw again('pending', 'it to be ready')
}

/** Puts a mark on the marker, or takes it away; makes the marker where it is not there. */
export function mark(
  world: World,
  { stage, key, name, text }: { stage: string; key: string; name: MarkName; text: string | undefined },
): void {
  const [kind = '', part = ''] = key.split(' ')
  const there = world.things.get(key)
  if (there !== undefined && there.stage !== stage) throw notOurs(there)
  if (there !== undefined && !isThere(there) && !isFree(world, there)) throw again('deleting')
  const isNew = there === undefined || !isThere(there)
  if (isNew && text === undefined) return
  const thing = isNew ? { ...emptyThing(kind, part), id: MARKER, stage, holdsData: true } : there
  const { [name]: _, ...others } = thing.marks
  put(world, { ...thing, marks: text === undefined ? others : { ...others, [name]: text } })
}

/** Which settings a change has to write: those it names, or all where it names none, or one nobody knows. */
export function namesToWrite({ settings, resource }: Write, thing: Thing | undefined): readonly string[] {
  const known = new Set([...Object.keys(resource.config), ...Object.keys(thing?.settings ?? {})])
  const all = thing === undefined || settings.length === 0 || settings.some((name) => !known.has(name))
  return all ? [...known].sort() : settings
}

/** Changes the settings of an existing resource. */
export function adjust(world: World, { kind, name }: Thing, said: Partial<Thing>): void {
  put(world, { ...keyed(world, keyOf({ kind, name })), ...said })
}

/** What is there by a key; asks to try again where nothing is. */
export function keyed(world: World, key: string): Thing {
  const thing = world.things.get(key)
  if (thing === undefined || !isThere(thing)) throw again(`${key} is gone`)
  return thing
}

/** Puts something into the cloud, at once. */
export function put(world: World, thing: Thing): void {
  world.things.set(keyOf(thing), thing)
  if (world.lagMs > 0) world.history.push({ atMs: world.clock.now(), things: [...world.things.values()] })
}

/** What was there at some time, and not being removed. */
export function thingsAt(world: World, atMs: number): readonly Thing[] {
  const isLive = (thing: Thing) => thing.goneMs > atMs && thing.goneMs === Number.POSITIVE_INFINITY
  if (world.lagMs === 0 || atMs >= world.clock.now()) return [...world.things.values()].filter(isLive)
  return world.history.findLast((entry) => entry.atMs <= atMs)?.things.filter(isLive) ?? []
}

/** Whether it is there for those that ask, and not being removed. */
export function isThere({ goneMs }: Thing): boolean {
  return goneMs === Number.POSITIVE_INFINITY
}

/** Whether its name can be taken again. */
export function isFree({ clock }: World, { goneMs }: Thing): boolean {
  return goneMs <= clock.now()
}

/** Those that need something. */
export function usersOf(world: World, thing: Thing): readonly Thing[] {
  const things = [...world.things.values()].filter((other) => other.stage === thing.stage && isThere(other))
  if (things.some((other) => other !== thing && other.id === thing.id)) return []
  return things.filter((other) => other.needs?.includes(thing.id))
}

/** A resource as a cloud returns it. */
export function liveResource({
  id,
  kind,
  name,
  address,
  fingerprint,
  holdsData,
  needs,
  processor,
}: Thing): LiveResource {
  const more = { ...(needs === undefined ? {} : { needs }), ...(processor === undefined ? {} : { processor }) }
  return { id, kind, name, address, fingerprint, holdsData, ...more }
}

/** Something without tags and settings, ready. */
export function emptyThing(kind: string, name: string): Omit<Thing, 'stage'> {
  const never = Number.POSITIVE_INFINITY
  const address = `at:${kind}/${name}`
  const nothing = { fingerprint: undefined, holdsData: false, settings: {}, marks: {} }
  return { id: `${kind}/${name}`, kind, name, address, ...nothing, readyMs: 0, goneMs: never }
}

/** The error for what is there and lacks our tags. */
export function notOurs(resource: Pick<Resource, 'kind' | 'name'>): AttakError {
  return new AttakError('RESOURCE_NOT_OURS', `${keyOf(resource)} exists and is not ours`, 'Remove or rename it.')
}

function soon({ clock, random }: World): number {
  return clock.now() + random() * 200
}

/** What identifies something in a cloud. */
export function keyOf({ kind, name }: Pick<Resource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/** Whether two settings are the same. */
export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
