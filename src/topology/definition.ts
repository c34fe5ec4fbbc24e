import type { DeliverySettings } from './delivery.ts'
import type { DeploymentSettings } from './deployment.ts'
import type { Callback, Context, Json, Setup, Teardown } from './handler.ts'
import type { ErrorsDefinition, RecordingSettings } from './recording.ts'
import type { StandardSchema } from './schema.ts'
import type { SourceDefinition } from './source.ts'
import type { Backoff, InputEvent } from './topology.ts'

/** How a failed message is retried. Stream overrides processor, and processor overrides topology. */
export interface RetrySettings {
  /** How often a failed message is retried, 0 to 1000. Default 0. */
  readonly retries?: number
  /** The waits between attempts. Default `{ firstMs: 1000, factor: 2, maxMs: 60000, jitter: true }`. */
  readonly backoff?: Partial<Backoff>
}

/** Settings of deployed processors. Processor overrides topology; lists and maps of both are merged. */
export interface FunctionSettings extends DeploymentSettings {
  /**
   * Variables that handlers find in `process.env`. A list has names; their values are copied from the environment or `.env` of
   * the person who deploys. A map has a text for each name, or `true` to copy the value. A simulation also has all other
   * variables of its process.
   */
  readonly environment?: readonly string[] | { readonly [name: string]: string | true }
}

/** A processor in any spelling: the path of a module, a function, an object with settings, an instance with a handler. */
export type ProcessorDefinition<Output = unknown> = string | AnyHandler | ProcessorSettings<Output>

/** A handler that may name the type of its resources: parameters of methods may be narrower. */
type AnyHandler = {
  // biome-ignore lint/suspicious/noExplicitAny: a handler without a type for its event accepts any event.
  handler(event: any, context: Context, callback: Callback): unknown
}['handler']

/**
 * The path of a module, with the type of its handler, so that {@link defineTopology} can check its topics and events:
 * `'./processors/spout' as PathOf<typeof import('./processors/spout.ts')>`. At run time it is the path alone.
 */
export type PathOf<Module> = string & {
  readonly handler: Module extends { handler: infer H } ? H : Module extends { default: infer H } ? H : unknown
}

/** A processor with settings. It has exactly one of `handler`, `path`, `source` and `receiver`. */
export interface ProcessorSettings<Output = unknown>
  extends RetrySettings,
    DeliverySettings,
    FunctionSettings,
    RecordingSettings {
  handler?(event: OrAny<Output>, context: Context, callback: Callback): unknown
  /** Runs once before the first event. What it returns or resolves to is `context.resources`. Modules export it instead. */
  readonly setup?: Setup
  /** Runs once after the last event, with what setup returned. Modules export it instead. */
  readonly teardown?: Teardown
  /** The path of a module, relative to the topology's file. Its `handler` or default export runs. */
  readonly path?: string
  /** The same as `path`. */
  readonly source?: string
  /** A receiver: `attak/receivers/log`, the path of a module, or the name of a package. Its default export is a factory. */
  readonly receiver?: string
  /** What the factory of the receiver gets as `config`. A text that is `${NAME}` stands for that variable. */
  readonly properties?: { readonly [name: string]: unknown }
  /** A schema. Events that do not fit are refused before the handler runs. The handler receives the output of the schema. */
  readonly input?: StandardSchema<unknown, Output>
  /** Seconds a message may take, up to 900. Default 30. */
  readonly timeout?: number
  /** The handler settles by its callback, even if it has fewer than three parameters. */
  readonly callback?: boolean
  /** The processors that it may call with `context.invoke`. */
  readonly invokes?: readonly string[]
  /** How many of its deployed functions may run at once, reserved for it. */
  readonly concurrency?: number
}

/** A stream in any spelling. Without a topic, `to` receives everything that `from` emits. */
export type StreamDefinition =
  | readonly [from: string, to: string, topic?: string]
  | (StreamEnds & StreamSettings & { readonly topic?: string; readonly topics?: readonly string[] })

/** A source of the type `schedule` without its type. */
type ScheduledDefinition = Omit<Extract<SourceDefinition, { readonly type: 'schedule' }>, 'type'>

/** Settings of a stream. */
export interface StreamSettings extends RetrySettings, DeliverySettings {
  /** The name of its channel when deployed. Streams with the same name share a channel. */
  readonly stream?: string
}

interface StreamEnds {
  readonly from: string
  readonly to: string
}

/** Several processors: a map by name, a list, or the path of a folder with a module for each. */
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

/** A topology with the types of its processors, for the compiler. At run time it is a plain topology. */
export interface TypedTopology<Processors> extends TopologyDefinition {
  readonly [PROCESSORS]?: Processors
}

/**
 * The event that each processor of a topology accepts, by name: `{ spout: string; reverse: string }`. Any name with any event,
 * unless the topology was made by {@link defineTopology} from a map.
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
  /** Returns the processor for each name in the streams. Use it instead of `processors`. */
  readonly processor?: (name: string) => ProcessorDefinition
  /** The input if none is given: a path, `{ processor: event }`, a list, or a function that returns any of these or an (async) iterable. */
  readonly input?: unknown
  /** How events come in from outside, by name. `attak run` serves them. */
  readonly sources?: { readonly [name: string]: SourceDefinition }
  /** HTTP requests: the processor that gets all, or a processor for each route: `{ 'GET /orders/:id': 'order' }`. */
  readonly api?: string | { readonly [route: string]: string }
  /** Sources of the type `schedule`, by name or as a list. */
  readonly schedule?: { readonly [name: string]: ScheduledDefinition } | readonly ScheduledDefinition[]
  /** Seconds a message may take, up to 900. Default 30. A processor may override it. */
  readonly timeout?: number
  /** How many processors a message may pass through. Default 100. A message beyond it fails with `HOP_LIMIT`. */
  readonly hopLimit?: number
  /** Days that logs of deployed processors are kept. Default 14. */
  readonly logRetention?: number
  /** Where error records are kept. Default: the queue of the topology, for 24 hours. */
  readonly errors?: ErrorsDefinition
}

/**
 * Returns the topology unchanged. The compiler checks that streams name existing processors, that topics are emitted (if the
 * handler has a `Context<Emits>`), and that receivers accept the data as JSON carries it. A handler with an `input` schema
 * receives the output of the schema.
 */
export function defineTopology<Processors, Outputs, const Streams>(
  definition: TopologySettings & {
    readonly processors?:
      | (Processors & { readonly [Name in keyof Outputs]: ProcessorDefinition<Outputs[Name]> } & {
          readonly [Name in keyof Processors]: Known<Processors[Name]>
        })
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

/**
 * Refuses fields of a processor with a path or a receiver that are no settings. The fields of one with a handler are not checked here: it may be
 * an instance, whose fields are its own. `attak check` checks those of literals.
 */
type Known<Processor> = Processor extends
  | { readonly path: string }
  | { readonly source: string }
  | { readonly receiver: string }
  ? { readonly [Field in Exclude<keyof Processor, keyof ProcessorSettings>]: never }
  : unknown

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
