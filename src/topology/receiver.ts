import type { Context, Logger } from './handler.ts'

/** What a receiver writes its lines with. */
export interface ReceiverLog extends Logger {
  /** Logs a line. Levels that attak does not have are logged as `debug`. */
  log(level: string, ...args: unknown[]): void
}

/** What a receiver can read about its message, and what it can do. */
export interface ReceiverContext extends Context {
  /** The id of the event from outside that caused the message: the same as `root`. */
  readonly requestId: string
  /** When this attempt began. */
  readonly gts: Date
}

/** What a factory of a receiver gets. */
export interface ReceiverParts<Properties = Readonly<Record<string, unknown>>> {
  readonly log: ReceiverLog
  /** The `properties` of the receiver, `{}` without any. */
  readonly config: Properties
  /** Loads the package of a client, as the project finds it. Rejects with CLIENT_MISSING if it is not installed. */
  readonly client?: (name: string) => Promise<unknown>
}

/** Handles one message. The message is handled when its promise resolves, and has failed when it rejects. */
// biome-ignore lint/suspicious/noExplicitAny: a receiver without a type for its message accepts any message.
export interface Receive<Message = any> {
  (message: Message, context: ReceiverContext): unknown
  /** Ends what it opened. */
  close?(): unknown
}

/** The default export of a receiver's module. It is called once, before the first message. */
export type ReceiverFactory<Properties = Readonly<Record<string, unknown>>> = (
  parts: ReceiverParts<Properties>,
) => Receive | Promise<Receive>
