import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorOf, nearest, type Problem } from '../errors.ts'
import { isName, NAME_RULE } from '../topology/name.ts'
import type { Environment } from './environment.ts'
import { packageFolder, shown } from './find.ts'
import { isFile } from './modules.ts'

/** Where a setting's value comes from, the strongest first. */
export type Origin = 'flag' | 'environment' | '.env' | 'package.json' | 'default'

/** A value that knows its origin. */
export interface Setting<T> {
  readonly value: T
  readonly origin: Origin
}

/** What can be set outside of a topology. */
export interface Settings {
  readonly stage: Setting<string>
  readonly seed: Setting<string>
  readonly concurrency: Setting<number>
}

/** The values of {@link Settings} as a flag, a variable or package.json gives them. */
export type GivenSettings = { readonly [Name in keyof Settings]?: unknown }

/** One setting, as help, `.env.example` and the docs tell it. */
export interface SettingInfo {
  readonly name: keyof Settings
  readonly flag: string
  readonly variable: string
  readonly fallback: string | number
  readonly summary: string
}

/** Every setting there is. Nothing else is read from the environment but what a terminal says of itself. */
export const SETTINGS: readonly SettingInfo[] = [
  {
    name: 'stage',
    flag: '--stage',
    variable: 'ATTAK_STAGE',
    fallback: 'dev',
    summary: 'The stage to run as: handlers see it as context.stage.',
  },
  {
    name: 'seed',
    flag: '--seed',
    variable: 'ATTAK_SEED',
    fallback: 'attak',
    summary: 'What ids and jitter are drawn from: the same seed and input give the same run.',
  },
  {
    name: 'concurrency',
    flag: '--concurrency',
    variable: 'ATTAK_CONCURRENCY',
    fallback: 256,
    summary: 'How many handlers may run at once.',
  },
]

/** Where settings may stand. */
export interface SettingSources {
  /** As flags gave them; undefined where none did. */
  readonly flags: GivenSettings
  readonly environment: Environment
  /** The topology's file: settings may also stand in `"attak"` of its package.json. */
  readonly file: string
  readonly cwd: string
}

/**
 * Settles every setting: a flag beats the environment, which beats `.env`, which beats package.json. Throws USAGE naming
 * every value that cannot be, wherever it stands.
 */
export function resolveSettings({ flags, environment, file, cwd }: SettingSources): Settings {
  const manifest = join(packageFolder(file), 'package.json')
  const problems: Problem[] = []
  const project = projectSettings(manifest, shown(manifest, cwd), problems)
  const settle = ({ name, flag, variable, fallback }: SettingInfo): Setting<unknown> => {
    const candidates = [
      { origin: 'flag', where: flag, value: flags[name] },
      {
        origin: Object.hasOwn(environment.added, variable) ? '.env' : 'environment',
        where: variable,
        value: environment.variables[variable] || undefined,
      },
      { origin: 'package.json', where: `${shown(manifest, cwd)}: attak.${name}`, value: project[name] },
      { origin: 'default', where: 'default', value: fallback },
    ] as const
    const { origin, where, value } = candidates.find((candidate) => candidate.value !== undefined)!
    return Object.freeze({ origin, value: READERS[name](value, where, problems) })
  }
  const settings = Object.fromEntries(SETTINGS.map((info) => [info.name, settle(info)]))
  if (problems.length > 0) throw errorOf(problems)
  return Object.freeze(settings) as unknown as Settings
}

const READERS: Readonly<Record<keyof Settings, (value: unknown, where: string, problems: Problem[]) => unknown>> = {
  stage(value, where, problems) {
    if (typeof value === 'string' && isName(value)) return value
    return refuse(problems, where, `the name ${JSON.stringify(value)} must ${NAME_RULE}`, 'Choose another stage.')
  },
  seed(value, where, problems) {
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    return refuse(problems, where, `${JSON.stringify(value)} cannot be a seed`, 'Give a text or a number.')
  },
  concurrency(value, where, problems) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number
    const remedy = 'Give a whole number, 1 or more.'
    return refuse(problems, where, `${JSON.stringify(value)} cannot be a number of handlers`, remedy)
  },
}

function refuse(problems: Problem[], where: string, what: string, remedy: string): undefined {
  problems.push({ code: 'USAGE', severity: 'error', where, what, remedy })
}

function projectSettings(manifest: string, name: string, problems: Problem[]): GivenSettings {
  if (!isFile(manifest)) return {}
  const settings = settingsIn(readFileSync(manifest, 'utf8'))
  if (settings === undefined) return {}
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    refuse(problems, `${name}: attak`, 'is not an object of settings', `Write { "stage": "dev" }, or leave it out.`)
    return {}
  }
  const names: readonly string[] = SETTINGS.map((info) => info.name)
  for (const given of Object.keys(settings)) {
    if (names.includes(given)) continue
    const meant = nearest(given, names)
    const remedy = meant === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${meant}"?`
    refuse(problems, `${name}: attak.${given}`, 'is no setting', remedy)
  }
  return settings
}

function settingsIn(manifest: string): unknown {
  try {
    const value: unknown = JSON.parse(manifest)
    return typeof value === 'object' && value !== null && 'attak' in value ? value.attak : undefined
  } catch {
    // Finding a topology says what is wrong with a package.json that matters to it.
    return undefined
  }
}
