import { AttakError } from '../errors.ts'
import { withoutPassword } from '../runtime/address.ts'
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

/** Returns the server that the setting `url` of a source names. Throws SOURCE_FAILED if it cannot be read. */
export function addressOf(source: TopologySource, fallback: string, world: Pick<SourceWorld, 'variable'>): Address {
  const url = filledIn(source, 'url', world) ?? fallback
  const read = secretsOf(url)
  if (read !== undefined) return { url, address: withoutPassword(url), secrets: read }
  throw failedAddress(source, 'is no URL that can be read')
}

/** Says what is wrong with the `url` of a source. */
export function failedAddress({ name }: TopologySource, what: string): AttakError {
  const remedy = 'Write special characters of a password with %: "@" is %40, "/" is %2F, "%" is %25.'
  return new AttakError('SOURCE_FAILED', `source "${name}": url ${what}`, remedy)
}

/** The secrets of a URL: its password, also as it is written there. Undefined for what is no URL. */
function secretsOf(url: string): readonly string[] | undefined {
  try {
    const { username, password } = new URL(url)
    decodeURIComponent(username)
    return password === '' ? [] : [password, decodeURIComponent(password)]
  } catch {
    return undefined
  }
}

/** Returns a text without secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '***')), text)
}
