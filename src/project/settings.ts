import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorOf, nearest, type Problem } from '../errors.ts'
import { isName, NAME_RULE } from '../topology/name.ts'
import type { Environment } from './environment.ts'
import { packageFolder, shown } from './find.ts'
import { isFile } from './modules.ts'
import { SETTINGS, type SettingInfo, type SettingName } from './setting-list.ts'

/** Where a setting's value comes from. Each overrides those after it. */
export type Origin = 'flag' | 'environment' | '.env' | 'package.json' | 'default'

/** A value and its origin. */
export interface Setting<T> {
  readonly value: T
  readonly origin: Origin
}

/** The settings outside of a topology. */
export interface Settings extends Record<SettingName, Setting<unknown>> {
  readonly stage: Setting<string>
  readonly seed: Setting<string>
  readonly concurrency: Setting<number>
  readonly logLevel: Setting<'debug' | 'info' | 'warn' | 'error' | 'none'>
  readonly broker: Setting<string | undefined>
  readonly state: Setting<string | undefined>
  readonly region: Setting<string | undefined>
  readonly profile: Setting<string | undefined>
  readonly role: Setting<string | undefined>
  readonly endpoint: Setting<string | undefined>
}

/** The values of {@link Settings} as flags, variables or package.json contain them. */
export type GivenSettings = { readonly [Name in keyof Settings]?: unknown }

/** Where settings are read from. */
export interface SettingSources {
  /** The values of flags; undefined for a flag that was not given. */
  readonly flags: GivenSettings
  readonly environment: Environment
  /** The topology's file. Its package.json may have settings in `"attak"`. */
  readonly file: string
  readonly cwd: string
}

/**
 * Returns the value of every setting. A flag overrides the environment, the environment overrides `.env`, and `.env` overrides
 * package.json. Throws USAGE with every value that is not allowed, from whichever source.
 */
export function resolveSettings({ flags, environment, file, cwd }: SettingSources): Settings {
  const manifest = join(packageFolder(file), 'package.json')
  const problems: Problem[] = []
  const project = projectSettings(manifest, shown(manifest, cwd), problems)
  const settle = (info: SettingInfo): Setting<unknown> => {
    const { name, flag, fallback } = info
    const candidates: readonly Candidate[] = [
      { origin: 'flag', where: flag, value: flags[name] },
      ...fromVariables(info, environment),
      { origin: 'package.json', where: `${shown(manifest, cwd)}: attak.${name}`, value: project[name] },
    ]
    const given = candidates.find((candidate) => candidate.value !== undefined)
    if (given === undefined) return Object.freeze({ origin: 'default', value: fallback })
    return Object.freeze({ origin: given.origin, value: READERS[name](given.value, given, problems) })
  }
  const settings = Object.fromEntries(SETTINGS.map((info) => [info.name, settle(info)]))
  if (problems.length > 0) throw errorOf(problems)
  return Object.freeze(settings) as unknown as Settings
}

/** Where a value is set, and its name in messages. */
interface Place {
  readonly origin: Origin
  readonly where: string
}

interface Candidate extends Place {
  readonly value: unknown
}

function fromVariables({ variable, also }: SettingInfo, { added, variables }: Environment): readonly Candidate[] {
  const meant = also !== undefined && !variables[also.unless] ? [variable, also.variable] : [variable]
  return meant.map((name) => {
    const origin = Object.hasOwn(added, name) ? '.env' : 'environment'
    return { origin, where: origin === '.env' ? `.env: ${name}` : name, value: variables[name] || undefined }
  })
}

