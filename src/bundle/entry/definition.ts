import type { StoreSettings } from '../../aws/store-parts.ts'
import type { GraphProcessor, RoutingTable } from '../../graph/graph.ts'
import type { HeldPolicy } from '../../graph/holds.ts'
import type { LoadedProcessor } from '../../runtime/processor.ts'

/**
 * What a deployed function knows of its topology: plain data, baked into its artifact. It holds what its own processors
 * need and nothing else, so that a change elsewhere leaves the artifact as it was.
 */
export interface BakedEntry {
  readonly topology: string
  readonly stage: string
  readonly hopLimit: number
  /** By name; a function of a shared artifact is told by its environment which of them it is. */
  readonly processors: Readonly<Record<string, BakedProcessor>>
  /** The streams that routes name: those over which these processors emit. */
  readonly streams: readonly BakedStream[]
  /** The transports that these processors send and receive by, sorted. */
  readonly vias: readonly string[]
  readonly errors: BakedErrors
}

/** Where error records go. */
export type BakedErrors = StoreSettings

/** A processor as its function knows it; its retry policy holds for messages that come over no stream. */
export interface BakedProcessor extends HeldPolicy, Pick<GraphProcessor, 'idempotent' | 'logEvents' | 'retryQueue'> {
  readonly timeoutMs: number
  readonly callback: boolean
  /** Emits that nobody hears are logged. */
  readonly outputs: boolean
  /** Whom it may call by `context.invoke`. */
  readonly invokes: readonly string[]
  /** Where its emits go: indexes into {@link BakedEntry.streams}. */
  readonly routes: RoutingTable
  /** The streams it hears, in the order of the topology. */
  readonly hears: readonly BakedEar[]
}

/** A stream as its sender knows it. */
export interface BakedStream {
  readonly to: string
  readonly via: string
  readonly channel: string
  /** At most so many messages share a record. */
  readonly pack: number
  readonly fifo: boolean
}

/** A stream as its receiver knows it. What comes over its channel and fits no ear is for somebody else. */
export interface BakedEar extends HeldPolicy {
  readonly from: string
  /** Absent: every topic. */
  readonly topics?: readonly string[]
  readonly via: string
  readonly channel: string
  readonly fifo: boolean
}

/** What makes an entry: the baked data, and what the generated module imports. */
export interface EntryDefinition extends BakedEntry {
  /**
   * Gives a processor's code by its name: the file's own module, or what the topology's module holds by that name. Called
   * once, before the first message; what it throws fails the invocation.
   */
  readonly load: (processor: string) => LoadedProcessor | Promise<LoadedProcessor>
}

/** What Lambda hands to a function beside its payload, as far as an entry reads it. */
export interface PlatformContext {
  readonly awsRequestId: string
  /** `arn:aws:lambda:<region>:<account>:function:<name>`: says where the topology lives. */
  readonly invokedFunctionArn: string
  getRemainingTimeInMillis(): number
}

/** A deployed function. */
export type Entry = (payload: unknown, context: PlatformContext) => Promise<unknown>
