import type { DeliverySettings } from './delivery.ts'
import type { DeploymentSettings } from './deployment.ts'
import type { Callback, Context, Handler, Json } from './handler.ts'
import type { ErrorsDefinition, RecordingSettings } from './recording.ts'
import type { StandardSchema } from './schema.ts'
import type { Backoff, InputEvent } from './topology.ts'

/** How a failed message is tried again; stream beats processor beats topology, and what none says has a default. */
export interface RetrySettings {
  /** How many times a failing message is tried again, 0 to 1000. Default 0. */
  readonly retries?: number
  /** The waits between tries. Default `{ firstMs: 1000, factor: 2, maxMs: 60000, jitter: true }`. */
  readonly backoff?: Partial<Backoff>
}

/** What deployed processors run with; a processor's own beats the topology's, and lists and maps of both come together. */
export interface FunctionSettings extends DeploymentSettings {
  /**
   * Variables that handlers find in `process.env`: a list of names to take from the environment (or `.env`) of whoever
   * deploys, or a map of names to texts, or to `true` for one to take. In a simulation they see the process's own.
   */
  readonly environment?: readonly string[] | { readonly [name: string]: string | true }
}

/** A processor in any spelling: a module's path, a function, an object with settings, an instance with a handler. */
export type ProcessorDefinition<Output = unknown> = string | Handler | ProcessorSettings<Output>

/** A processor with settings: exactly one of `handler`, `path` and `source` says where its code is. */
export interface ProcessorSettings<Output = unknown>
  extends RetrySettings,
    DeliverySettings,
    FunctionSettings,
    RecordingSettings {
  handler?(event: OrAny<Output>, context: Context, callback: Callback): unknown
  /** A module, relative to the topology's file; its `handler` or default export runs. */
  readonly path?: string
  /** The same as `path`. */
  readonly source?: string
  /** Events that do not fit are refused before the handler, which gets the schema's output. */
  readonly input?: StandardSchema<unknown, Output>
  /** Seconds a message may take, up to 900. Default 30. */
  readonly timeout?: number
  /** The handler settles through its callback, though it declares fewer than three parameters. */
  readonly callback?: boolean
  /** The processors that it may call by `context.invoke`. */
  readonly invokes?: readonly string[]
  /** How many of it may run at once when it is deployed, set aside for it alone. */
  readonly concurrency?: number
}

/** A stream in any spelling. Without a topic, all that `from` emits goes to `to`. */
export type StreamDefinition =
  | readonly [from: string, to: string, topic?: string]
  | (StreamEnds & StreamSettings & { readonly topic?: string; readonly topics?: readonly string[] })

/** Settings of a stream. */
export interface StreamSettings extends RetrySettings, DeliverySettings {
  /** The name of what carries it when it is deployed; streams that name the same one share it. */
  readonly stream?: string
}

interface StreamEnds {
  readonly from: string
  readonly to: string
}

/** Several processors: a map by name, a list, or a folder with a module for each. */
export type ProcessorsDefinition =
  | string
  | readonly ProcessorDefinition[]
  | { readonly [name: string]: ProcessorDefinition }

/** A topology in any spelling. Write it with {@link defineTopology}, so that names and topics are checked. */
export interface TopologyDefinition extends TopologySettings {
  readonly processors?: ProcessorsDefinition | (() => ProcessorsDefinition)
  readonly streams?: readonly StreamDefinition[] | (() => readonly StreamDefinition[])
}

declare const PROCESSORS: unique symbol

/** A topology whose processors' types the compiler remembers; nothing but a topology when it runs. */
export interface TypedTopology<Processors> extends TopologyDefinition {
  readonly [PROCESSORS]?: Processors
}

/**
 * What each processor of a topology takes, by name: `{ spout: string; reverse: string }`. Any name, and anything, where
 * the topology was not made by {@link defineTopology} from a map.
 */
export type EventsOf<Definition> =
  Definition extends TypedTopology<infer P>
    ? unknown extends P
      ? AnyEvents
      : P extends string | readonly unknown[] | ((...args: never) => unknown)
        ? AnyEvents
        : { readonly [Name in Extract<keyof P, string>]: OrAny<Event<P, Name>> }
    : AnyEvents

/** Any names with any events. */
export interface AnyEvents {
  // biome-ignore lint/suspicious/noExplicitAny: an event that nothing describes may be anything.
  readonly [processor: string]: any
}

interface TopologySettings extends RetrySettings, DeliverySettings, FunctionSettings, RecordingSettings {
  /** 1 to 40 letters, digits, `-` and `_`. */
  readonly name: string
  /** Builds each processor that the streams name; instead of `processors`. */
  readonly processor?: (name: string) => ProcessorDefinition
  /** Used when no input is given: a path, `{ processor: event }`, a list, or a function giving an (async) iterable. */
  readonly input?: unknown
  /** Seconds a message may take, up to 900, where its processor does not say. Default 30. */
  readonly timeout?: number
  /** How many processors a message may come through before it counts as a runaway. Default 100. */
  readonly hopLimit?: number
  /** Days that logs of deployed processors are kept. Default 14. */
  readonly logRetention?: number
  /** Where error records are kept. Default: a queue of the topology's own, for 24 hours. */
  readonly errors?: ErrorsDefinition
}

