import type * as Kafka from '@platformatic/kafka'
import type { BrokerWorker, BrokerWorld, WorkerAbout } from '../../runtime/broker.ts'
import { createStop, type Stop, waitFor } from '../../runtime/stop.ts'
import { assignLanes, channelOf, type Member } from './assign.ts'
import type { Cluster } from './client.ts'
import { hasFailed, reasonOf } from './failure.ts'
import { type Heart, type Membership, startHeart } from './heart.ts'

/** What a group is joined with. */
export interface GroupParts {
  readonly cluster: Cluster
  readonly world: BrokerWorld
  /** The name of the group. */
  readonly group: string
  readonly worker: BrokerWorker
  readonly lanesOf: ReadonlyMap<string, number>
  /** The lanes that this worker has, as `bill:3`. */
  owned(): readonly string[]
  /** It is to have these lanes. */
  assigned(lanes: readonly string[]): void
  /** It has no lane any more: others have them. */
  expelled(): void
}

/** The group of all workers of a topology. */
export interface Group {
  /** This worker, in the latest generation that it knows. */
  member(): Membership
  /** Waits a little for a later generation than this one. */
  later(than: Membership): Promise<void>
  /** Has all members told what they own now. */
  rejoin(): void
  /** This membership has ended. */
  end(membership: Membership): void
  /** Leaves the group. */
  leave(): Promise<void>
}

/** What a member says of itself to the others. */
export interface MemberText extends Omit<Member, 'id'> {
  readonly worker: string
  readonly about: WorkerAbout
  readonly startedMs: number
}

/** The protocol of the group. It is attak's own, so that Kafka keeps the offsets as long as there are members. */
const PROTOCOL = { type: 'attak', name: 'attak-1' }
/** The shortest session that Kafka allows unless it is told otherwise. */
const LEAST_SESSION_MS = 6000
const REBALANCE_MS = 60_000
/** The longest pause between two signs of life. */
const BEAT_MS = 500
/** The pause after a try that failed. */
const PAUSE_MS = 200
const NOBODY: Membership = { id: '', generation: -1 }

interface State extends GroupParts {
  membership: Membership
  sessionMs: number
  /** Ends the pause between two signs of life. */
  nudge: Stop
  isJoinWanted: boolean
  readonly stop: Stop
  readonly startedMs: number
  readonly told: Set<string>
  readonly heart: Heart
}

/** Joins the group, and stays in it until it is left or the cluster is closed. */
export function joinGroup(parts: GroupParts): Group {
  const { cluster, world, group } = parts
  const heart = startHeart(cluster, group, beatMs(world.leaseMs))
  const state: State = {
    ...{ ...parts, membership: NOBODY, sessionMs: world.leaseMs, nudge: createStop(), isJoinWanted: true },
    ...{ stop: createStop(), startedMs: world.now(), told: new Set(), heart },
  }
  const staying = stay(state)
  void cluster.stop.stopped.then(() => {
    state.stop.stop()
    state.nudge.stop()
    heart.close()
  })
  return {
    member: () => state.membership,
    async later(than) {
      for (let looks = 0; looks < 5 && state.membership.generation === than.generation; looks++) await cluster.pause(10)
    },
    rejoin() {
      state.isJoinWanted = true
      state.nudge.stop()
    },
    end: (membership) => expel(state, membership),
    async leave() {
      state.stop.stop()
      state.nudge.stop()
      await staying
      heart.close()
      const { id } = state.membership
      if (id === '' || cluster.stop.isStopped) return
      // Its session ends by itself otherwise.
      await cluster
        .call({ kind: 'group', id: group }, (connection) =>
          cluster.kafka.leaveGroupV4.api.async(connection, group, [{ memberId: id }]),
        )
        .catch(() => {})
    },
  }
}

function expel(state: State, { id }: Membership): void {
  if (state.membership.id !== id) return
  become(state, NOBODY)
  state.isJoinWanted = true
  state.expelled()
  state.nudge.stop()
}

function become(state: State, membership: Membership): void {
  state.membership = membership
  state.heart.as(membership)
}

/** How often a member gives a sign of life. */
function beatMs(sessionMs: number): number {
  return Math.min(BEAT_MS, sessionMs / 4)
}

