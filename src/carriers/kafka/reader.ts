import type { BrokerWorld } from '../../runtime/broker.ts'
import type { Cluster } from './client.ts'
import { failureOf, reasonOf } from './failure.ts'
import { NOTHING } from './kept.ts'
import { type OwnedLane, passRead } from './lanes.ts'
import { mayGive, pass, progressFrom, reach } from './progress.ts'
import { type Answer, byLeader, fetchFrom, offsetsOf } from './read.ts'
import { recordsOf } from './records.ts'

/** How long one call waits for records. */
const WAIT_MS = 500
/** The same, while a lane has enough: it may want more soon. */
const SHORT_MS = 10
/** A lane that has fewer records to give is read. */
const FEW = 256
/** The most records that ran beside each other when an owner vanished. */
const MOST_SUSPECTS = 256
/** The pause after a call that failed. */
const PAUSE_MS = 100

/** Reads the lanes that a worker has, and gives their records to their users. */
export interface Reader {
  /** Gives a lane what it has room for, and reads on. */
  wake(lane: OwnedLane): void
}

/** What is read. */
export interface ReaderParts {
  readonly cluster: Cluster
  readonly world: Pick<BrokerWorld, 'tell'>
  readonly lanes: ReadonlyMap<string, OwnedLane>
}

/** Makes a reader. It has one call at a time for each server. */
export function createReader(parts: ReaderParts): Reader {
  const { cluster, lanes } = parts
  const busy = new Set<number>()
  const told = new Set<string>()
  let isAsking = false
  const isOpen = (lane: OwnedLane) => lane.user !== undefined && !lane.isReleasing && !lane.isLost
  const hasFew = (lane: OwnedLane) => lane.waiting.length < FEW
  const places = (wanted: (lane: OwnedLane) => boolean) =>
    [...lanes.values()]
      .filter((lane) => isOpen(lane) && wanted(lane))
      .map((lane) => ({ lane, topic: lane.topic, partition: lane.index, offset: lane.position }))
  const tellOnce = (error: unknown) => {
    const reason = reasonOf(error)
    if (cluster.stop.isStopped || failureOf(error).isPassing || told.has(reason)) return
    told.add(reason)
    parts.world.tell(`Kafka cannot be read: ${reason}`, 'warn')
  }
  const pump = async () => {
    if (isAsking || cluster.stop.isStopped) return
    isAsking = true
    try {
      const wanted = await byLeader(cluster, places(hasFew))
      for (const [id, list] of wanted) if (!busy.has(id)) void read(id, list)
    } catch (error) {
      tellOnce(error)
      void cluster.pause(PAUSE_MS).then(pump)
    }
    isAsking = false
  }
  const read = async (id: number, list: readonly ReturnType<typeof places>[number][]) => {
    busy.add(id)
    const isAll = places((lane) => !hasFew(lane)).length === 0
    try {
      const answers = await fetchFrom(cluster, id, list, { waitMs: isAll ? WAIT_MS : SHORT_MS, purpose: 'fetch' })
      for (const { lane, topic, partition, offset } of list) {
        const answer = answers.get(`${topic}:${partition}`)
        if (answer === undefined || !isOpen(lane) || lane.position !== offset) continue
        if (answer.errorCode === 0) take(lane, answer)
        else await mend(parts, lane, answer.errorCode)
      }
    } catch (error) {
      tellOnce(error)
      await cluster.pause(PAUSE_MS)
    }
    busy.delete(id)
    void pump()
  }
  return {
    wake(lane) {
      give(lane)
      void pump()
    },
  }
}

function take(lane: OwnedLane, answer: Answer): void {
  lane.suspectsEnd ??= Number(answer.highWatermark)
  const { records, next } = recordsOf(answer, lane.position)
  lane.waiting.push(...records)
  lane.position = next
  give(lane)
}

/** Gives records as long as there is room. */
function give(lane: OwnedLane): void {
  const { user, progress, waiting, suspects, suspectsEnd = 0 } = lane
  if (user === undefined || lane.isReleasing || lane.isLost) return
  while (waiting.length > 0) {
    const room = user.room()
    if (room <= 0) return
    const records: { readonly ref: string; readonly body: string }[] = []
    while (records.length < room && waiting.length > 0 && mayGive(progress, waiting[0]!.offset)) {
      const { offset, value = '' } = waiting.shift()!
      if (!reach(progress, offset)) continue
      const ref = `${offset}`
      if (offset < suspectsEnd && suspects.size < MOST_SUSPECTS) suspects.add(ref)
      records.push({ ref, body: value })
    }
    if (records.length === 0) break
    user.take(records)
  }
  passRead(lane)
}

/** A lane that cannot be read from where it is. */
async function mend({ cluster, world }: ReaderParts, lane: OwnedLane, code: number): Promise<void> {
  const name = cluster.kafka.protocolErrorsCodesById[code]
  if (name !== 'OFFSET_OUT_OF_RANGE') {
    cluster.forget()
    await cluster.pause(PAUSE_MS)
    return
  }
  const place = { topic: lane.topic, partition: lane.index }
  const first = (await offsetsOf(cluster, [place], 'first')).get(`${lane.topic}:${lane.index}`)!
  if (lane.committed > 0) {
    world.tell(`Kafka has removed messages of ${lane.topic}, partition ${lane.index}, that were not handled.`, 'warn')
  }
  lane.position = first
  // The topic may have been made anew, with lower offsets.
  if (first < lane.progress.next) lane.progress = progressFrom(first, NOTHING)
  else pass(lane.progress, first)
  lane.isChanged = true
}
