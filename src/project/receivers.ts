import { isAbsolute, relative } from 'node:path'
import { packageOf } from '../code/packages.ts'
import { nearest, type Problem } from '../errors.ts'
import { propertyProblems } from '../receivers/receiver.ts'
import { OWN, ownReceiver, RECEIVERS } from '../receivers/table.ts'
import type { LoadedProcessor } from '../runtime/invocation.ts'
import { factoryIn, receiverHandler } from '../runtime/receiver.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { HandlerSource, TopologyProcessor } from '../topology/topology.ts'
import { loadClient, packageFile } from './client.ts'
import { fileAt } from './file-at.ts'
import type { LoadedModule } from './load.ts'
import { isModule } from './modules.ts'
import { loadProblems } from './problems.ts'

/** A receiver as a topology names it. */
type ReceiverSource = Extract<HandlerSource, { readonly kind: 'receiver' }>

/** Whether a receiver is named by a path, and not as a package. */
export function isPath(module: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)/.test(module) || isAbsolute(module)
}

/** Returns the file of a receiver; undefined if it is one of attak's own, or is not there. */
export function receiverFile(module: string, dir: string): string | undefined {
  if (ownReceiver(module) !== undefined) return undefined
  const file = isPath(module) ? fileAt(module, dir) : packageFile(dir, module)
  return file !== undefined && isModule(file) ? file : undefined
}

interface FindParts {
  /** The processor. */
  readonly where: string
  readonly modules: ReadonlyMap<string, LoadedModule>
  readonly dir: string
  readonly cwd: string
}

/** Returns the handler of a receiver, or why there is none. Its factory is not called. */
export function findReceiver(
  source: ReceiverSource,
  { where, modules, dir, cwd }: FindParts,
): Pick<LoadedProcessor, 'handler' | 'teardown'> | { readonly problems: readonly Problem[] } {
  const { module, properties } = source
  const client = (name: string) => loadClient(dir, name, `the receiver "${module}"`)
  const own = ownReceiver(module)
  if (own !== undefined) {
    const load = Object.hasOwn(RECEIVERS, own) ? RECEIVERS[own]?.load : undefined
    return load === undefined
      ? { problems: [unknown(own, where)] }
      : receiverHandler({ module, properties, load, client })
  }
  const file = receiverFile(module, dir)
  const loaded = file === undefined ? undefined : modules.get(file)
  if (file === undefined || loaded === undefined) return { problems: [notFound(module, where, dir)] }
  if (loaded.kind !== 'loaded') {
    return { problems: loadProblems(loaded, { code: 'PROCESSOR_LOAD_FAILED', where, file, cwd }) }
  }
  const factory = factoryIn(loaded.exports)
  if (factory === undefined) return { problems: [noFactory(relative(dir, file), where)] }
  return receiverHandler({ module, properties, load: () => factory, client })
}

/** Returns what is wrong with the properties of attak's own receivers. */
export async function propertyFaults(processors: readonly TopologyProcessor[]): Promise<readonly Problem[]> {
  const found = processors.map(async ({ name, source }) => {
    const own = source.kind === 'receiver' ? ownReceiver(source.module) : undefined
    if (source.kind !== 'receiver' || own === undefined || !Object.hasOwn(RECEIVERS, own)) return []
    return propertyProblems(await RECEIVERS[own]!.load(), source.properties, `${placeOfProcessor(name)}.properties`)
  })
  return (await Promise.all(found)).flat()
}

function unknown(own: string, where: string): Problem {
  const names = Object.keys(RECEIVERS)
  const near = nearest(own, names)
  return {
    ...{ code: 'PROCESSOR_NOT_FOUND', severity: 'error', where: `${where}.receiver` },
    what: `attak has no receiver "${own}"`,
    remedy: near === undefined ? `It has ${names.join(', ')}.` : `Did you mean "${OWN}${near}"?`,
  }
}

function notFound(module: string, where: string, dir: string): Problem {
  const place = { code: 'PROCESSOR_NOT_FOUND', severity: 'error', where: `${where}.receiver` } as const
  if (isPath(module)) {
    const remedy = "Create that file, or correct the path; it is relative to the topology's file."
    return { ...place, what: `there is no module "${module}"`, remedy }
  }
  const near = nearest(module, Object.keys(RECEIVERS))
  const remedy =
    fileAt(`./${module}`, dir) !== undefined
      ? `Did you mean "./${module}"? A path begins with ./ or /.`
      : near !== undefined
        ? `Did you mean "${OWN}${near}"?`
        : `Run npm install ${packageOf(module)} in the folder of the project.`
  return { ...place, what: `the package "${module}" is not installed`, remedy }
}

function noFactory(file: string, where: string): Problem {
  return {
    ...{ code: 'RECEIVER_INVALID', severity: 'error', where: `${where}.receiver` },
    what: `${file} exports no factory as default`,
    remedy: 'Write export default ({ log, config }) => async (message, context) => { … } there.',
  }
}