async function stay(state: State): Promise<void> {
  const { world, stop } = state
  while (!stop.isStopped) {
    const { membership } = state
    try {
      if (state.isJoinWanted) await join(state)
      else await beat(state)
    } catch (error) {
      if (stop.isStopped) return
      if (hasFailed(error, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID')) expel(state, membership)
      else if (hasFailed(error, 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION')) state.isJoinWanted = true
      else await waitAfter(state, error)
    }
    if (state.isJoinWanted) continue
    state.nudge = createStop()
    await waitFor(world, beatMs(state.sessionMs), state.nudge)
  }
}

async function waitAfter(state: State, error: unknown): Promise<void> {
  const { cluster, world, stop, told, sessionMs } = state
  if (hasFailed(error, 'INVALID_SESSION_TIMEOUT') && sessionMs < LEAST_SESSION_MS) {
    state.sessionMs = LEAST_SESSION_MS
    const least = LEAST_SESSION_MS / 1000
    world.tell(
      `Kafka allows no lease below ${least} seconds (group.min.session.timeout.ms): it is ${least} now.`,
      'warn',
    )
    return
  }
  const reason = reasonOf(error)
  if (cluster.isConnected() && !told.has(reason))
    world.tell(`Kafka does not let this worker take part: ${reason}`, 'warn')
  told.add(reason)
  await waitFor(world, PAUSE_MS, stop)
}

async function beat({ cluster, group, membership }: State): Promise<void> {
  await cluster.call({ kind: 'group', id: group }, (connection) =>
    cluster.kafka.heartbeatV4.api.async(connection, group, membership.generation, membership.id),
  )
}

async function join(state: State): Promise<void> {
  const { cluster, group, worker } = state
  const { kafka } = cluster
  const { type, name } = PROTOCOL
  // What becomes wanted from now on needs another turn.
  state.isJoinWanted = false
  try {
    const { memberId, generationId: generation, leader, members } = await ask(state, state.membership.id)
    const id = memberId ?? ''
    become(state, { id, generation })
    const told = leader === id ? assignmentsOf(members) : []
    const { assignment } = await cluster.call(
      { kind: 'group', id: group },
      (connection) => kafka.syncGroupV5.api.async(connection, group, generation, id, undefined, type, name, told),
      'group',
    )
    const channels = new Set(worker.channels)
    state.assigned(lanesIn(assignment).filter((lane) => channels.has(channelOf(lane))))
  } catch (error) {
    state.isJoinWanted = true
    throw error
  }
}

async function ask(state: State, id: string): Promise<Kafka.joinGroupV7.JoinGroupResponse> {
  const { cluster, group, sessionMs } = state
  const { kafka } = cluster
  const { type, name } = PROTOCOL
  const protocols = [{ name, metadata: Buffer.from(JSON.stringify(textOf(state))) }]
  try {
    return await cluster.call(
      { kind: 'group', id: group },
      (connection) =>
        kafka.joinGroupV7.api.async(connection, group, sessionMs, REBALANCE_MS, id, undefined, type, protocols),
      'group',
    )
  } catch (error) {
    const { response } = error as { readonly response?: Kafka.joinGroupV7.JoinGroupResponse }
    if (!hasFailed(error, 'MEMBER_ID_REQUIRED') || !response?.memberId) throw error
    return ask(state, response.memberId)
  }
}

function textOf({ worker, lanesOf, startedMs, owned }: State): MemberText {
  const channels = Object.fromEntries(worker.channels.map((channel) => [channel, lanesOf.get(channel) ?? 0]))
  return { worker: worker.id, about: worker.about, startedMs, channels, owned: owned() }
}

/** Reads what a member says of itself; undefined if it is none of attak. */
export function memberIn(metadata: Buffer | null): MemberText | undefined {
  try {
    const text = JSON.parse(`${metadata}`) as MemberText
    return typeof text.worker === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

/** Reads the lanes that a member was assigned. */
export function lanesIn(assignment: Buffer): readonly string[] {
  return assignment.length === 0 ? [] : (JSON.parse(assignment.toString()) as readonly string[])
}

function assignmentsOf(members: readonly { readonly memberId: string; readonly metadata: Buffer | null }[]) {
  const known = members.flatMap(({ memberId, metadata }) => {
    const text = memberIn(metadata)
    return text === undefined ? [] : [{ id: memberId, channels: text.channels, owned: text.owned }]
  })
  return [...assignLanes(known)].map(([memberId, lanes]) => ({
    ...{ memberId, assignment: Buffer.from(JSON.stringify(lanes)) },
  }))
}
