import type { Redis } from 'ioredis'
import type { AttemptMark, BrokerSend, BrokerWorker, Lane, LaneUser, LeftBehind } from '../../runtime/broker.ts'
import type { Scripts } from './client.ts'
import type { Insist } from './insist.ts'

/** A lane that this worker owns. */
export interface OwnedLane {
  /** `bill:3` */
  readonly name: string
  readonly token: string
  readonly user: LaneUser
  /** The last entry that was read. */
  cursor: string
  /** Set once it is to be given back; resolves when it is. */
  releasing: Promise<void> | undefined
}

/** What lanes work with. */
export interface LaneWorld {
  readonly client: Redis & Scripts
  readonly prefix: string
  readonly worker: BrokerWorker
  /** The fields of a record on its way: see `SCRIPTS`. */
  readonly fieldsOf: (sends: readonly BrokerSend[]) => readonly string[]
  readonly insist: Insist
  /** Whether a lane is not this worker's any more, or cannot be. */
  readonly isOver: (name: string, token: string) => boolean
  /** A lane has room again. */
  readonly wake: () => void
}

/** Opens a lane that was taken. Reads what an earlier owner left, if that vanished or gave it back with messages that wait. */
export async function openLane(world: LaneWorld, name: string, token: string, vanished: boolean): Promise<OwnedLane> {
  const { client, prefix, worker, fieldsOf, insist, wake } = world
  const isOver = () => world.isOver(name, token)
  const [channel = '', index = ''] = name.split(':')
  const left = await leftBehind(world, name, vanished)
  let seq = 0
  const lane: Lane = {
    ...{ channel, index: Number(index), left, wake },
    async commit({ done, sends, marks }) {
      const marked = [...marks].flatMap(([ref, found]) => [ref, JSON.stringify(found)])
      const fields = [++seq, done.length, ...done, marks.size, ...marked, ...fieldsOf(sends)]
      return (await insist(() => client.attakCommit(prefix, name, token, fields), isOver)) ?? 'fenced'
    },
    async suspect(ref) {
      await insist(() => client.attakSuspect(prefix, name, ref), isOver)
    },
    survived: (ref) => void client.attakSurvived(prefix, name, ref).catch(() => {}),
  }
  return { name, token, user: worker.gained(lane), cursor: '0-0', releasing: undefined }
}

async function leftBehind({ client, prefix }: LaneWorld, name: string, vanished: boolean): Promise<LeftBehind> {
  const [found, started] = await Promise.all([
    client.hgetall(`${prefix}marks:${name}`),
    client.hget(`${prefix}lane:${name}`, 'started'),
  ])
  const marks = new Map<string, readonly AttemptMark[]>()
  const crashes = new Map<string, number>()
  for (const [field, text] of Object.entries(found)) {
    if (field.startsWith('crash:')) crashes.set(field.slice('crash:'.length), Number(text))
    else marks.set(field, marksIn(text))
  }
  const last = vanished ? started : null
  return { marks, crashes, isSuspect: (ref) => crashes.has(ref) || (last !== null && !isLater(ref, last)) }
}

function marksIn(text: string): readonly AttemptMark[] {
  try {
    return JSON.parse(text) as readonly AttemptMark[]
  } catch {
    return []
  }
}

/** Whether an id of an entry, `<milliseconds>-<number>`, comes after another. */
function isLater(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number)
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number)
  return ms > otherMs || (ms === otherMs && number > otherNumber)
}

/** Returns the names of the lanes of a channel, in order. */
export function laneNames(channel: string, lanes: number): readonly string[] {
  return Array.from({ length: lanes }, (_, index) => laneName(channel, index))
}

/** Returns the name of a lane. */
export function laneName(channel: string, index: number): string {
  return `${channel}:${index}`
}
