import type { BrokerSend, BrokerWorker, BrokerWorld, Working } from '../../runtime/broker.ts'
import type { LaneCounts } from '../../runtime/placing.ts'
import { createStop, type Stop, waitFor } from '../../runtime/stop.ts'
import type { Cluster } from './client.ts'
import { reasonOf } from './failure.ts'
import { type Group, joinGroup } from './group.ts'
import { commitState, type LaneWorld, laneNamed, type OwnedLane, openLane, passRead } from './lanes.ts'
import type { Outgoing } from './producer.ts'
import { baseOf } from './progress.ts'
import { createReader } from './reader.ts'
import { lagOf, removeDone } from './status.ts'
import type { Names } from './topics.ts'

/** What a worker works with. */
export interface WorkParts {
  readonly world: BrokerWorld
  readonly cluster: Cluster
  readonly names: Names
  readonly lanesOf: LaneCounts
  readonly outgoingOf: (sends: readonly BrokerSend[]) => readonly Outgoing[]
}

/** How often what has changed in silence is committed. */
const LOOK_MS = 500
/** How often Kafka is told to remove what is done. */
const REMOVE_LOOKS = 40
/** The pause before a lane is opened again. */
const REOPEN_MS = 500

interface Work extends WorkParts, LaneWorld {
  readonly worker: BrokerWorker
  readonly group: Group
  readonly lanes: Map<string, OwnedLane>
  /** Lanes that are being given back. */
  readonly releases: Set<Promise<void>>
  isClosing: boolean
}

/** Takes part as a worker. */
export function startWork(parts: WorkParts, worker: BrokerWorker): Working {
  const { cluster, world, names, lanesOf } = parts
  const lanes = new Map<string, OwnedLane>()
  const reader = createReader({ ...parts, lanes })
  const group = joinGroup({
    ...{ cluster, world, worker, lanesOf, group: names.group },
    owned: () => [...lanes.keys()],
    assigned: (wanted) => change(work, wanted),
    expelled: () => {
      for (const lane of lanes.values()) lose(work, lane)
    },
  })
  const work: Work = {
    ...{ ...parts, worker, group, lanes, releases: new Set(), isClosing: false },
    wake: reader.wake,
    broken: (lane, error) => {
      world.tell(`The lane ${lane.name} is read again: ${reasonOf(error)}`, 'warn')
      lose(work, lane)
      void cluster.pause(REOPEN_MS).then(group.rejoin)
    },
  }
  const stop = createStop()
  const looking = keepLooking(work, stop)
  return {
    isConnected: cluster.isConnected,
    lag: () => lagOf(parts, worker.channels),
    async close() {
      work.isClosing = true
      for (const lane of lanes.values()) giveBack(work, lane)
      while (work.releases.size > 0) await Promise.all(work.releases)
      stop.stop()
      await looking
      await group.leave()
    },
  }
}

/** Compares the lanes that this worker is to have with those that it has. */
function change(work: Work, wanted: readonly string[]): void {
  const { lanes, names, isClosing } = work
  const kept = new Set(wanted)
  for (const lane of lanes.values()) if (!kept.has(lane.name)) giveBack(work, lane)
  if (isClosing) return
  for (const name of wanted) {
    if (lanes.has(name)) continue
    const lane = laneNamed(name, names)
    lanes.set(name, lane)
    void open(work, lane)
  }
}

async function open(work: Work, lane: OwnedLane): Promise<void> {
  const { worker, cluster } = work
  lane.opening = openLane(work, lane).then(
    (opened) => {
      if (opened === undefined || lane.isLost || lane.isReleasing || cluster.stop.isStopped) return
      lane.user = worker.gained(opened)
      work.wake(lane)
    },
    (error) => {
      if (!lane.isLost && !cluster.stop.isStopped) work.broken(lane, error)
    },
  )
}

function lose({ lanes }: Work, lane: OwnedLane): void {
  if (lane.isLost) return
  lane.isLost = true
  if (lanes.get(lane.name) === lane) lanes.delete(lane.name)
  lane.user?.lost()
}

function giveBack(work: Work, lane: OwnedLane): void {
  if (lane.isReleasing) return
  lane.isReleasing = true
  const release = releaseLane(work, lane).finally(() => work.releases.delete(release))
  work.releases.add(release)
}

async function releaseLane(work: Work, lane: OwnedLane): Promise<void> {
  const { lanes, group, isClosing } = work
  await lane.opening
  await lane.user?.release()
  if (lane.isLost) return
  if (lane.producer !== undefined) {
    lane.isEnded = true
    await commitState(work, lane)
    await removeDone(work.cluster, [lane])
  }
  lane.isLost = true
  if (lanes.get(lane.name) === lane) lanes.delete(lane.name)
  if (!isClosing) group.rejoin()
}

/** Commits what is done without a commit, and has Kafka remove what is done. */
async function keepLooking(work: Work, stop: Stop) {
  const { cluster, world, lanes } = work
  for (let looks = 1; ; looks++) {
    await waitFor(world, LOOK_MS, stop, cluster.stop)
    if (stop.isStopped || cluster.stop.isStopped) return
    const open = [...lanes.values()].filter(({ user, isReleasing }) => user !== undefined && !isReleasing)
    for (const lane of open) {
      passRead(lane)
      if (lane.isChanged || baseOf(lane.progress) !== lane.committed) void commitState(work, lane)
    }
    if (looks % REMOVE_LOOKS === 0) await removeDone(cluster, open)
  }
}
