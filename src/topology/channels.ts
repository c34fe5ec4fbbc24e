import {
  type ChannelSettings,
  DELIVERY_DEFAULTS,
  DELIVERY_SETTINGS,
  type DeliverySettings,
  rulesOf,
  VIA_NAMES,
  type Via,
} from './delivery.ts'
import type { Topology, TopologyStream } from './topology.ts'
import { isPlainObject } from './user-code.ts'

/** What carries the messages of one or several streams: one stream of Kinesis, or one queue of SQS. */
export interface Channel extends Resolved {
  /** Unique in the topology. No cloud word: a transport makes an address of it. */
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

type Streams = Pick<Topology, 'streams' | 'processors'> & DeliverySettings

/** The channels of a topology, in the order of their first streams. */
export function channelsOf(topology: Streams): readonly Channel[] {
  return groupStreams(topology).map(({ name, streams, said }) => {
    const to = [...new Set(streams.map((index) => topology.streams[index]!.to))]
    return { name, to, streams, ...resolveDelivery([...said, topology]) }
  })
}

/** Settings as text: the same for the same values, in whatever order their fields were written. */
export function textOfSettings(settings: unknown): string {
  return JSON.stringify(settings, (_, value: unknown) =>
    isPlainObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  )
}

/** Whether what carries messages keeps the order of each key; where it does not, an emit with a key fails. */
export function keepsOrder({ via, fifo }: Pick<Resolved, 'via' | 'fifo'>): boolean {
  const { orderedByKey } = rulesOf(via)
  return fifo ? orderedByKey.fifo : orderedByKey.plain
}

/**
 * Who shares a channel: streams that name the same one; otherwise those of one receiver that are carried alike. A
 * receiver's first is called like the receiver (`bill`; `bill--sqs`, `bill--fifo`), and one that is carried differently
 * `bill--from-<sender>`. So names do not depend on what is set, and a changed setting moves no messages.
 */
export function groupStreams(topology: Streams): readonly ChannelGroup[] {
  const receivers = new Map(topology.processors.map((processor) => [processor.name, processor]))
  const groups = new Map<string, { streams: number[]; said: DeliverySettings[] }>()
  for (const [index, stream] of topology.streams.entries()) {
    const said = nearestOf([stream, receivers.get(stream.to) ?? {}])
    const identity = stream.stream ?? textOfSettings([stream.to, resolveDelivery([said, topology])])
    const group = groups.get(identity) ?? { streams: [], said: [] }
    group.streams.push(index)
    group.said.push(said)
    groups.set(identity, group)
  }
  const names = nameGroups([...groups.values()], topology)
  return [...groups.values()].map((group, index) => ({ name: names[index]!, ...group }))
}

/** What `levels` say together, the first that says something counting, and defaults filled in. */
export function resolveDelivery(levels: readonly DeliverySettings[]): Resolved {
  const said = nearestOf(levels)
  const via = said.via ?? DELIVERY_DEFAULTS.via
  const { defaults, mostRecords } = rulesOf(via)
  const own = DELIVERY_SETTINGS.filter((setting) => !isForeign(setting, via))
  const { fifo = DELIVERY_DEFAULTS.fifo, pack, ...given } = nearestOf([pick(said, own), defaults])
  const packed = pack ?? (given.filters === undefined ? DELIVERY_DEFAULTS.pack : 1)
  const { via: _, window = DELIVERY_DEFAULTS.window, ...settings } = given
  const most = fifo ? mostRecords.fifo : window === 0 ? mostRecords.withoutWindow : mostRecords.plain
  const batch = settings.batch ?? Math.min(DELIVERY_DEFAULTS.batch, most * packed)
  const retention = said.retention ?? Math.max(defaults.retention ?? 0, leastRetention(settings))
  return { via, fifo, pack: Math.min(packed, batch), settings: { ...settings, batch, window, retention } }
}

/** The most records that a channel's receivers are handed at once: `batch` counts messages. */
export function batchRecords({ pack, settings }: Pick<Resolved, 'pack' | 'settings'>): number {
  return Math.max(1, Math.floor(settings.batch / pack))
}

/** Hours that what was never answered must be kept, so that what tells of it still finds it: twice as long as it is tried. */
export function leastRetention({ maximumRecordAge = 0 }: ChannelSettings): number {
  return Math.ceil((2 * maximumRecordAge) / 3600)
}

/** Whether a setting is another carrier's alone. */
export function isForeign(setting: keyof DeliverySettings, via: Via): boolean {
  return VIA_NAMES.some((other) => other !== via && rulesOf(other).own.includes(setting))
}

/** What the nearest of `levels` that says something says, setting by setting, in the order of all settings. */
function nearestOf(levels: readonly DeliverySettings[]): DeliverySettings {
  const given = DELIVERY_SETTINGS.flatMap((setting) => {
    const level = levels.find((one) => one[setting] !== undefined)
    return level === undefined ? [] : [[setting, level[setting]] as const]
  })
  return Object.fromEntries(given)
}

function pick(settings: DeliverySettings, names: readonly (keyof DeliverySettings)[]): DeliverySettings {
  return Object.fromEntries(names.map((name) => [name, settings[name]]))
}

/** Names groups, those first whose streams say nothing themselves: what is added to others later takes no name from them. */
function nameGroups(groups: readonly { readonly streams: readonly number[] }[], topology: Streams): readonly string[] {
  const firsts = groups.map(({ streams }) => topology.streams[streams[0]!]!)
  const taken = new Set(firsts.flatMap(({ stream }) => stream ?? []))
  const names = firsts.map(({ stream }) => stream)
  const plainFirst = [...firsts.keys()].sort(
    (a, b) => Number(saysMore(firsts[a]!)) - Number(saysMore(firsts[b]!)) || a - b,
  )
  for (const index of plainFirst) {
    names[index] ??= freeName(firsts[index]!, topology, taken)
    taken.add(names[index])
  }
  return names as readonly string[]
}

function saysMore(stream: TopologyStream): boolean {
  return DELIVERY_SETTINGS.some((setting) => stream[setting] !== undefined)
}

function freeName(stream: TopologyStream, topology: Streams, taken: ReadonlySet<string>): string {
  const receiver = topology.processors.find(({ name }) => name === stream.to) ?? {}
  const { via, fifo } = resolveDelivery([stream, receiver, topology])
  const first = via === DELIVERY_DEFAULTS.via ? stream.to : `${stream.to}--${fifo ? 'fifo' : via}`
  if (!taken.has(first)) return first
  const second = `${first}--from-${stream.from}`
  let name = second
  for (let number = 2; taken.has(name); number++) name = `${second}-${number}`
  return name
}
