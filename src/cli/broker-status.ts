import type { BrokerStatus, ChannelStatus, WorkerStatus } from '../runtime/broker.ts'
import { drawCount, drawDuration, drawNumber } from '../view/duration.ts'
import { idLength } from '../view/id.ts'
import { type Colors, hang } from '../view/print.ts'
import { drawWord } from '../view/value.ts'
import type { Hint } from './hint.ts'
import { waitingIn, withoutWorker } from './on-broker.ts'

/** What a drawn status needs besides the state itself. */
export interface BrokerStatusParts {
  /** `orders (dev) on redis://localhost:6379` */
  readonly place: string
  readonly status: BrokerStatus
  /** The processors of the project; undefined if none was loaded. */
  readonly processors: readonly string[] | undefined
  /** Milliseconds since 1970. */
  readonly nowMs: number
  readonly colors: Colors
  readonly hint: Hint
}

/** Whether all is well: each channel has a worker, but for empty ones of processors that the project no longer has. */
export function isWell({ status, processors }: Pick<BrokerStatusParts, 'status' | 'processors'>): boolean {
  const alone = withoutWorker(status)
  return status.channels.every((channel) => !alone.includes(channel.name) || isLeftOver(channel, processors))
}

function isLeftOver(channel: ChannelStatus, processors: BrokerStatusParts['processors']): boolean {
  return processors?.includes(channel.name) === false && waitingIn(channel) === 0
}

/**
 * The state of a topology on a broker, for people; ends with a line break.
 * ```
 * orders (dev) on redis://localhost:6379: 2 channels, 1 without a worker, 3 errors
 *   ✓ bill  12 waiting, the oldest for 2.5 s; 8 lanes of 3fa1b2c4
 *   ✗ show  nothing waits; no worker runs it
 * 1 worker
 *   3fa1b2c4  host-a, process 123, attak 0.3.0, for 2 min 5 s: bill
 * ```
 */
export function drawBrokerStatus(parts: BrokerStatusParts): string {
  const { place, status, colors, hint } = parts
  const { channels, workers, errors } = status
  const alone = withoutWorker(status)
  const counts = [
    drawCount(channels.length, 'channel'),
    alone.length === 0 ? colors.green('all with workers') : colors.red(`${drawNumber(alone.length)} without a worker`),
    ...(errors === 0 ? [] : [colors.red(drawCount(errors, 'error'))]),
  ]
  const names = channels.map(({ name }) => drawWord(name))
  const width = Math.max(...names.map(({ length }) => length))
  const shorten = shortIdsOf(workers)
  const lines = channels.map((channel, index) => {
    const isAlone = alone.includes(channel.name)
    const sign = !isAlone
      ? colors.green('✓')
      : isLeftOver(channel, parts.processors)
        ? colors.yellow('!')
        : colors.red('✗')
    const owned = isAlone ? sayAlone(channel, parts.processors) : sayLanes(channel, workers, shorten)
    return `  ${sign} ${names[index]!.padEnd(width)}  ${sayWaiting(channel, parts.nowMs)}; ${colors.dim(owned)}`
  })
  return [
    `${colors.bold(place)}: ${counts.join(', ')}`,
    ...lines,
    ...drawWorkers(parts, shorten),
    ...sayVersions(workers, shorten),
    ...(alone.length === 0 ? [] : [`${hint('run')} starts a worker.`]),
    ...(errors === 0 ? [] : [`${hint('errors list')} shows what failed.`]),
    '',
  ].join('\n')
}

type Shorten = (id: string) => string

function shortIdsOf(workers: readonly WorkerStatus[]): Shorten {
  const length = idLength(workers)
  return (id) => drawWord(id.slice(0, length))
}

function sayWaiting(channel: ChannelStatus, nowMs: number): string {
  const { oldestMs, delayed } = channel
  const inLanes = waitingIn(channel) - delayed
  // The clock of the broker may be ahead.
  const age = oldestMs === undefined ? '' : `, the oldest for ${drawDuration(Math.max(0, nowMs - oldestMs))}`
  const waiting = inLanes === 0 ? [] : [`${drawNumber(inLanes)} waiting${age}`]
  const later = delayed === 0 ? [] : [`${drawNumber(delayed)} put off for a retry`]
  return [...waiting, ...later].join(', ') || 'nothing waits'
}

function sayAlone({ name }: ChannelStatus, processors: BrokerStatusParts['processors']): string {
  return processors?.includes(name) === false
    ? 'no worker runs it, and the topology no longer has it'
    : 'no worker runs it'
}

function sayLanes({ lanes }: ChannelStatus, workers: readonly WorkerStatus[], shorten: Shorten): string {
  const counts = new Map<string | undefined, number>()
  for (const { owner } of lanes) {
    // A worker that vanished owns its lanes until others take them.
    const known = workers.some(({ id }) => id === owner) ? owner : undefined
    counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  const nameOf = (owner: string | undefined) => (owner === undefined ? 'nobody yet' : shorten(owner))
  const all = drawCount(lanes.length, 'lane')
  const [only] = counts.keys()
  if (counts.size === 1) return `${all} of ${nameOf(only)}`
  return `${all}: ${[...counts].map(([owner, count]) => `${drawNumber(count)} of ${nameOf(owner)}`).join(', ')}`
}

function drawWorkers({ status, nowMs, colors }: BrokerStatusParts, shorten: Shorten): readonly string[] {
  const { channels, workers } = status
  const lines = workers.map(({ id, host, pid, version, startedMs, channels: own }) => {
    const facts = `${hang(host)}, process ${pid}, attak ${hang(version)}, for ${drawDuration(Math.max(0, nowMs - startedMs))}`
    const runs = own.length === channels.length ? 'all processors' : own.map(drawWord).join(', ')
    return `  ${colors.bold(shorten(id))}  ${facts}: ${runs}`
  })
  return [workers.length === 0 ? colors.red('No worker runs.') : drawCount(workers.length, 'worker'), ...lines]
}

function sayVersions(workers: readonly WorkerStatus[], shorten: Shorten): readonly string[] {
  const versions = new Map<string, string[]>()
  for (const { id, version } of workers) versions.set(version, [...(versions.get(version) ?? []), shorten(id)])
  if (versions.size < 2) return []
  const said = [...versions].map(([version, ids]) => `${hang(version)} (${ids.join(', ')})`)
  return [`The workers have different versions of attak: ${said.join(', ')}.`]
}

/** The same for programs. */
export function jsonOfBrokerStatus({ channels, workers, errors }: BrokerStatus): object {
  return {
    channels: channels.map(({ name, lanes, oldestMs, delayed }) => ({
      ...{ name, lanes, delayed },
      oldest: oldestMs === undefined ? undefined : new Date(oldestMs).toISOString(),
      workers: workers.filter((worker) => worker.channels.includes(name)).map(({ id }) => id),
    })),
    workers: workers.map(({ startedMs, ...worker }) => ({ ...worker, since: new Date(startedMs).toISOString() })),
    errors,
  }
}
