import { dirname, join, resolve } from 'node:path'
import { AttakError, nearest } from '../../errors.ts'
import { type ConfigFiles, DEFAULT_CONFIGS, inConfigs, readConfigs, topologyOf } from '../../project/configs.ts'
import { installedFile } from '../../project/install.ts'
import { isFile, isFolder } from '../../project/modules.ts'
import { type InspectedProject, inspectProject, type ProjectOptions } from '../../project/project.ts'
import { isPath } from '../../project/receivers.ts'
import type { Settings } from '../../project/settings.ts'
import { ownReceiver } from '../../receivers/table.ts'
import { type Arguments, textOf } from '../command.ts'
import type { Host } from '../host.ts'
import type { OnFiles } from '../project.ts'

/** Returns the files that --source and --receiver name; undefined without these flags. Throws USAGE. */
export function namedConfigs(args: Arguments, { cwd }: Pick<Host, 'cwd'>): ConfigFiles | undefined {
  const [source, receiver] = [textOf(args, 'source'), textOf(args, 'receiver')]
  if (source === undefined && receiver === undefined) return undefined
  if (args.positionals[0] !== undefined) {
    const what = 'attak run: --source and --receiver describe all that runs, and a topology is given, too'
    throw new AttakError('USAGE', what, 'Leave out the topology, or the flags.')
  }
  return {
    source: resolve(cwd, source ?? DEFAULT_CONFIGS.source),
    receiver: resolve(cwd, receiver ?? DEFAULT_CONFIGS.receiver),
  }
}

/** Returns the files of a folder without a topology, if both are where guthega looks for them. */
export function defaultConfigs(path: string | undefined, cwd: string): ConfigFiles | undefined {
  const folder = resolve(cwd, path ?? '.')
  if (!isFolder(folder)) return undefined
  const files = { source: join(folder, DEFAULT_CONFIGS.source), receiver: join(folder, DEFAULT_CONFIGS.receiver) }
  return isFile(files.source) && isFile(files.receiver) ? files : undefined
}

/** The parts of a run of configs. */
export interface ConfigRun {
  readonly files: ConfigFiles
  /** The folder of the project: its errors and what it installs are there. */
  readonly dir: string
  readonly signal: AbortSignal
  readonly onFiles: OnFiles | undefined
}

/** Returns what loads the topology of a source and a receiver, whose package is installed first if it is missing. */
export async function openConfigs(
  { files, dir, signal, onFiles }: ConfigRun,
  host: Host,
): Promise<(options: Omit<ProjectOptions, 'given'>) => Promise<InspectedProject>> {
  const { cwd, env } = host
  onFiles?.([files.source, files.receiver])
  const configs = await readConfigs(files, { cwd, processorId: env.GUTHEGA_PROCESSOR_ID })
  const { module, version } = configs.receiver
  const isPackage = !isPath(module) && ownReceiver(module) === undefined
  const found = isPackage
    ? await installedFile({
        ...{ name: module, version, from: dirname(files.receiver), dir, signal },
        registry: env.NPM_REGISTRY || undefined,
        say: (text) => host.err.tell(`${text}\n`),
      })
    : module
  const given = { definition: topologyOf(configs, found, dir), dir, files: [files.source, files.receiver] }
  return async (options) => {
    const inspected = await inspectProject(files.receiver, { ...options, given })
    return { ...inspected, problems: inspected.problems.map((problem) => inConfigs(problem, configs, cwd)) }
  }
}

const LEVELS: Readonly<Record<string, Settings['logLevel']['value']>> = {
  ...{ error: 'error', warn: 'warn', info: 'info', http: 'info', verbose: 'debug', debug: 'debug', silly: 'debug' },
}

/** The log level, which guthega's variable sets if nothing else does. Throws USAGE. */
export function levelOf({ logLevel }: Settings, { env }: Pick<Host, 'env'>): Settings['logLevel']['value'] {
  const given = env.GUTHEGA_LOG_LEVEL?.toLowerCase()
  if (!given || logLevel.origin !== 'default') return logLevel.value
  const level = Object.hasOwn(LEVELS, given) ? LEVELS[given] : undefined
  if (level !== undefined) return level
  const names = Object.keys(LEVELS)
  const near = nearest(given, names)
  const remedy = near === undefined ? `Give one of ${names.join(', ')}.` : `Did you mean "${near}"?`
  throw new AttakError('USAGE', `GUTHEGA_LOG_LEVEL: ${JSON.stringify(given)} is no log level`, remedy)
}
