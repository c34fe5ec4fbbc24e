import { AttakError } from '../errors.ts'
import { type AddressRules, AMQP_ADDRESS, ENCODED, REDIS_ADDRESS, readAddress } from '../runtime/address.ts'
import type { SourceWorld } from '../runtime/source.ts'
import type { TopologySource } from '../topology/source.ts'

const VARIABLE = /\$\{([A-Za-z_]\w*)\}/g

/**
 * Returns a setting with each `${NAME}` replaced by that environment variable, so that passwords need not stand in a topology.
 * Throws SOURCE_FAILED for a variable that is not set.
 */
export function filledIn(
  { name, settings }: TopologySource,
  setting: string,
  world: Pick<SourceWorld, 'variable'>,
): string | undefined {
  const text = settings[setting]
  if (typeof text !== 'string') return undefined
  return text.replace(VARIABLE, (_, variable: string) => {
    const value = world.variable(variable)
    if (value !== undefined && value !== '') return value
    const what = `source "${name}": ${setting} names the environment variable ${variable}, which is not set`
    throw new AttakError('SOURCE_FAILED', what, `Set ${variable}, in the environment or in .env.`)
  })
}

/** The server of a source. */
export interface Address {
  readonly url: string
  /** For people, without a password. */
  readonly address: string
  /** What must not be shown. */
  readonly secrets: readonly string[]
}

const NUMBER = /^\d{1,9}$/

/** What addresses may have, by the type of their source. */
const RULES: Readonly<Record<string, AddressRules>> = {
  redis: REDIS_ADDRESS,
  amqp: { ...AMQP_ADDRESS, query: { heartbeat: NUMBER, connection_timeout: NUMBER, channel_max: NUMBER } },
}

/** Returns the server that the setting `url` of a source names. Throws SOURCE_FAILED if it cannot be read. */
export function addressOf(source: TopologySource, fallback: string, world: Pick<SourceWorld, 'variable'>): Address {
  const url = filledIn(source, 'url', world) ?? fallback
  const read = readAddress(url, RULES[source.type]!)
  if ('fault' in read) throw failedAddress(source, `is wrong: ${read.fault}`)
  const { password = '' } = read
  return { url, address: read.place, secrets: password === '' ? [] : [new URL(url).password, password] }
}

/** Says what is wrong with the `url` of a source. */
export function failedAddress({ name }: TopologySource, what: string): AttakError {
  return new AttakError('SOURCE_FAILED', `source "${name}": url ${what}`, ENCODED)
}

/** Returns a text without secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '***')), text)
}
