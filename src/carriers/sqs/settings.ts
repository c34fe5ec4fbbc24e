/** Settings of streams that only SQS has. */
export interface SqsSettings {
  /** The most batches that are handled at once (SQS only). */
  readonly maximumConcurrency?: number
  /** Pollers that are paid for whether there are messages or not (SQS only). */
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number }
}

declare module '../../topology/delivery.ts' {
  interface Vias {
    readonly sqs: SqsSettings
  }
  interface ChannelSettings extends SqsSettings {}
}
