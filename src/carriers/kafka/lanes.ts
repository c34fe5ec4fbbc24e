import type { BrokerSend, Lane, LaneCommit, LaneUser } from '../../runtime/broker.ts'
import type { Cluster } from './client.ts'
import { hasFailed } from './failure.ts'
import type { Group } from './group.ts'
import type { Membership } from './heart.ts'
import { decodeKept, encodeKept } from './kept.ts'
import { type Outgoing, openProducer, type Producer, produce } from './producer.ts'
import { baseOf, finish, type Progress, pass, progressFrom } from './progress.ts'
import { groupedByTopic } from './read.ts'
import type { FoundRecord } from './records.ts'
import type { Names } from './topics.ts'

/** A lane that this worker has, or is about to have. */
export interface OwnedLane {
  /** `bill:3` */
  readonly name: string
  readonly channel: string
  readonly index: number
  readonly topic: string
  /** Set once it is open. */
  user: LaneUser | undefined
  progress: Progress
  /** Records that were read and not given. */
  waiting: FoundRecord[]
  /** The first offset that was not read. */
  position: number
  /** The offset that Kafka has. */
  committed: number
  /** What is before this offset, Kafka was told to remove. */
  removed: number
  /** Whether something has changed that Kafka does not have. */
  isChanged: boolean
  producer: Producer | undefined
  /** The records that may have run when an earlier owner vanished. */
  readonly suspects: Set<string>
  /** Those before this offset; undefined until it is read, 0 for none. */
  suspectsEnd: number | undefined
  isReleasing: boolean
  /** Nothing of it runs any more. */
  isEnded: boolean
  isLost: boolean
  /** Resolves when it is open, or cannot be opened. */
  opening: Promise<void>
  /** One commit follows the other. */
  turn: Promise<unknown>
}

/** What lanes work with. */
export interface LaneWorld {
  readonly cluster: Cluster
  readonly names: Names
  readonly group: Group
  readonly outgoingOf: (sends: readonly BrokerSend[]) => readonly Outgoing[]
  /** A lane has room again. */
  readonly wake: (lane: OwnedLane) => void
  /** Kafka refuses what its owner commits: what it has is to be read anew. */
  readonly broken: (lane: OwnedLane, error: unknown) => void
}

/** Makes a lane that is not open yet. */
export function laneNamed(name: string, names: Names): OwnedLane {
  const at = name.lastIndexOf(':')
  const channel = name.slice(0, at)
  return {
    ...{ name, channel, index: Number(name.slice(at + 1)), topic: names.topicOf(channel), user: undefined },
    ...{ progress: progressFrom(0, decodeKept(0, null)), waiting: [], position: 0, committed: 0, removed: 0 },
    ...{ isChanged: false, producer: undefined, suspects: new Set(), suspectsEnd: 0 },
    ...{ isReleasing: false, isEnded: false, isLost: false, opening: Promise.resolve(), turn: Promise.resolve() },
  }
}

/**
 * Opens a lane: ends the transactions of an earlier owner, reads what that left, and says that the lane has an owner. Returns undefined if
 * it was lost meanwhile.
 */
export async function openLane(world: LaneWorld, lane: OwnedLane): Promise<Lane | undefined> {
  const { cluster, names } = world
  const { kafka } = cluster
  lane.producer = await openProducer(cluster, `${names.group}.${lane.name}`)
  const asked = [{ name: lane.topic, partitionIndexes: [lane.index] }]
  const { groups } = await cluster.persist({ kind: 'group', id: names.group }, (connection) =>
    kafka.offsetFetchV8.api.async(connection, [{ groupId: names.group, memberEpoch: -1, topics: asked }], true),
  )
  const { committedOffset, metadata } = groups[0]!.topics[0]!.partitions[0]!
  const offset = Math.max(0, Number(committedOffset))
  const kept = decodeKept(offset, metadata ?? null)
  lane.progress = progressFrom(offset, kept)
  lane.position = offset
  lane.committed = offset
  lane.removed = offset
  lane.suspectsEnd = kept.isOwned ? undefined : 0
  if ((await commitPlain(world, lane)) === 'fenced') return undefined
  const refs = <Value>(map: ReadonlyMap<number, Value>) => new Map([...map].map(([one, value]) => [`${one}`, value]))
  const left = { marks: refs(kept.marks), crashes: refs(kept.crashes) }
  return {
    ...{ channel: lane.channel, index: lane.index, wake: () => world.wake(lane) },
    left: { ...left, isSuspect: (ref) => left.crashes.has(ref) || lane.suspects.has(ref) },
    commit: (commit) => inTurn(lane, () => commitAll(world, lane, commit)),
    async suspect(ref) {
      const { crashes } = lane.progress
      crashes.set(Number(ref), (crashes.get(Number(ref)) ?? 0) + 1)
      await inTurn(lane, () => commitSafely(world, lane, () => commitPlain(world, lane)))
    },
    survived(ref) {
      if (lane.progress.crashes.delete(Number(ref))) lane.isChanged = true
    },
  }
}

function inTurn<Value>(lane: OwnedLane, run: () => Promise<Value>): Promise<Value> {
  const turn = lane.turn.then(run)
  lane.turn = turn
  return turn
}