const READERS: Readonly<Record<keyof Settings, (value: unknown, place: Place, problems: Problem[]) => unknown>> = {
  stage(value, place, problems) {
    if (typeof value === 'string' && isName(value)) return value
    return refuse(problems, place, `the name ${JSON.stringify(value)} must ${NAME_RULE}`, 'Choose another stage.')
  },
  seed(value, place, problems) {
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    return refuse(problems, place, `${JSON.stringify(value)} cannot be a seed`, 'Give a text or a number.')
  },
  concurrency(value, place, problems) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number
    const remedy = 'Give a whole number, 1 or more.'
    return refuse(problems, place, `${JSON.stringify(value)} cannot be a number of handlers`, remedy)
  },
  logLevel(value, place, problems) {
    const level = typeof value === 'string' ? value.toLowerCase() : ''
    if (LEVELS.includes(level)) return level
    const meant = nearest(level, LEVELS)
    const remedy = meant === undefined ? `Give one of ${LEVELS.join(', ')}.` : `Did you mean "${meant}"?`
    return refuse(problems, place, `${JSON.stringify(value)} is no log level`, remedy)
  },
  broker: addressOf,
  state: addressOf,
  region(value, place, problems) {
    if (typeof value === 'string' && /^[a-z]{2,}(-[a-z0-9]+)+$/.test(value)) return value
    return refuse(problems, place, `${JSON.stringify(value)} is not a region`, 'Give one such as eu-west-1.')
  },
  profile(value, place, problems) {
    if (typeof value === 'string' && value.trim() !== '') return value
    return refuse(problems, place, `${JSON.stringify(value)} is not a profile`, 'Give a name of ~/.aws/config.')
  },
  role(value, place, problems) {
    if (typeof value === 'string' && /^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(value)) return value
    const remedy = 'Give its ARN, such as arn:aws:iam::123456789012:role/worker.'
    return refuse(problems, place, `${JSON.stringify(value)} is not the ARN of a role`, remedy)
  },
  endpoint(value, place, problems) {
    if (typeof value === 'string' && /^https?:\/\/[^/]/.test(value) && URL.canParse(value)) return value
    const remedy = 'Give one such as http://localhost:4566.'
    return refuse(problems, place, `${JSON.stringify(value)} is not an http or https address`, remedy)
  },
}

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'none']

function addressOf(value: unknown, place: Place, problems: Problem[]): unknown {
  // Not all are URLs: those of Kafka name several servers.
  if (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\/./i.test(value)) return value
  // It may have a password.
  const remedy = 'Give one such as redis://localhost:6379.'
  const isPath = place.origin === 'flag' && /[./]/.test(String(value)) && !/:\d+$/.test(String(value))
  const path = isPath ? ` A path comes before ${place.where}.` : ''
  return refuse(problems, place, 'it is not an address with a protocol', `${remedy}${path}`)
}

function refuse(problems: Problem[], { origin, where }: Place, what: string, remedy: string): undefined {
  const inFile = origin === '.env' || origin === 'package.json'
  problems.push({ code: 'USAGE', severity: 'error', where, what, remedy, ...(inFile && { inFile }) })
}

function projectSettings(manifest: string, name: string, problems: Problem[]): GivenSettings {
  if (!isFile(manifest)) return {}
  const placeOf = (field: string): Place => ({ origin: 'package.json', where: `${name}: ${field}` })
  const settings = settingsIn(readFileSync(manifest, 'utf8'))
  if (settings === undefined) return {}
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    refuse(problems, placeOf('attak'), 'is not an object of settings', `Write { "stage": "dev" }, or leave it out.`)
    return {}
  }
  const names: readonly string[] = SETTINGS.map((info) => info.name)
  for (const given of Object.keys(settings)) {
    if (names.includes(given)) continue
    const meant = nearest(given, names)
    const remedy = meant === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${meant}"?`
    refuse(problems, placeOf(`attak.${given}`), 'is not a setting', remedy)
  }
  return settings
}

function settingsIn(manifest: string): unknown {
  try {
    const value: unknown = JSON.parse(manifest)
    return typeof value === 'object' && value !== null && 'attak' in value ? value.attak : undefined
  } catch {
    // Finding a topology reports a broken package.json if that matters.
    return undefined
  }
}
