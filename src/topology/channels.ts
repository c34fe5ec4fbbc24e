import { leastRetention } from './carrier-rules.ts'
import { type ChannelSettings, DELIVERY_DEFAULTS, type DeliverySettings, type Via } from './delivery.ts'
import type { KnownSettings } from './known-settings.ts'
import type { Topology, TopologyStream } from './topology.ts'
import { isPlainObject } from './user-code.ts'

/** What carries the messages of one or several streams. */
export interface Channel extends Resolved {
  /** Unique in the topology. No cloud word: a carrier makes an address of it. */
  readonly name: string
  /** The receivers, in the order of the topology's streams; several only where streams name it together. */
  readonly to: readonly string[]
  /** Indexes into the topology's streams, ascending. */
  readonly streams: readonly number[]
}

/** What the streams of a channel say together, with all that they do not say filled in. */
export interface Resolved {
  readonly via: Via
  readonly fifo: boolean
  /** The most messages that share a record; never more than `settings.batch`. */
  readonly pack: number
  /** Absent is what the carrier does not have, or what was not asked for. */
  readonly settings: ChannelSettings & Required<Pick<ChannelSettings, 'batch' | 'window' | 'retention'>>
}

/** Streams that share a channel. */
export interface ChannelGroup {
  readonly name: string
  readonly streams: readonly number[]
  /** What each of them says with its receiver, in the order of `streams`. */
  readonly said: readonly DeliverySettings[]
}

/** What channels are made of. */
export type Streams = Pick<Topology, 'streams' | 'processors'> & DeliverySettings

/** The channels of a topology, in the order of their first streams. */
export function channelsOf(topology: Streams, known: KnownSettings): readonly Channel[] {
  return groupStreams(topology, known).map(({ name, streams, said }) => {
    const to = [...new Set(streams.map((index) => topology.streams[index]!.to))]
    return { name, to, streams, ...resolveDelivery([...said, topology], known) }
  })
}

/** Settings as text: the same for the same values, in whatever order their fields were written. */
export function textOfSettings(settings: unknown): string {
  return JSON.stringify(settings, (_, value: unknown) =>
    isPlainObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  )
}

/**
 * Returns the groups of streams that share a channel: streams with the same `stream`, and otherwise streams to one receiver with
 * the same settings. The first channel of a receiver has its name (`bill`; `bill--sqs`, `bill--fifo`). Others are called
 * `bill--from-<sender>`. So names do not depend on values of settings, and a changed setting moves no messages.
 */
export function groupStreams(topology: Streams, known: KnownSettings): readonly ChannelGroup[] {
  const receivers = new Map(topology.processors.map((processor) => [processor.name, processor]))
  const groups = new Map<string, { streams: number[]; said: DeliverySettings[] }>()
  for (const [index, stream] of topology.streams.entries()) {
    const said = nearestOf([stream, receivers.get(stream.to) ?? {}], known)
    const identity = stream.stream ?? textOfSettings([stream.to, resolveDelivery([said, topology], known)])
    const group = groups.get(identity) ?? { streams: [], said: [] }
    group.streams.push(index)
    group.said.push(said)
    groups.set(identity, group)
  }
  const names = nameGroups([...groups.values()], topology, known)
  return [...groups.values()].map((group, index) => ({ name: names[index]!, ...group }))
}

/** Returns the settings of a stream: each from the first of `levels` that has it, or its default. */
export function resolveDelivery(levels: readonly DeliverySettings[], known: KnownSettings): Resolved {
  const said = nearestOf(levels, known)
  const via = said.via ?? known.fallback
  const rules = known.carriers[via]
  const { defaults, mostRecords } = rules
  const { fifo = DELIVERY_DEFAULTS.fifo, pack, ...given } = nearestOf([pick(said, known.over[via]), defaults], known)
  const packed = pack ?? (given.filters === undefined ? DELIVERY_DEFAULTS.pack : 1)
  const { via: _, window = DELIVERY_DEFAULTS.window, ...settings } = given
  const most = fifo ? mostRecords.fifo : window === 0 ? mostRecords.withoutWindow : mostRecords.plain
  const batch = settings.batch ?? Math.min(DELIVERY_DEFAULTS.batch, most * packed)
  const retention = said.retention ?? Math.max(defaults.retention ?? 0, leastRetention(settings, rules))
  return { via, fifo, pack: Math.min(packed, batch), settings: { ...settings, batch, window, retention } }
}

/** The most records that a channel's receivers are handed at once: `batch` counts messages. */
export function batchRecords({ pack, settings }: Pick<Resolved, 'pack' | 'settings'>): number {
  return Math.max(1, Math.floor(settings.batch / pack))
}

/** Returns each setting from the first of `levels` that has it, in the order of all settings. */
function nearestOf(levels: readonly DeliverySettings[], { delivery }: KnownSettings): DeliverySettings {
  const given = delivery.flatMap((setting) => {
    const level = levels.find((one) => one[setting] !== undefined)
    return level === undefined ? [] : [[setting, level[setting]] as const]
  })
  return Object.fromEntries(given)
}

function pick(settings: DeliverySettings, names: ReadonlySet<keyof DeliverySettings>): DeliverySettings {
  return Object.fromEntries([...names].map((name) => [name, settings[name]]))
}

/** Names groups. Groups whose streams have no settings come first, so that later settings of others do not take their names. */
function nameGroups(
  groups: readonly { readonly streams: readonly number[] }[],
  topology: Streams,
  known: KnownSettings,
): readonly string[] {
  const firsts = groups.map(({ streams }) => topology.streams[streams[0]!]!)
  const taken = new Set(firsts.flatMap(({ stream }) => stream ?? []))
  const names = firsts.map(({ stream }) => stream)
  const saysMore = (stream: TopologyStream) => known.delivery.some((setting) => stream[setting] !== undefined)
  const plainFirst = [...firsts.keys()].sort(
    (a, b) => Number(saysMore(firsts[a]!)) - Number(saysMore(firsts[b]!)) || a - b,
  )
  for (const index of plainFirst) {
    names[index] ??= freeName(firsts[index]!, { topology, taken, known })
    taken.add(names[index])
  }
  return names as readonly string[]
}

interface Naming {
  readonly topology: Streams
  readonly taken: ReadonlySet<string>
  readonly known: KnownSettings
}

function freeName(stream: TopologyStream, { topology, taken, known }: Naming): string {
  const receiver = topology.processors.find(({ name }) => name === stream.to) ?? {}
  const { via, fifo } = resolveDelivery([stream, receiver, topology], known)
  const first = via === known.fallback ? stream.to : `${stream.to}--${fifo ? 'fifo' : via}`
  if (!taken.has(first)) return first
  const second = `${first}--from-${stream.from}`
  let name = second
  for (let number = 2; taken.has(name); number++) name = `${second}-${number}`
  return name
}
