import { type CarrierRules, keepsOrder, leastRetention, viasOf } from './carrier-rules.ts'
import {
  batchRecords,
  type ChannelGroup,
  groupStreams,
  type Resolved,
  resolveDelivery,
  type Streams,
  textOfSettings,
} from './channels.ts'
import type { DeliverySettings, Via } from './delivery.ts'
import { placeOf } from './field.ts'
import type { KnownSettings } from './known-settings.ts'
import { placeOfProcessor } from './name.ts'
import { type Report, show } from './report.ts'
import { placeOfStream } from './streams.ts'
import type { TopologyStream } from './topology.ts'

/**
 * Reports what settings of streams say together and cannot be: those of another carrier, values that this one does not
 * take, and streams that share what carries them and disagree about it. Each once for all streams that share it.
 */
export function checkChannels(topology: Streams, known: KnownSettings, report: Report): void {
  const parts = { topology, known, report }
  const groups = groupStreams(topology, known)
  checkForeign(groups, parts)
  for (const group of groups) {
    const agreed = checkAgreement(group, parts)
    const resolved = resolveDelivery([...group.said, topology], known)
    const place = placeOfStream(topology.streams[group.streams[0]!]!)
    const faults = agreed
      ? [
          ...faultsOf(resolved, group, known.carriers[resolved.via]),
          ...receiverFaults(resolved, group, topology, known),
        ]
      : []
    for (const { what, remedy } of faults) report.error('TOPOLOGY_INVALID', place, what, remedy)
  }
  warnOfSplitPairs(groups, parts)
}

interface Parts {
  readonly topology: Streams
  readonly known: KnownSettings
  readonly report: Report
}

interface Fault {
  readonly what: string
  readonly remedy: string
}

/** What cannot be in one channel; `said` alone can be at fault, since defaults fit. */
function faultsOf(
  { via, fifo, pack, settings }: Resolved,
  { said }: ChannelGroup,
  rules: CarrierRules,
): readonly Fault[] {
  const { batch, window, retention } = settings
  const { mostRecords, ranges, exclusive = [], waitsFor } = rules
  const faults: Fault[] = []
  for (const [setting, [least, most]] of Object.entries(ranges)) {
    const value = settings[setting as keyof typeof ranges] as number
    const what = `${setting} must be from ${least} to ${most} over ${via}; got ${value}`
    if (value < least || value > most)
      faults.push({ what, remedy: `Set ${setting} to a value in that range, or leave it out.` })
  }
  const leastHours = leastRetention(settings, rules)
  if (retention < leastHours) {
    const what = `retention is ${retention} hours, which is too short: a message that is given up after ${waitsFor} (${settings[waitsFor as keyof typeof settings]} s) must stay in the stream for as long again`
    faults.push({ what, remedy: `Set retention to ${leastHours} or more, or ${waitsFor} lower.` })
  }
  if (fifo && window > 0) {
    faults.push({ what: `${via} with fifo: true takes no window`, remedy: 'Remove window, or fifo.' })
  }
  const records = batchRecords({ pack, settings })
  const mostOfFifo = mostRecords.fifo * pack
  if (fifo && records > mostRecords.fifo) {
    const what = `batch ${batch} is ${records} records of pack ${pack}, and ${via} with fifo: true delivers at most ${mostRecords.fifo} at once`
    faults.push({ what, remedy: `Set batch to ${mostOfFifo} or less, or pack higher.` })
  } else if (window === 0 && records > mostRecords.withoutWindow) {
    const what = `batch ${batch} is ${records} records of pack ${pack}, and ${via} delivers at most ${mostRecords.withoutWindow} at once without a window`
    faults.push({ what, remedy: 'Set window to 1 or more, batch lower, or pack higher.' })
  }
  if (settings.filters !== undefined && said.some((one) => (one.pack ?? 1) > 1)) {
    const what = 'filters need one message per record, and pack puts several into one'
    faults.push({ what, remedy: 'Set pack to 1, or leave it out, or remove filters.' })
  }
  if (exclusive.filter((name) => settings[name as keyof typeof settings] !== undefined).length > 1) {
    faults.push({ what: `${exclusive.join(' and ')} exclude each other`, remedy: 'Keep one of them.' })
  }
  return faults
}

function receiverFaults(
  { via }: Resolved,
  { name, streams }: ChannelGroup,
  topology: Streams,
  { carriers }: KnownSettings,
): readonly Fault[] {
  const receivers = [...new Set(streams.map((index) => topology.streams[index]!.to))]
  if (receivers.length <= carriers[via].mostReceivers) return []
  const what = `"${name}" has the receivers ${receivers.join(' and ')}, but ${via} delivers each message to only one of them`
  const other = viasOf(carriers).find((one) => receivers.length <= carriers[one].mostReceivers)
  const remedy = `Leave out stream: '${name}'${other === undefined ? '' : `, or set via: '${other}'`}.`
  return [{ what, remedy }]
}

