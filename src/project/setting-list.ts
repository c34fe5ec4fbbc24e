/** The name of a setting: its key in `"attak"` of package.json. */
export type SettingName =
  | 'stage'
  | 'seed'
  | 'concurrency'
  | 'logLevel'
  | 'broker'
  | 'state'
  | 'region'
  | 'profile'
  | 'role'
  | 'endpoint'

/** One setting, as help, `.env.example` and the docs describe it. */
export interface SettingInfo {
  readonly name: SettingName
  readonly flag: string
  /** The name of its value in help. */
  readonly placeholder: string
  /** It says where a stage is deployed. Every command that talks to a cloud has its flag. */
  readonly isPlace?: true
  readonly variable: string
  /** Read if `variable` is not set, unless the variable `unless` is set: then it is for another program. */
  readonly also?: { readonly variable: string; readonly unless: string }
  /** The default. Undefined: commands that need the setting report that it is missing. */
  readonly fallback: string | number | undefined
  readonly summary: string
}

/** A variable that has no flag and is not read from a project, because it is a secret or an identity. */
export interface CredentialInfo {
  readonly variable: string
  readonly summary: string
}

/** The variables, in addition to profiles and SSO, from which AWS's libraries read who deploys. */
export const CREDENTIALS: readonly CredentialInfo[] = [
  { variable: 'AWS_ACCESS_KEY_ID', summary: 'Id of the AWS access key that deploys. Not needed with AWS_PROFILE.' },
  { variable: 'AWS_SECRET_ACCESS_KEY', summary: 'Secret of the access key.' },
  { variable: 'AWS_SESSION_TOKEN', summary: 'Session token of a temporary access key.' },
  { variable: 'AWS_CA_BUNDLE', summary: 'PEM file of certificates to trust, for an endpoint that has its own.' },
]

/** Variables of guthega: `attak run --source … --receiver …` reads them. */
export const GUTHEGA_VARIABLES: readonly CredentialInfo[] = [
  { variable: 'GUTHEGA_LOG_LEVEL', summary: 'Log level of attak run --receiver, unless ATTAK_LOG_LEVEL is set.' },
  { variable: 'GUTHEGA_PROCESSOR_ID', summary: 'Name of the processor in log lines of attak run --receiver.' },
  { variable: 'NPM_REGISTRY', summary: 'Registry that attak run --receiver installs receivers from.' },
]

/**
 * All settings. attak reads no other variables except {@link CREDENTIALS}, {@link GUTHEGA_VARIABLES} and those that describe the
 * terminal.
 */
export const SETTINGS: readonly SettingInfo[] = [
  {
    name: 'stage',
    flag: '--stage',
    placeholder: 'name',
    isPlace: true,
    variable: 'ATTAK_STAGE',
    fallback: 'dev',
    summary: 'Stage name; handlers read it as context.stage.',
  },
  {
    name: 'seed',
    flag: '--seed',
    placeholder: 'text',
    variable: 'ATTAK_SEED',
    fallback: 'attak',
    summary: 'Seed for ids and jitter: the same seed and input give the same run.',
  },
  {
    name: 'concurrency',
    flag: '--concurrency',
    placeholder: 'number',
    variable: 'ATTAK_CONCURRENCY',
    fallback: 256,
    summary: 'How many handlers run at once.',
  },
  {
    name: 'logLevel',
    flag: '--log-level',
    placeholder: 'level',
    variable: 'ATTAK_LOG_LEVEL',
    fallback: 'info',
    summary: 'The least serious lines that attak run prints: debug, info, warn, error or none.',
  },
  {
    name: 'broker',
    flag: '--broker',
    placeholder: 'url',
    variable: 'ATTAK_BROKER',
    fallback: undefined,
    summary: 'Address of a broker that carries the messages of attak run, such as redis://localhost:6379.',
  },
  {
    name: 'state',
    flag: '--state',
    placeholder: 'url',
    variable: 'ATTAK_STATE',
    fallback: undefined,
    summary: 'Address of a Redis that keeps handled messages and state, for brokers that cannot.',
  },
  {
    name: 'region',
    flag: '--region',
    placeholder: 'region',
    isPlace: true,
    variable: 'AWS_REGION',
    fallback: undefined,
    summary: 'AWS region, such as eu-west-1; without it, the region of your profile.',
  },
  {
    name: 'profile',
    flag: '--profile',
    placeholder: 'name',
    isPlace: true,
    variable: 'AWS_PROFILE',
    fallback: undefined,
    summary: 'Profile in ~/.aws/config, for credentials and region.',
  },
  {
    name: 'role',
    flag: '--role',
    placeholder: 'arn',
    variable: 'ATTAK_ROLE_ARN',
    also: { variable: 'AWS_ROLE_ARN', unless: 'AWS_WEB_IDENTITY_TOKEN_FILE' },
    fallback: undefined,
    summary: 'Role of the deployed functions; without it, each gets its own, with only the permissions that it needs.',
  },
  {
    name: 'endpoint',
    flag: '--endpoint',
    placeholder: 'url',
    isPlace: true,
    variable: 'AWS_ENDPOINT_URL',
    fallback: undefined,
    summary: 'Address of an emulator, to use instead of AWS.',
  },
]

/** The settings that say where a stage is deployed. */
export const PLACE_SETTINGS: readonly SettingName[] = SETTINGS.filter(({ isPlace }) => isPlace).map(({ name }) => name)

/** The variables that attak or AWS's libraries read as settings. An empty value counts as unset. */
export const KNOWN_VARIABLES: readonly string[] = [
  ...[...CREDENTIALS, ...GUTHEGA_VARIABLES].map(({ variable }) => variable),
  ...SETTINGS.flatMap(({ variable, also }) => (also === undefined ? [variable] : [variable, also.variable])),
]
