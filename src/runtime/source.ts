import type { SourceRules, TopologySource } from '../topology/source.ts'

/** An event from outside. */
export interface SourceEvent {
  /** The processor that receives it. */
  readonly to: string
  /** As JSON carries it, and the source's no more. */
  readonly event: unknown
  readonly key?: string
  readonly topic?: string
  /** The id of its tree, 32 hex digits: the same for an event that comes again. Default: a new one. */
  readonly id?: string
  /** Every worker of the topology has this event, with this id. It is taken once. */
  readonly isShared?: true
  /** W3C trace context that it came with. */
  readonly traceparent?: string
}

/** What sources put their events into. */
export interface SourceWorld {
  /** A text that no other topology and stage has: `orders/dev`. */
  readonly scope: string
  /**
   * Takes an event. Resolves to the number of error records when the event and all that it caused is done, or when a broker has
   * it. Only then may its source forget it. Rejects if a broker refuses it.
   */
  take(event: SourceEvent): Promise<number>
  /** Whether `take` waits for all that an event caused: there is no broker. */
  readonly takesToEnd: boolean
  /**
   * Runs the event's processor at once, without a retry. Resolves to the handler's result; rejects with its failure, which is
   * recorded if `isRecorded` says so.
   */
  call(event: SourceEvent, isRecorded: (error: unknown) => boolean): Promise<unknown>
  /** A promise while no further event should be taken; undefined when there is room. */
  room(): Promise<void> | undefined
  /** Loads the package of a client. `user` names what needs it: `a source of type redis`. Rejects with CLIENT_MISSING. */
  client(name: string, user: string): Promise<unknown>
  /** The folder of the project. */
  readonly dir: string
  /** The value of an environment variable, also one of `.env`. */
  variable(name: string): string | undefined
  stdin(): AsyncIterable<Uint8Array> & { destroy?(): unknown }
  /** Prints a sentence about a source. */
  say(text: string, level: 'info' | 'warn' | 'error'): void
  /** A new id of a tree, 32 hex digits. */
  newId(): string
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back after a wait. Returns what cancels it. */
  after(ms: number, call: () => void): () => void
}

/** Sources that are open. */
export interface OpenSources {
  /** One line for each, for people: what comes in, and where to: `POST http://localhost:3001/orders → intake`. */
  readonly lines: readonly string[]
  /** Takes nothing more. Resolves when everything that was taken has its answer. */
  stop(): Promise<void>
  /** Resolves when nothing can come any more; absent where that never happens. */
  readonly ended?: Promise<void>
}

/** What is wrong with one setting of a source. */
export interface SourceFault {
  /** Its name. */
  readonly source: string
  readonly setting: string
  /** `never comes true`, after the name of the setting. */
  readonly what: string
}

/** One way that events come in from outside; `type` names it. */
export interface Source {
  readonly rules: SourceRules
  /**
   * Whether one worker of a topology at a time is to open a source, because what it brings comes to each that opens it.
   * `remembersIds` says whether the broker takes an event with `isShared` once. Absent: each worker opens it.
   */
  isForOne?(source: TopologySource, rules: { readonly remembersIds: boolean }): boolean
  /** Returns what is wrong with settings of the sources of this type that their rules alone cannot see. */
  check(sources: readonly TopologySource[]): Promise<readonly SourceFault[]>
  /** Opens all sources of this type. Throws an AttakError if one cannot be opened; then none is open. */
  open(sources: readonly TopologySource[], world: SourceWorld): Promise<OpenSources>
}
