import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { loadSharedConfigFiles } from '@smithy/core/config'
import type { CloudSettings, Environment, SignIn } from '../../deploy/cloud.ts'
import { AttakError, nearest } from '../../errors.ts'
import { type Aws, openAws } from './open.ts'
import { drawAddress } from './origins.ts'

/** Signs in to the account of the settings. Prints where a profile's `endpoint_url` sends the calls. */
export async function signInToAws({ settings, env, now, tell, onCall }: SignIn): Promise<Aws> {
  const { region, profile, endpoint } = settings
  const ca = caOf(env)
  if (profile.value !== undefined) await requireProfile(profile.value, env)
  const found = endpoint.value === undefined ? await profileEndpoint(profile.value, env) : undefined
  if (found !== undefined) {
    const where = `endpoint_url of the profile ${JSON.stringify(found.profile)} in ${found.file}`
    tell(`AWS calls go to ${drawAddress(found.url)} (${where}).`)
  }
  const given = {
    ...(region.value !== undefined && { region: region.value }),
    ...(profile.value !== undefined && { profile: profile.value }),
    ...(endpoint.value !== undefined && { endpoint: endpoint.value }),
    ...(ca !== undefined && { ca }),
    ...(onCall && { onCall }),
  }
  return openAws(given, now).catch((error: unknown) => {
    throw explain(profile.value === undefined ? sayMissingHalf(error, env) : error, settings)
  })
}

/** Returns an error with a remedy for an emulator, which takes any credentials, and for an endpoint that a flag gave. */
export function explain(error: unknown, { endpoint }: CloudSettings): unknown {
  if (!(error instanceof AttakError) || endpoint.value === undefined || error.problems.length > 0) return error
  const { code, message, cause } = error
  const any = 'An emulator accepts any: set AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test. '
  const text = `${code === 'CREDENTIALS_MISSING' ? any : ''}${error.remedy}`
  const remedy = endpoint.origin === 'flag' ? text.replace(/AWS_ENDPOINT_URL(?: if it is set)?/, '--endpoint') : text
  return remedy === error.remedy ? error : new AttakError(code, message, remedy, { cause })
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const

/** If only one of the two keys is set, returns an error that names the missing one. */
function sayMissingHalf(error: unknown, env: Environment): unknown {
  const set = KEYS.filter((name) => env[name] !== undefined && env[name] !== '')
  if (!(error instanceof AttakError) || error.code !== 'CREDENTIALS_MISSING' || set.length !== 1) return error
  const missing = KEYS.find((name) => !set.includes(name))
  const what = `there are no AWS credentials: ${set[0]} is set, and ${missing} is not`
  return new AttakError('CREDENTIALS_MISSING', what, `Set ${missing} too.`, { cause: error })
}

function caOf(env: Environment): string | undefined {
  const file = env.AWS_CA_BUNDLE
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const what = `AWS_CA_BUNDLE: ${file} cannot be read`
    throw new AttakError('USAGE', what, 'Give the path of a file with certificates in PEM, or unset it.', { cause })
  }
}

/** The files that hold profiles: those that AWS's own tools read. */
interface ProfileFiles {
  readonly config: string
  readonly credentials: string
}

/** Makes sure that a profile exists. Throws CREDENTIALS_MISSING with the files that were read and similar names. */
export async function requireProfile(name: string, env: Environment): Promise<void> {
  // AWS's libraries do without a profile of this name.
  if (name === 'default') return
  const files = filesOf(env)
  const { configFile, credentialsFile } = await load(files)
  const names = [...new Set([...Object.keys(credentialsFile), ...Object.keys(configFile).filter(isProfile)])].sort()
  if (names.includes(name)) return
  const near = nearest(name, names)
  const known = names.length === 0 ? 'They have no profiles.' : `They have ${names.join(', ')}.`
  const remedy = near === undefined ? known : `Did you mean "${near}"? ${known}`
  const what = `there is no profile "${name}" in ${files.config} or ${files.credentials}`
  throw new AttakError('CREDENTIALS_MISSING', what, remedy)
}

/** The `endpoint_url` of a profile, and the file it is in; undefined where the profile has none. */
async function profileEndpoint(
  name: string | undefined,
  env: Environment,
): Promise<{ readonly url: string; readonly profile: string; readonly file: string } | undefined> {
  const files = filesOf(env)
  const profile = name ?? 'default'
  const url = (await load(files)).configFile[profile]?.endpoint_url
  return url === undefined ? undefined : { url, profile, file: files.config }
}

function filesOf(env: Environment): ProfileFiles {
  return {
    config: env.AWS_CONFIG_FILE || join(homedir(), '.aws', 'config'),
    credentials: env.AWS_SHARED_CREDENTIALS_FILE || join(homedir(), '.aws', 'credentials'),
  }
}

function load({ config, credentials }: ProfileFiles) {
  return loadSharedConfigFiles({ configFilepath: config, filepath: credentials, ignoreCache: true })
}

/** Sections of another kind have it before their name: `sso-session.work`. */
function isProfile(section: string): boolean {
  return !/^(?:sso-session|services)\./.test(section)
}
