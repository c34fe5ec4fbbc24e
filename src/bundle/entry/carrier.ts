import type { AwsClient } from '../../aws/client.ts'
import type { Place, Scope } from '../../aws/names.ts'
import type { Receiver, WireTransport } from '../../runtime/transport.ts'

/** One way that messages come to a function and go from it. */
export interface Carrier {
  /** What a stream calls it. */
  readonly via: string
  /** What records of it say of where they come from: `aws:kinesis`. */
  readonly eventSource: string
  readonly receiver: Receiver
  transport(fifo: boolean): WireTransport
  /** What a channel is called, as positions begin. */
  nameOf(scope: Scope, channel: string, fifo: boolean): string
  /** What a transport opens. */
  addressOf(place: Place, name: string): string
}

/** Makes a carrier that sends by a client. */
export type CarrierMaker = (client: AwsClient) => Carrier