/**
 * Gives back the topology it is given, after the compiler has checked that streams name processors that exist, topics
 * that they emit (where a handler's `Context<Emits>` says which), and receivers that take what JSON makes of the data.
 * A handler beside an `input` schema gets the schema's output as its event.
 */
export function defineTopology<Processors, Outputs, const Streams>(
  definition: TopologySettings & {
    readonly processors?:
      | (Processors & { readonly [Name in keyof Outputs]: ProcessorDefinition<Outputs[Name]> })
      | string
      | (() => ProcessorsDefinition)
    readonly input?: InputOf<NoInfer<Processors>>
    readonly streams?: Streams extends readonly unknown[]
      ? { readonly [I in keyof Streams]: Fit<Streams[I], CheckedStream<Processors, Streams[I]>> }
      : Streams & (() => readonly StreamDefinition[])
  },
): TypedTopology<Processors> {
  return definition as TopologyDefinition
}

/** What `input` may be: where the processors are a map, events that they take. */
type InputOf<P> = P extends string | readonly unknown[] | ((...args: never) => unknown)
  ? unknown
  : [keyof P] extends [never]
    ? unknown
    : string | InputMap<P> | readonly InputEntry<P>[] | (() => unknown) | PromiseLike<unknown> | AsyncIterable<unknown>

type InputMap<P> = { readonly [Name in Extract<keyof P, string>]?: OrAny<Event<P, Name>> }

type InputEntry<P> = {
  [Name in Extract<keyof P, string>]: Omit<InputEvent, 'to' | 'event'> & {
    readonly to: Name
    readonly event?: OrAny<Event<P, Name>>
  }
}[Extract<keyof P, string>]

// biome-ignore lint/suspicious/noExplicitAny: an event that nothing describes may be anything.
type OrAny<Event> = unknown extends Event ? any : Event

/** `Given` where it is right; else what would be, for the compiler to point at the part that differs. */
type Fit<Given, Right> = Given extends Right ? Given : Right

type CheckedStream<P, S> = S extends readonly [infer From, infer To, infer Topic]
  ? readonly [from: Name<P, From>, to: Name<P, To>, topic: Topics<P, From, To, Topic>]
  : S extends readonly [infer From, infer To]
    ? readonly [from: Name<P, From>, to: Receiver<P, From, To>]
    : S extends { readonly from: infer From; readonly to: infer To; readonly topics: readonly (infer Topic)[] }
      ? CheckedEnds<P, From, To> & { readonly topics: readonly Topics<P, From, To, Topic>[] }
      : S extends { readonly from: infer From; readonly to: infer To; readonly topic: infer Topic }
        ? CheckedEnds<P, From, To> & { readonly topic: Topics<P, From, To, Topic> }
        : S extends { readonly from: infer From; readonly to: infer To }
          ? StreamSettings & { readonly from: Name<P, From>; readonly to: Receiver<P, From, To> }
          : StreamDefinition

type CheckedEnds<P, From, To> = StreamSettings & { readonly from: Name<P, From>; readonly to: Name<P, To> }

/** The names of `P`, where it is a map that has some and the name in question is a literal. */
type Name<P, Given> = string extends Given
  ? string
  : P extends string | readonly unknown[] | ((...args: never) => unknown)
    ? string
    : [keyof P] extends [never]
      ? string
      : Extract<keyof P, string>

/** `To`'s possible names for a stream without a topic, which carries all that `From` emits. */
type Receiver<P, From, To> =
  Takes<Emitted<P, From>[keyof Emitted<P, From>], Event<P, To>> extends true
    ? Name<P, To>
    : `${To & string} does not take all that ${From & string} emits`

/** Each of `Topic` that `From` emits and `To` takes; what `From` emits, or a sentence, in place of the others. */
type Topics<P, From, To, Topic> = Topic extends keyof Emitted<P, From>
  ? Takes<Emitted<P, From>[Topic], Event<P, To>> extends true
    ? Topic
    : `${To & string} does not take the data of "${Topic & string}"`
  : Extract<keyof Emitted<P, From>, string>

type Takes<Data, Event> = unknown extends Data ? true : [Json<Data>] extends [Event] ? true : false

/** Topics to data of the processor named `From`; any topics with any data where its handler does not say. */
type Emitted<P, From> = From extends keyof P ? EmitsOf<P[From]> : AnyTopics

type AnyTopics = { readonly [topic: string]: unknown }

type EmitsOf<Processor> = Processor extends (event: never, context: infer C, ...rest: never) => unknown
  ? C extends Context<infer Emits>
    ? [keyof Emits] extends [never]
      ? AnyTopics
      : Emits
    : AnyTopics
  : Processor extends { handler: infer H }
    ? EmitsOf<H>
    : AnyTopics

/** What the processor named `To` takes: its schema's input, else its handler's event; anything where neither says. */
type Event<P, To> = To extends keyof P ? EventOf<P[To]> : unknown

type EventOf<Processor> = Processor extends { input: StandardSchema<infer Input, unknown> }
  ? Input
  : Processor extends (event: infer Event, ...rest: never) => unknown
    ? Event
    : Processor extends { handler: infer H }
      ? EventOf<H>
      : unknown
