import { AttakError } from '../errors.ts'

/** What the addresses of one kind of server may have. */
export interface AddressRules {
  /** The server, in a sentence: `Redis`. */
  readonly name: string
  /** Its protocols: without TLS, and with it. */
  readonly protocols: readonly [plain: string, secure: string]
  readonly port: number
  readonly example: string
  /** Whether it may name several servers. */
  readonly isMany?: true
  /** What its path must be; without it, there is none. */
  readonly path?: { readonly fits: RegExp; readonly must: string }
  /** The values of each name that its query may have. */
  readonly query?: Readonly<Record<string, RegExp>>
}

/** An address of Redis. */
export const REDIS_ADDRESS: AddressRules = {
  ...{ name: 'Redis', protocols: ['redis', 'rediss'], port: 6379, example: 'redis://user:password@host:6379/0' },
  path: { fits: /^\d{0,6}$/, must: 'the number of a database, such as /0' },
  query: { family: /^[046]$/ },
}

/** An address of RabbitMQ. */
export const AMQP_ADDRESS: AddressRules = {
  ...{ name: 'RabbitMQ', protocols: ['amqp', 'amqps'], port: 5672, example: 'amqp://user:password@host:5672/vhost' },
  path: { fits: /^/, must: 'a virtual host' },
}

/** An address of Kafka. */
export const KAFKA_ADDRESS: AddressRules = {
  ...{ name: 'Kafka', protocols: ['kafka', 'kafkas'], port: 9092, example: 'kafka://user:password@host:9092' },
  isMany: true,
  query: { mechanism: /^(?:plain|scram-sha-256|scram-sha-512)$/i },
}

/** The parts of an address, decoded. */
export interface ServerAddress {
  readonly isSecure: boolean
  /** One, unless the address may name several. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly user: string | undefined
  readonly password: string | undefined
  /** Without the first `/`; empty if there is none. */
  readonly path: string
  readonly query: URLSearchParams
  /** The address without user, password and query, for people. */
  readonly place: string
}

/** No part has an `@`: then it could be one of a password, and its other parts must not be shown. */
const ADDRESS = /^([a-z]+):\/\/(?:([^@/?#]*)@)?([^@/?#]*)(\/[^@?#]*)?(?:\?([^@#]*))?$/
const NODE = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i
const UNREADABLE = '(an address that cannot be read)'

/** Returns an address without its user and password, for people: `redis://localhost:6379/0`. Anything else is not shown. */
export function withoutPassword(address: string): string {
  const [, protocol, , hosts = '', path = ''] = ADDRESS.exec(address) ?? []
  const isReadable = protocol !== undefined && nodesIn(hosts, 0) !== undefined
  return isReadable ? `${protocol}://${hosts}${path.replace(/\/$/, '')}` : UNREADABLE
}

/** Reads the address of a server. `fault` completes a sentence that begins with what has the address, and shows no password. */
export function readAddress(
  url: string,
  { name, protocols, port, isMany, path: rule, query: known = {} }: AddressRules,
): ServerAddress | { readonly fault: string } {
  const [, protocol = '', login, hosts = '', rawPath = '', search = ''] = ADDRESS.exec(url) ?? []
  if (!protocols.includes(protocol)) return { fault: `the address of ${name} cannot be read` }
  const nodes = nodesIn(hosts, port)
  if (nodes === undefined)
    return { fault: `the address of ${name} cannot be read: it has no host, or no port after it` }
  const place = withoutPassword(url)
  if (nodes.length > 1 && !isMany) return { fault: `the address ${place} cannot be read: it names several servers` }
  const [user, password] = /^([^:]*)(?::(.*))?$/s
    .exec(login ?? '')!
    .slice(1)
    .map(decoded)
  const path = decoded(rawPath.slice(1))
  if ([user, password, path].includes(null)) {
    return { fault: `the address ${place} cannot be read: a "%" stands before no code of a character` }
  }
  if (rule === undefined ? path !== '' : !rule.fits.test(path!)) {
    return { fault: `the address ${place} has a wrong path: it must be ${rule?.must ?? 'empty'}` }
  }
  const query = new URLSearchParams(search)
  const wrong = [...query].find(([key, value]) => !Object.hasOwn(known, key) || !known[key]!.test(value))
  if (wrong !== undefined) return { fault: `the address ${place} has a query that is not known: ?${wrong[0]}` }
  return {
    ...{ isSecure: protocol === protocols[1], nodes, path: path!, query, place },
    ...{ user: user || undefined, password: password ?? undefined },
  }
}

/** Reads the address that an option or setting gives. Throws USAGE. */
export function addressIn(url: string, rules: AddressRules, option: string): ServerAddress {
  const read = readAddress(url, rules)
  if (!('fault' in read)) return read
  throw new AttakError('USAGE', `${option}: ${read.fault}`, `Give one such as ${rules.example}. ${ENCODED}`)
}

/** What to do about characters that an address cannot have as they are. */
export const ENCODED = 'In a user or a password, write "@" as %40, "/" as %2F, "?" as %3F, "#" as %23 and "%" as %25.'

/** The servers that a text names; undefined if it cannot be read. */
function nodesIn(hosts: string, port: number): ServerAddress['nodes'] | undefined {
  const nodes = hosts.split(',').map((text) => {
    const [, host, given = port] = NODE.exec(text) ?? []
    return { host: host?.replace(/^\[|\]$/g, ''), port: Number(given) }
  })
  const isRead = nodes.every((node) => node.host !== undefined && node.port <= 65_535)
  return isRead ? (nodes as ServerAddress['nodes']) : undefined
}

/** A part of an address, decoded; null if that is not possible. */
function decoded(text: string | undefined): string | undefined | null {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return null
  }
}
