import type { Format } from '../content.ts'

/** Settings of a source of the type `kafka`: each record of topics is an event. */
export interface KafkaSettings {
  /**
   * The cluster, with `${NAME}` for environment variables: `kafka://user:password@host:9092,other:9092?mechanism=scram-sha-512`, or
   * `kafkas://` for TLS. Default `kafka://127.0.0.1:9092`.
   */
  readonly url?: string
  readonly topics: string | readonly string[]
  /** The consumer group. Default: the topology, its stage and the source. */
  readonly group?: string
  /** Where the group begins in a partition that it has not read yet. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
  /** After how many seconds the partitions of a consumer that gives no sign are given to others. Default 10. */
  readonly claimAfter?: number
  /** How bytes become data. Default `text` if the content type of a record is text, otherwise `json`. */
  readonly format?: Format
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly kafka: KafkaSettings
  }
}
