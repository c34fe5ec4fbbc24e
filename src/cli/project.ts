import { dirname, join, resolve } from 'node:path'
import { AttakError, type Problem } from '../errors.ts'
import { summarizeUnused } from '../graph/check.ts'
import { configurationsOf, refuseOther } from '../project/configurations.ts'
import { loadEnvironment } from '../project/environment.ts'
import { filesLookedFor, findTopology, packageFolder } from '../project/find.ts'
import { isModule } from '../project/modules.ts'
import { oldVariableProblems } from '../project/old-variables.ts'
import { SETTINGS, type SettingName } from '../project/setting-list.ts'
import { resolveSettings, type Settings } from '../project/settings.ts'
import { colorsOf, drawProblems } from '../view/print.ts'
import { type Arguments, type Option, textOf } from './command.ts'
import { type Given, givenOf } from './hint.ts'
import type { Host } from './host.ts'

/** The project that a command line selects, before it is loaded. */
export interface MeantProject {
  /** The topology's file, absolute. */
  readonly file: string
  readonly settings: Settings
  /** How the command line named it. */
  readonly given: Given
  /** Variables that the project's `.env` sets and the shell does not. */
  readonly added: Readonly<Record<string, string>>
}

/** Called with the absolute paths of the files that determine the result, before a problem with them is thrown. */
export type OnFiles = (files: readonly string[]) => void

/**
 * Finds the project and settles its settings; what its `.env` adds is in the environment from then on, for handlers to
 * see. Throws TOPOLOGY_NOT_FOUND, TOPOLOGY_LOAD_FAILED and USAGE.
 */
export async function findProject(args: Arguments, host: Host, onFiles: OnFiles = () => {}): Promise<MeantProject> {
  const path = args.positionals[0]
  try {
    const { file, warnings } = findTopology(path, host.cwd)
    const project = await settledProject(file, args, host, onFiles)
    warn(warnings, host)
    return project
  } catch (error) {
    onFiles(filesLookedFor(path, host.cwd))
    throw error
  }
}

/**
 * The same without a topology: the settings of the folder that a command line selects, as far as there is a project.
 */
export async function findSettings(args: Arguments, host: Host): Promise<MeantProject> {
  return settledProject(topologyOrFolder(args.positionals[0], host.cwd), args, host)
}

async function settledProject(
  file: string,
  args: Arguments,
  host: Host,
  onFiles: OnFiles = () => {},
): Promise<MeantProject> {
  onFiles([file, join(packageFolder(file), 'package.json')])
  if (isModule(file)) refuseOther(file)
  configurationsOf(dirname(file))
  const environment = await loadEnvironment(file, host.env, (dotenv) => onFiles([dotenv]))
  const flags = Object.fromEntries(SETTINGS.map(({ name }) => [name, textOf(args, name)]))
  const settings = resolveSettings({ flags, environment, file, cwd: host.cwd })
  host.addVariables(environment.added)
  warn(oldVariableProblems(environment, answeredOf(args, settings)), host)
  return { file, settings, given: givenOf(args, settings.stage.value), added: environment.added }
}

/** Variables of attak 2017 that do not matter, because another option or setting replaces them. */
function answeredOf(args: Arguments, { stage }: Settings): readonly string[] {
  const input = textOf(args, 'input') === undefined ? [] : ['INPUT_FILE']
  return stage.origin === 'default' ? input : [...input, 'AWS_ENVIRONMENT']
}

/** A file in the folder that stands for its topology, which need not exist. */
function topologyOrFolder(path: string | undefined, cwd: string): string {
  try {
    return findTopology(path, cwd).file
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    return join(resolve(cwd, path ?? '.'), 'topology')
  }
}

/** Prints warnings. Touches stderr only when there are any, because opening a pipe costs 5 ms. */
export function warn(problems: readonly Problem[], host: Host): void {
  if (problems.length > 0) host.err.tell(drawProblems(summarizeUnused(problems), colorsOf(host.err)))
}

/** The flag of one setting, which a variable can set, too. */
export function settingOption(name: SettingName): Option {
  const info = SETTINGS.find((setting) => setting.name === name)
  if (info === undefined) throw new Error(`there is no setting ${name}`)
  const summary = info.summary.replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase()).replace(/\.$/, '')
  const fallback = info.fallback === undefined ? '' : `; default ${info.fallback}`
  return { flags: `${info.flag} <${info.placeholder}>`, summary: `${summary} (${info.variable}${fallback})` }
}
