import type * as Kafka from '@platformatic/kafka'
import { AttakError } from '../../errors.ts'

/** Where Kafka is, and as whom it is used. */
export interface Address {
  readonly nodes: readonly Kafka.Broker[]
  readonly isSecure: boolean
  readonly sasl: Kafka.SASLOptions | undefined
  /** The address without its password, for people. */
  readonly place: string
}

const ADDRESS = /^(kafkas?):\/\/(?:([^:@/]+):([^@/]*)@)?([^@/?#]+)\/?(?:\?([^#]*))?$/
const NODE = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i
const PORT = 9092
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** Reads an address: `kafka://user:password@host:9092,other:9092?mechanism=scram-sha-512`. Throws USAGE. */
export function addressOf(url: string): Address {
  const [, protocol = '', user, password = '', hosts = '', query = ''] = ADDRESS.exec(url) ?? []
  const found = hosts.split(',').map((host) => NODE.exec(host))
  if (protocol === '' || found.includes(null)) {
    // It may hold a password where none is looked for.
    throw new AttakError('USAGE', '--broker: the address of Kafka cannot be read', `Give ${EXAMPLE}. ${ENCODED}`)
  }
  const nodes = found.map((node) => ({ host: node![1]!.replace(/^\[|\]$/g, ''), port: Number(node![2] ?? PORT) }))
  const wanted = (new URLSearchParams(query).get('mechanism') ?? 'plain').toUpperCase()
  const mechanism = MECHANISMS.find((one) => one === wanted)
  if (mechanism === undefined) {
    const what = `--broker: ?mechanism=${wanted.toLowerCase()} is not known`
    throw new AttakError('USAGE', what, 'Give plain, scram-sha-256 or scram-sha-512.')
  }
  return {
    ...{ nodes, isSecure: protocol === 'kafkas', place: `${protocol}://${hosts}` },
    sasl: user === undefined ? undefined : { mechanism, username: decoded(user), password: decoded(password) },
  }
}

const EXAMPLE = 'kafka://host:9092, or kafka://user:password@host:9092'
const ENCODED = 'In a password, write @ as %40, / as %2F, and % as %25.'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AttakError('USAGE', '--broker: the user or the password of Kafka cannot be read', ENCODED)
  }
}
