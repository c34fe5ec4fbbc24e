/** Settings of streams that only SQS has. */
export interface SqsSettings {
  /** How many batches are handled at once (SQS only). Default: no limit. */
  readonly maximumConcurrency?: number
  /** Pollers that you pay for all the time (SQS only). Default: none. */
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number }
}

declare module '../../topology/delivery.ts' {
  interface Vias {
    readonly sqs: SqsSettings
  }
  interface ChannelSettings extends SqsSettings {}
}
