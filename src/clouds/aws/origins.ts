import type { Given, SignIn } from '../../deploy/cloud.ts'

/** How variables of a project's `.env` affect AWS calls, as shown to users; `$` is the value. */
const EFFECTS: readonly (readonly [variable: RegExp, text: string])[] = [
  [/^AWS_ENDPOINT_URL_/, 'calls of this service go to $'],
  [/^AWS_ACCESS_KEY_ID$/, 'the access key $ signs'],
  [/^AWS_(?:CONFIG|SHARED_CREDENTIALS)_FILE$/, 'profiles are read from $'],
  [/^AWS_CONTAINER_CREDENTIALS_(?:FULL|RELATIVE)_URI$/, 'credentials are fetched from $'],
  [/^AWS_EC2_METADATA_SERVICE_ENDPOINT$/, 'credentials are fetched from $'],
  [/^AWS_WEB_IDENTITY_TOKEN_FILE$/, 'the token in $ signs in'],
  [/^AWS_CA_BUNDLE$/, 'the certificates in $ are trusted'],
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, 'TLS certificates are checked only if this is not 0; it is $'],
]

/**
 * Returns a sentence on how files of the project change where its AWS calls go or who signs them; undefined if they do not.
 * Flags and the shell's own variables are not repeated.
 */
export function originsOf({ settings, added }: Pick<SignIn, 'settings' | 'added'>): string | undefined {
  const { endpoint, profile } = settings
  const effects = [
    ...ofSetting(endpoint, 'endpoint', 'AWS_ENDPOINT_URL', (url) => `AWS calls go to ${drawAddress(url)}`),
    ...ofSetting(profile, 'profile', 'AWS_PROFILE', (name) => `the profile ${JSON.stringify(name)} signs`),
    ...Object.entries(added).flatMap(([name, value]) => effectOf(name, value)),
  ]
  return effects.length === 0 ? undefined : `This project changes the AWS calls: ${effects.join('; ')}.`
}

/** An address without the name and password that may stand in it. */
export function drawAddress(text: string): string {
  if (!URL.canParse(text)) return JSON.stringify(text)
  const url = new URL(text)
  const path = url.pathname === '/' ? '' : url.pathname
  return `${url.protocol}//${url.host}${path}`
}

function ofSetting(
  { value, origin }: Given,
  name: string,
  variable: string,
  draw: (value: string) => string,
): readonly string[] {
  if (value === undefined || (origin !== '.env' && origin !== 'package.json')) return []
  return [`${draw(value)} (${origin === '.env' ? `${variable} in .env` : `attak.${name} in package.json`})`]
}

function effectOf(name: string, value: string): readonly string[] {
  const effect = EFFECTS.find(([variable]) => variable.test(name))
  if (effect === undefined || value === '') return []
  const shown = /URL|URI|ENDPOINT/.test(name) ? drawAddress(value) : JSON.stringify(value)
  return [`${effect[1].replace('$', () => shown)} (${name} in .env)`]
}