async function commitAll(world: LaneWorld, lane: OwnedLane, { done, sends, marks }: LaneCommit) {
  for (const [ref, found] of marks) lane.progress.marks.set(Number(ref), found)
  finish(lane.progress, done.map(Number))
  passRead(lane)
  const commit = sends.length === 0 ? commitPlain : commitTogether
  const outcome = await commitSafely(world, lane, () => commit(world, lane, sends))
  if (outcome === 'committed') world.wake(lane)
  return outcome
}

/** What was read and is no record, such as the end of a transaction, is behind it. */
export function passRead({ waiting, progress, position }: OwnedLane): void {
  if (waiting.length === 0) pass(progress, position)
}

/** Commits where nothing was done, but something has changed: the lane has an owner no more, or stands behind a transaction's end. */
export function commitState(world: LaneWorld, lane: OwnedLane): Promise<'committed' | 'fenced'> {
  return inTurn(lane, () => commitSafely(world, lane, () => commitPlain(world, lane)))
}

/** A commit that cannot be made leaves the lane as Kafka has it. */
async function commitSafely(
  { cluster, broken }: LaneWorld,
  lane: OwnedLane,
  commit: () => Promise<'committed' | 'fenced'>,
): Promise<'committed' | 'fenced'> {
  try {
    return await commit()
  } catch (error) {
    if (!lane.isLost && !cluster.stop.isStopped) broken(lane, error)
    return 'fenced'
  }
}

async function commitPlain(world: LaneWorld, lane: OwnedLane): Promise<'committed' | 'fenced'> {
  const { cluster, names } = world
  const offset = baseOf(lane.progress)
  const topics = offsetsFor(lane, offset)
  lane.isChanged = false
  const outcome = await asOwner(world, lane, ({ id, generation }) =>
    cluster.persist({ kind: 'group', id: names.group }, (connection) =>
      cluster.kafka.offsetCommitV8.api.async(connection, names.group, generation, id, undefined, topics),
    ),
  )
  if (outcome === 'committed') lane.committed = offset
  return outcome
}

/** Sends and acknowledges at once, or not at all. */
async function commitTogether(
  world: LaneWorld,
  lane: OwnedLane,
  sends: readonly BrokerSend[],
): Promise<'committed' | 'fenced'> {
  const { cluster, names, outgoingOf } = world
  const { kafka } = cluster
  const producer = lane.producer!
  const transactionalId = producer.transaction!
  const { id: producerId, epoch: producerEpoch } = producer
  const target = { kind: 'transaction', id: transactionalId } as const
  const outgoing = outgoingOf(sends)
  const partitions = new Map(outgoing.map((one) => [`${one.topic}:${one.partition}`, one]))
  const topics = groupedByTopic([...partitions.values()], ({ partition }) => partition)
  await cluster.persist(target, (connection) =>
    kafka.addPartitionsToTxnV3.api.async(connection, [
      { transactionalId, producerId, producerEpoch, verifyOnly: false, topics },
    ]),
  )
  const offset = baseOf(lane.progress)
  const offsets = offsetsFor(lane, offset)
  lane.isChanged = false
  const acknowledge = async () => {
    await cluster.persist(target, (connection) =>
      kafka.addOffsetsToTxnV3.api.async(connection, transactionalId, producerId, producerEpoch, names.group),
    )
    return asOwner(world, lane, ({ id, generation }) =>
      cluster.persist({ kind: 'group', id: names.group }, (connection) =>
        kafka.txnOffsetCommitV3.api.async(
          ...([connection, transactionalId, names.group, producerId, producerEpoch] as const),
          ...([generation, id, undefined, offsets] as const),
        ),
      ),
    )
  }
  const [outcome] = await Promise.all([acknowledge(), produce(cluster, producer, outgoing)])
  const isCommitted = outcome === 'committed'
  await cluster.persist(target, (connection) =>
    kafka.endTxnV3.api.async(connection, transactionalId, producerId, producerEpoch, isCommitted),
  )
  if (isCommitted) lane.committed = offset
  return outcome
}

function offsetsFor(lane: OwnedLane, offset: number) {
  const { marks, crashes, done } = lane.progress
  // The last commit of an owner says that it has ended well.
  const committedMetadata = encodeKept(offset, { isOwned: !lane.isEnded, done, marks, crashes })
  const partition = { partitionIndex: lane.index, committedOffset: BigInt(offset), committedLeaderEpoch: -1 }
  return [{ name: lane.topic, partitions: [{ ...partition, committedMetadata }] }]
}

/** Asks as the owner of a lane: with the generation of now, since the worker has the lane until it gives it back. */
async function asOwner(
  { cluster, group }: LaneWorld,
  lane: OwnedLane,
  ask: (member: Membership) => Promise<unknown>,
): Promise<'committed' | 'fenced'> {
  while (!lane.isLost && !cluster.stop.isStopped) {
    const member = group.member()
    try {
      await ask(member)
      return 'committed'
    } catch (error) {
      if (hasFailed(error, 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS')) await group.later(member)
      else if (hasFailed(error, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID')) group.end(member)
      else throw error
    }
  }
  return 'fenced'
}