/** Reports settings that nothing they are said for has; by where they are said. */
function checkForeign(groups: readonly ChannelGroup[], parts: Parts): void {
  const { topology, known } = parts
  const vias: Via[] = []
  for (const { streams, said } of groups) {
    const { via } = resolveDelivery([...said, topology], known)
    for (const index of streams) vias[index] = via
  }
  const viasTo = (name: string) => vias.filter((_, index) => topology.streams[index]!.to === name)
  for (const [index, stream] of topology.streams.entries()) {
    reportForeign(stream, placeOfStream(stream), [vias[index]!], parts)
  }
  for (const processor of topology.processors) {
    reportForeign(processor, placeOfProcessor(processor.name), viasTo(processor.name), parts)
  }
  reportForeign(topology, '', vias, parts)
}

function reportForeign(said: DeliverySettings, where: string, vias: readonly Via[], { known, report }: Parts): void {
  if (vias.length === 0) return
  const { delivery, over, carriers } = known
  for (const setting of delivery) {
    if (said[setting] === undefined || said[setting] === false) continue
    if (vias.some((via) => over[via].has(setting))) continue
    const owners = viasOf(carriers).filter((via) => over[via].has(setting))
    const what = `${setting} works only with ${owners.join(' or ')}, which nothing here uses`
    report.error('TOPOLOGY_INVALID', placeOf(where, setting), what, `Set via: '${owners[0]}', or remove ${setting}.`)
  }
}

/** Returns whether streams with the same channel have the same settings. A stream without a setting takes it from the others. */
function checkAgreement({ name, streams, said }: ChannelGroup, { topology, known, report }: Parts): boolean {
  let agreed = true
  for (const setting of known.delivery) {
    const first = said.findIndex((one) => one[setting] !== undefined)
    const other = said.findIndex((one) => one[setting] !== undefined && !isSame(one[setting], said[first]?.[setting]))
    if (other < 0) continue
    agreed = false
    const [one, two] = [topology.streams[streams[first]!]!, topology.streams[streams[other]!]!]
    const what = `${setting} is ${show(said[other]?.[setting])}, and ${show(said[first]?.[setting])} for ${placeOfStream(one)}, which shares "${name}"`
    report.error(
      'TOPOLOGY_INVALID',
      placeOfStream(two),
      what,
      `Set the same value for both, or leave out stream: '${name}'.`,
    )
  }
  return agreed
}

function isSame(one: unknown, other: unknown): boolean {
  return textOfSettings(one) === textOfSettings(other)
}

/** The streams of one pair that one channel carries. */
interface Branch {
  readonly channel: string
  readonly streams: TopologyStream[]
  readonly said: DeliverySettings
  readonly resolved: Resolved
}

/** Warns where events of one sender and key may reach a receiver over several channels: nothing orders those. */
function warnOfSplitPairs(groups: readonly ChannelGroup[], { topology, known, report }: Parts): void {
  for (const branches of branchesOf(topology, groups, known)) {
    if (branches.length < 2) continue
    const carried = branches.map(({ channel, streams }) => `"${channel}" carries ${topicsOf(streams)}`).join(', ')
    const causes = differencesOf(branches, known)
    const what = `events with the same key can arrive out of order: ${branches.length} channels lead to "${branches[0]!.streams[0]!.to}" (${carried}), since ${causes.join(' and ')} ${causes.length === 1 ? 'differs' : 'differ'}`
    const remedy = `Give these streams the same ${causes.join(' and ')} so that they share a channel, or emit with different keys.`
    report.warn('TOPOLOGY_SPLIT_ORDER', placeOfStream(branches[0]!.streams[0]!), what, remedy)
  }
}

/** Returns, for each pair of sender and receiver, the channels between them that can carry keys. */
function branchesOf(
  topology: Streams,
  groups: readonly ChannelGroup[],
  known: KnownSettings,
): Iterable<readonly Branch[]> {
  const pairs = new Map<string, Branch[]>()
  for (const { name, streams, said } of groups) {
    const resolved = resolveDelivery([...said, topology], known)
    if (!keepsOrder(known.carriers[resolved.via], resolved)) continue
    for (const index of streams) {
      const stream = topology.streams[index]!
      const pair = placeOfStream(stream)
      const branches = pairs.get(pair) ?? []
      pairs.set(pair, branches)
      const branch = branches.find(({ channel }) => channel === name)
      if (branch === undefined)
        branches.push({ channel: name, streams: [stream], said: Object.assign({}, ...said), resolved })
      else branch.streams.push(stream)
    }
  }
  return pairs.values()
}

function topicsOf(streams: readonly TopologyStream[]): string {
  const topics = streams.map((stream) => stream.topics)
  if (topics.includes(undefined)) return 'every topic'
  return topics.flat().map(show).join(', ')
}

/** Returns the settings that make these channels differ, without those that follow from others. */
function differencesOf(branches: readonly Branch[], { delivery }: KnownSettings): readonly string[] {
  const differs = (read: (branch: Branch) => unknown) =>
    branches.some((branch) => !isSame(read(branch), read(branches[0]!)))
  const causes = delivery.filter(
    (name) =>
      differs(({ said }) => said[name]) && differs(({ resolved }) => ({ ...resolved, ...resolved.settings })[name]),
  )
  return differs(({ streams }) => streams[0]!.stream) ? ['stream', ...causes] : causes
}
