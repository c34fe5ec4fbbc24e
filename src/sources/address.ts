import { AttakError } from '../errors.ts'
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

/** The secrets of a URL: its password, also as it is written there. */
export function secretsOf(url: string): readonly string[] {
  try {
    const { password } = new URL(url)
    return password === '' ? [] : [password, decodeURIComponent(password)]
  } catch {
    return []
  }
}

/** Returns a text without secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '***')), text)
}
