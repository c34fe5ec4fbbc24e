import type { Format } from '../content.ts'

/** Settings of a source of the type `redis`: one of `stream` and `channels`. */
export interface RedisSettings {
  /** The server, with `${NAME}` for environment variables: `${REDIS_URL}`. Default `redis://127.0.0.1:6379`. */
  readonly url?: string
  /** A stream, which is read by a consumer group. */
  readonly stream?: string
  /** The consumer group; it is made if it is not there. Default: the topology, its stage and the source. */
  readonly group?: string
  /** Where a new group begins. Default `start`. */
  readonly from?: 'start' | 'end'
  /** The field of an entry that holds its data. Default: the data is an object of all fields. */
  readonly field?: string
  /** After how many seconds the open entries of a consumer that is gone are taken over. Default 30. */
  readonly claimAfter?: number
  /** Channels to subscribe to, or patterns of them: `orders.*`. */
  readonly channels?: string | readonly string[]
  /** How bytes become data. Default `json`. */
  readonly format?: Format
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly redis: RedisSettings
  }
}
