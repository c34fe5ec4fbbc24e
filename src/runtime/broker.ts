import type { HandledStore } from './handled.ts'
import type { StateStore } from './state.ts'
import type { ErrorStore } from './store.ts'

/**
 * A broker that streams ride on between worker processes. It has a channel for each processor, in a fixed number of lanes. A lane
 * is the unit of order and of ownership: one worker at a time receives it. Each record stays in its lane until it is committed.
 */
export interface OpenBroker {
  readonly rules: BrokerRules
  /** Its address without a password, for people: `redis://localhost:6379`. */
  readonly place: string
  /** Keeps the error records of the topology. */
  readonly errors: ErrorStore
  /** Remembers handled messages for so many milliseconds. */
  handled(ttlMs: number): HandledStore
  /** Opens the store of the state of processors; absent if the broker keeps none. */
  openState?(): StateStore
  /**
   * Makes the channels that are not there, and removes nothing. Returns warnings about what is set otherwise there. Throws an
   * AttakError if the broker cannot be used.
   */
  ensure(channels: readonly string[]): Promise<readonly string[]>
  /**
   * Puts records into their channels, in order. Resolves when the broker has them; rejects if it refuses them. With an `id`, does
   * nothing if records were sent with it within a day, where the broker remembers ids.
   */
  send(sends: readonly BrokerSend[], id?: string): Promise<void>
  /** Takes part as a worker: receives lanes of these channels until it is closed. */
  work(worker: BrokerWorker): Promise<Working>
  /** The state of all channels and workers. */
  status(): Promise<BrokerStatus>
  /** Removes all that the topology has there, error records and messages too. */
  destroy(): Promise<void>
  close(): Promise<void>
}

/** What a broker allows. */
export interface BrokerRules {
  /** The largest record, with its key. */
  readonly messageBytes: number
  /** The longest that it can hold a record back, in milliseconds. */
  readonly mostDelayMs: number
  /** Whether it remembers the ids of sends for a day. */
  readonly remembersIds: boolean
}

/** What one worker at a time does for a channel. */
export interface Leader {
  /** This worker leads from now on. */
  begin(): void
  /** Another worker is to lead. Resolves when nothing is done here any more. */
  end(): Promise<void>
}

/** How a broker is opened. */
export interface BrokerWorld {
  /** Its address, as the user gave it. */
  readonly url: string
  readonly topology: string
  readonly stage: string
  /** The file of a client's package. Throws CLIENT_MISSING. `user` names what needs it. */
  clientFile(name: string, user: string): string
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back after a wait. Returns what cancels it. */
  after(ms: number, call: () => void): () => void
  /** Tells people of a state that has changed: `connected again`. */
  tell(text: string, level: 'info' | 'warn'): void
  /** Lanes of a channel that is made. */
  readonly lanes: number
  /** How long a worker that gives no sign keeps its lanes. */
  readonly leaseMs: number
}

/** A record on its way to a channel. */
export interface BrokerSend {
  readonly channel: string
  /** Records of one key share a lane; others go to any. */
  readonly key: string | undefined
  readonly body: string
  /** Not before so many milliseconds have passed. */
  readonly delayMs?: number
}

/** What a worker receives lanes with. */
export interface BrokerWorker {
  /** Names this process. No other has it. */
  readonly id: string
  /** For people: its version, host and process id. */
  readonly about: WorkerAbout
  /** Those that it receives. */
  readonly channels: readonly string[]
  /** It owns a lane from now on. */
  gained(lane: Lane): LaneUser
}

/** What a worker says of itself. */
export interface WorkerAbout {
  readonly version: string
  readonly host: string
  readonly pid: number
}

/** A worker that takes part. */
export interface Working {
  /** Whether the broker answers. */
  isConnected(): boolean
  /** How many records wait in each channel, as last asked: `{ bill: 12 }`. */
  lag(): Promise<Readonly<Record<string, number>>>
  /** Takes no further record, gives all lanes back when their users have released them, and ends. */
  close(): Promise<void>
}

/** A lane that this worker owns. */
export interface Lane {
  readonly channel: string
  /** From 0. */
  readonly index: number
  /** What an earlier owner left. */
  readonly left: LeftBehind
  /** Says what happened to its records. Resolves to `fenced`, without any effect, if another worker owns it. */
  commit(commit: LaneCommit): Promise<'committed' | 'fenced'>
  /** A record that may have ended an earlier owner is tried again: counts that before it is. */
  suspect(ref: string): Promise<void>
  /** Its owner has not ended while it handled the record: takes the count back. May be called for a lane that is lost. */
  survived(ref: string): void
  /** Asks its user for room again. */
  wake(): void
}

/** What an earlier owner of a lane left. */
export interface LeftBehind {
  /** By the record's ref: the attempts of its messages that wait for a retry. */
  readonly marks: ReadonlyMap<string, readonly AttemptMark[]>
  /** Whether a record may have run when an earlier owner vanished. */
  isSuspect(ref: string): boolean
  /** How many owners have vanished while this record ran alone. */
  readonly crashes: ReadonlyMap<string, number>
}

/** The attempts of a message that waits in its lane. */
export interface AttemptMark {
  /** Its place in the record. */
  readonly index: number
  readonly attempt: number
  readonly asked: number
  readonly dueMs: number
}

/** What happened to the records of a lane. All of it takes effect, or nothing. */
export interface LaneCommit {
  /** Refs of records that are done. */
  readonly done: readonly string[]
  readonly sends: readonly BrokerSend[]
  /** By ref: what is to be found by the next owner. */
  readonly marks: ReadonlyMap<string, readonly AttemptMark[]>
}

/** A record, as the owner of its lane gets it. */
export interface LaneRecord {
  /** Its name within the lane; later records have later ones. */
  readonly ref: string
  readonly body: string
}

/** What uses a lane while its worker owns it. */
export interface LaneUser {
  /** How many further records it wants now; none of them if it is not above 0. */
  room(): number
  /** Takes records, in order. A few more than there is room for are taken, too. */
  take(records: readonly LaneRecord[]): void
  /** Another worker owns it. What was taken is done there. */
  lost(): void
  /** Another worker is to own it. Resolves when nothing of it runs, and everything that is done is committed. */
  release(): Promise<void>
}

/** The state of a topology on a broker. */
export interface BrokerStatus {
  readonly channels: readonly ChannelStatus[]
  readonly workers: readonly WorkerStatus[]
  /** Error records. */
  readonly errors: number
}

/** The state of one channel. */
export interface ChannelStatus {
  readonly name: string
  readonly lanes: readonly { readonly owner: string | undefined; readonly records: number }[]
  /** When its oldest record was sent, in milliseconds since 1970; undefined if it is empty. */
  readonly oldestMs: number | undefined
  /** Messages that wait for a retry outside of its lanes. */
  readonly delayed: number
}

/** A worker that gives signs of life. */
export interface WorkerStatus extends WorkerAbout {
  readonly id: string
  readonly channels: readonly string[]
  readonly startedMs: number
}
