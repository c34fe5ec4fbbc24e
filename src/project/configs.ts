import { basename, dirname, join, resolve } from 'node:path'
import { errorOf, type Problem } from '../errors.ts'
import { ownReceiver } from '../receivers/table.ts'
import { fieldsOf } from '../runtime/text.ts'
import { nearName } from '../topology/name.ts'
import { sourceOfConfig, unknownOf } from './config-sources.ts'
import { nameOfPackage, shown } from './find.ts'
import { readJson5 } from './json5-file.ts'
import { isPath } from './receivers.ts'

/** The files of a source and a receiver, absolute. */
export interface ConfigFiles {
  readonly source: string
  readonly receiver: string
}

/** Where they are looked for. */
export const DEFAULT_CONFIGS = { source: './conf/source.json', receiver: './conf/receiver.json' } as const

/** A source and a receiver, checked. */
export interface Configs {
  readonly files: ConfigFiles
  readonly source: Readonly<Record<string, unknown>>
  readonly receiver: ReceiverConfig
  /** The name of the processor. */
  readonly processor: string
}

/** What a receiver config says. */
export interface ReceiverConfig {
  readonly module: string
  readonly version?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly retries?: unknown
  readonly backoff?: unknown
  readonly timeout?: unknown
}

/** How a message is retried before its failure is recorded, unless the config says otherwise: for about a minute. */
const RETRIES = { retries: 6, backoff: { firstMs: 1000, factor: 2, maxMs: 60_000 } } as const

const RECEIVER_NAMES = ['module', 'version', 'properties', 'retries', 'backoff', 'timeout']

/** Reads both files. Throws CONFIG_INVALID with all problems, and FILE_FAILED. */
export async function readConfigs(
  files: ConfigFiles,
  { cwd, processorId }: { readonly cwd: string; readonly processorId: string | undefined },
): Promise<Configs> {
  const [source, receiver] = await Promise.all([readJson5(files.source, cwd), readJson5(files.receiver, cwd)])
  const processor = (processorId && nearName(processorId)) || 'receiver'
  const read = sourceOfConfig(source, { name: shown(files.source, cwd), to: processor })
  const problems = [...read.problems, ...receiverProblems(receiver, shown(files.receiver, cwd))]
  if (read.source === undefined || problems.length > 0) throw errorOf(problems)
  const { properties = {}, ...others } = receiver as unknown as ReceiverConfig
  return { files, source: read.source, receiver: { ...others, properties }, processor }
}

function receiverProblems(config: Readonly<Record<string, unknown>>, name: string): readonly Problem[] {
  const problem = (where: string, what: string, remedy: string): Problem => ({
    ...{ code: 'CONFIG_INVALID', severity: 'error', where: `${name}: ${where}`, what, remedy, inFile: true },
  })
  const { module, version, properties } = config
  const problems = [...unknownOf(config, RECEIVER_NAMES, problem, '')]
  if (typeof module !== 'string' || module.trim() === '') {
    const what = module === undefined ? 'module is missing' : 'module must be a text'
    problems.push(problem('module', what, 'Give a path such as "./log.js", or the name of a package.'))
  } else if (!isPath(module) && ownReceiver(module) === undefined && !PACKAGE.test(module)) {
    problems.push(problem('module', `"${module}" is no name of a package`, 'A path begins with ./, ../ or /.'))
  }
  if (version !== undefined && (typeof version !== 'string' || !VERSION.test(version))) {
    problems.push(problem('version', 'is no version of a package', 'Give one such as "1.2.0".'))
  }
  if (properties !== undefined && fieldsOf(properties) === undefined) {
    problems.push(problem('properties', 'must be an object', 'Write { … }.'))
  }
  return problems
}

/** Source: npm's documentation of package.json, "name", read 2026-11-29. */
const PACKAGE = /^(?:@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i
/** A version, a range of one word, or a tag; no address. */
const VERSION = /^[\w^~*=<>][\w.+^~*-]*$/

/** Returns the topology that configs describe: one source and one processor. `module` is where its receiver was found. */
export function topologyOf({ files, source, receiver, processor }: Configs, module: string, cwd: string): object {
  const { properties, retries, backoff, timeout } = receiver
  return {
    name: nearName(nameOfPackage(join(cwd, 'package.json')) ?? '') ?? nearName(basename(cwd)) ?? 'guthega',
    sources: { source },
    processors: {
      [processor]: {
        ...{ receiver: receiverPath(module, files), properties },
        ...{ ...RETRIES, ...(retries !== undefined && { retries }), ...(backoff !== undefined && { backoff }) },
        ...(timeout !== undefined && { timeout }),
      },
    },
  }
}

/** Paths are relative to the file of the receiver. */
function receiverPath(module: string, { receiver }: ConfigFiles): string {
  return isPath(module) ? resolve(dirname(receiver), module) : module
}

/** Says where a problem of that topology stands in its files. */
export function inConfigs(problem: Problem, { files, processor }: Configs, cwd: string): Problem {
  const [source, receiver] = [shown(files.source, cwd), shown(files.receiver, cwd)]
  const what = problem.what.replace(` (${receiver})`, '')
  const where = problem.where
    .replace(/^sources\.source\./, `${source}: properties.`)
    .replace(
      new RegExp(`^processors(?:\\.${processor}|\\["${processor}"\\])(?:\\.receiver)?(?:$|\\.)`),
      `${receiver}: `,
    )
    .replace(/: $/, '')
  return { ...problem, what, where }
}
