import type * as Kafka from '@platformatic/kafka'
import type { SourceWorld } from '../../runtime/source.ts'
import type { TopologySource } from '../../topology/source.ts'
import { type Address, failedAddress, filledIn } from '../address.ts'

/** A cluster, and as whom it is used. */
export interface Cluster extends Address {
  readonly nodes: readonly Kafka.Broker[]
  readonly isSecure: boolean
  readonly sasl: Kafka.SASLOptions | undefined
}

const URL_PARTS = /^(kafkas?):\/\/(?:([^:@/]+):([^@/]*)@)?([^@/?#]+)\/?(?:\?([^#]*))?$/
const NODE = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i
const PORT = 9092
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** Returns the cluster that the setting `url` of a source names. Throws SOURCE_FAILED if it cannot be read. */
export function clusterOf(source: TopologySource, world: Pick<SourceWorld, 'variable'>): Cluster {
  const url = filledIn(source, 'url', world) ?? 'kafka://127.0.0.1:9092'
  const [, protocol = '', user, password = '', hosts = '', query] = URL_PARTS.exec(url) ?? []
  const nodes = hosts.split(',').flatMap((host) => nodeOf(host) ?? [])
  const wanted = (new URLSearchParams(query).get('mechanism') ?? 'plain').toUpperCase()
  const mechanism = MECHANISMS.find((one) => one === wanted)
  if (nodes.length !== hosts.split(',').length) throw failedAddress(source, 'is no URL of Kafka that can be read')
  if (mechanism === undefined) {
    throw failedAddress(source, 'names an unknown mechanism: there are plain, scram-sha-256 and scram-sha-512')
  }
  const secrets = password === '' ? [] : [password, decoded(source, password)]
  return {
    ...{ url, secrets, nodes, address: `${protocol}://${hosts}`, isSecure: protocol === 'kafkas' },
    sasl: user && { mechanism, username: decoded(source, user), password: decoded(source, password) },
  } as Cluster
}

function nodeOf(host: string): Kafka.Broker | undefined {
  const [, six, name, port = PORT] = NODE.exec(host) ?? []
  return six === undefined && name === undefined ? undefined : { host: six ?? name!, port: Number(port) }
}

function decoded(source: TopologySource, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw failedAddress(source, 'is no URL of Kafka that can be read')
  }
}

/** Answers of Kafka that a later try hardly gets. Source: kafka.apache.org/protocol, error codes, read 2026-11-29. */
const REFUSALS = [
  ...['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION', 'INVALID_GROUP_ID', 'INVALID_SESSION_TIMEOUT'],
  ...['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'],
  ...['INCONSISTENT_GROUP_PROTOCOL', 'SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'],
]

/** Whether Kafka itself refuses: a wrong password, a topic that is not there. */
export function isRefusal(error: unknown): boolean {
  const { code, apiId, message = '', errors = [], cause } = (error ?? {}) as ClientError
  if (code === 'PLT_KFK_AUTHENTICATION' || REFUSALS.includes(String(apiId)) || /^Unknown topic /.test(message)) {
    return true
  }
  return [...errors, ...(cause === undefined ? [] : [cause])].some((inner) => isRefusal(inner))
}

interface ClientError {
  readonly code?: unknown
  readonly apiId?: unknown
  readonly message?: string
  readonly errors?: readonly unknown[]
  readonly cause?: unknown
}
