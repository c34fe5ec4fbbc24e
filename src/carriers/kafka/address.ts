import type * as Kafka from '@platformatic/kafka'
import { addressIn, KAFKA_ADDRESS } from '../../runtime/address.ts'

/** Where Kafka is, and as whom it is used. */
export interface Address {
  readonly nodes: readonly Kafka.Broker[]
  readonly isSecure: boolean
  readonly sasl: Kafka.SASLOptions | undefined
  /** The address without its password, for people. */
  readonly place: string
}

/** Reads an address: `kafka://user:password@host:9092,other:9092?mechanism=scram-sha-512`. Throws USAGE. */
export function addressOf(url: string): Address {
  const { nodes, isSecure, place, user, password = '', query } = addressIn(url, KAFKA_ADDRESS, '--broker')
  const mechanism = (query.get('mechanism') ?? 'plain').toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  return {
    ...{ nodes, isSecure, place },
    sasl: user === undefined ? undefined : { mechanism, username: user, password },
  }
}
