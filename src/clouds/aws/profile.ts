import { homedir } from 'node:os'
import { join } from 'node:path'
import { loadSharedConfigFiles } from '@smithy/core/config'
import { AttakError, nearest } from '../../errors.ts'

/** The environment that says where the files of profiles are. */
type Env = Readonly<Record<string, string | undefined>>

/** The files that hold profiles: those that AWS's own tools read. */
interface ProfileFiles {
  readonly config: string
  readonly credentials: string
}

/** Makes sure that a profile exists. Throws CREDENTIALS_MISSING with the files that were read and similar names. */
export async function requireProfile(name: string, env: Env): Promise<void> {
  // AWS's libraries do without a profile of this name.
  if (name === 'default') return
  const files = filesOf(env)
  const { configFile, credentialsFile } = await load(files)
  const names = [...new Set([...Object.keys(credentialsFile), ...Object.keys(configFile).filter(isProfile)])].sort()
  if (names.includes(name)) return
  const near = nearest(name, names)
  const known = names.length === 0 ? 'They hold no profile.' : `They have ${names.join(', ')}.`
  const remedy = near === undefined ? known : `Did you mean "${near}"? ${known}`
  const what = `there is no profile "${name}" in ${files.config} or ${files.credentials}`
  throw new AttakError('CREDENTIALS_MISSING', what, remedy)
}

/** The `endpoint_url` of a profile, and the file it is in; undefined where the profile has none. */
export async function profileEndpoint(
  name: string | undefined,
  env: Env,
): Promise<{ readonly url: string; readonly profile: string; readonly file: string } | undefined> {
  const files = filesOf(env)
  const profile = name ?? 'default'
  const url = (await load(files)).configFile[profile]?.endpoint_url
  return url === undefined ? undefined : { url, profile, file: files.config }
}

function filesOf(env: Env): ProfileFiles {
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
