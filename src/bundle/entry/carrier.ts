import type { Place, Scope } from '../../aws/names.ts'
import type { Receiver, WireTransport } from '../../runtime/transport.ts'

/** One way that messages come to a function and go from it. */
export interface Carrier {
  /** What a stream calls it: its `via`. */
  readonly via: string
  /** What records of it say of where they come from: `aws:kinesis`. */
  readonly eventSource: string
  readonly receiver: Receiver
  readonly transport: WireTransport
  /** What a channel is called, as positions begin. */
  nameOf(scope: Scope, channel: string, fifo: boolean): string
  /** What the transport opens. */
  addressOf(place: Place, name: string): string
}
