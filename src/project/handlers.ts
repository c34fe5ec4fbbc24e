import { relative, resolve } from 'node:path'
import { nearest, type Problem } from '../errors.ts'
import type { LoadedProcessor } from '../runtime/invocation.ts'
import { type ExportedHandler, handlerIn, isClass, LIFECYCLE, pathInstead, SIGNATURES } from '../topology/exported.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { TopologyProcessor } from '../topology/topology.ts'
import { isObject, isPromise } from '../topology/user-code.ts'
import { fileAt } from './file-at.ts'
import { foreignBeside, foreignRemedy } from './foreign.ts'
import type { LoadedModule } from './load.ts'
import { isModule, neighboursOf } from './modules.ts'
import { loadProblems } from './problems.ts'
import { findReceiver, receiverFile } from './receivers.ts'

/** Processors with their code, and the problems of those without. */
export interface LoadedProcessors {
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  readonly problems: readonly Problem[]
}

/**
 * Returns the absolute file of a processor that is a module; undefined when it is inline, a receiver of
 * attak's own, or the file is not there. Its path is
 * relative to the topology's folder, else to the folder of its package.
 */
export function moduleOf({ source }: TopologyProcessor, dir: string): string | undefined {
  if (source.kind === 'receiver') return receiverFile(source.module, dir)
  const file = source.kind === 'module' ? fileAt(source.path, dir) : undefined
  return file !== undefined && isModule(file) ? file : undefined
}

/** Returns the file of each processor that is a module, absolute, by its name. */
export function modulesOf(processors: readonly TopologyProcessor[], dir: string): ReadonlyMap<string, string> {
  return new Map(
    processors.flatMap((processor) => {
      const module = moduleOf(processor, dir)
      return module === undefined ? [] : [[processor.name, module] as const]
    }),
  )
}

/** Finds the handler of each processor, inline or in its loaded module (`modules` is by file). */
export function findHandlers(
  processors: readonly TopologyProcessor[],
  modules: ReadonlyMap<string, LoadedModule>,
  { dir, cwd }: { readonly dir: string; readonly cwd: string },
): LoadedProcessors {
  const loaded = new Map<string, LoadedProcessor>()
  const problems: Problem[] = []
  for (const processor of processors) {
    const found = findHandler(processor, modules, { dir, cwd })
    if ('problems' in found) problems.push(...found.problems)
    else {
      const { name, input } = processor
      loaded.set(name, { name, ...found, ...(input && { input }) })
    }
  }
  return { processors: loaded, problems }
}

type Found = ExportedHandler | { readonly problems: readonly Problem[] }

function findHandler(
  { name, source, inFolder }: TopologyProcessor,
  modules: ReadonlyMap<string, LoadedModule>,
  { dir, cwd }: { readonly dir: string; readonly cwd: string },
): Found {
  if (source.kind === 'inline') {
    const { kind: _, ...found } = source
    return found
  }
  const where = placeOfProcessor(name)
  if (source.kind === 'receiver') return findReceiver(source, { where, modules, dir, cwd })
  const file = fileAt(source.path, dir)
  const module = file === undefined ? undefined : modules.get(file)
  if (file !== undefined && !isModule(file)) return { problems: [noModule(where, source.path)] }
  if (file === undefined || module === undefined)
    return { problems: [foreignProblem(where, source.path, dir) ?? notFound(where, source.path, dir)] }
  if (module.kind !== 'loaded') {
    return { problems: loadProblems(module, { code: 'PROCESSOR_LOAD_FAILED', where, file, cwd }) }
  }
  const place = { where, file: relative(dir, file), inFolder }
  const problems = lifecycleProblems(place, module.exports)
  if (problems.length > 0) return { problems }
  return handlerIn(module.exports) ?? { problems: [noHandler(place, module.exports)] }
}

/** Reports exports that have the names of functions but cannot be called, such as the promise that `setup()` returned. */
function lifecycleProblems({ where, file }: WithoutHandler, exported: unknown): readonly Problem[] {
  return LIFECYCLE.flatMap((name): Problem[] => {
    const value = isObject(exported) ? (exported as Readonly<Record<string, unknown>>)[name] : undefined
    if (value === undefined || (typeof value === 'function' && !isClass(value))) return []
    const kind = isPromise(value) ? 'a promise' : isClass(value) ? 'a class' : `of type ${typeof value}`
    const what = `${file} exports "${name}", which must be a function; it is ${kind}`
    const remedy = `Export a function: ${SIGNATURES[name]}. Give other exports another name.`
    return [{ code: 'TOPOLOGY_INVALID', severity: 'error', where, what, remedy }]
  })
}

const HELPER = ' If it is no processor, begin its name with _: then attak leaves it out.'

function noModule(where: string, path: string): Problem {
  return {
    ...{ code: 'PROCESSOR_NOT_FOUND', severity: 'error', where },
    what: `"${path}" is neither a JavaScript nor a TypeScript file`,
    remedy: foreignRemedy(path, 'processor') ?? 'Give the path of a module, with an ending such as .js or .ts.',
  }
}

function notFound(where: string, path: string, dir: string): Problem {
  const instead = pathInstead(path)
  const isThere = instead !== undefined && fileAt(instead.path, dir) !== undefined
  const meant = nearest(basenameOf(path), neighboursOf(resolve(dir, path)))
  const folder = path.slice(0, path.length - basenameOf(path).length)
  const remedy = isThere
    ? instead.remedy
    : meant === undefined
      ? "Create that file, or correct the path; it is relative to the topology's file."
      : `Did you mean "${folder}${meant}"? The path is relative to the topology's file.`
  return {
    code: 'PROCESSOR_NOT_FOUND',
    severity: 'error',
    where,
    what: `there is no module "${path}", with or without the ending of a JavaScript or TypeScript file`,
    remedy,
  }
}

/** Explains a file that is there and has another ending; undefined where there is none. */
function foreignProblem(where: string, path: string, dir: string): Problem | undefined {
  const other = foreignBeside(resolve(dir, path), 'processor')
  if (other === undefined) return undefined
  const given = `${path.slice(0, path.length - basenameOf(path).length)}${other}`
  const remedy = foreignRemedy(given, 'processor') ?? `Give the path with its ending: "${given}".`
  return {
    ...{ code: 'PROCESSOR_NOT_FOUND', severity: 'error', where },
    what: `there is no module "${path}"; "${given}" has an ending that attak does not look for`,
    remedy,
  }
}

function basenameOf(path: string): string {
  return /[^/\\]*[/\\]?$/.exec(path)![0]
}

interface WithoutHandler {
  readonly where: string
  readonly file: string
  readonly inFolder: true | undefined
}

function noHandler({ where, file, inFolder }: WithoutHandler, exported: unknown): Problem {
  const names = isObject(exported) ? Object.keys(exported).filter((name) => name !== 'module.exports') : []
  const classes = isObject(exported) && Object.values(exported).some(isClass)
  const exportsText = names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ')
  return {
    code: 'PROCESSOR_NO_HANDLER',
    severity: 'error',
    where,
    what: `${file} exports no handler; it exports ${exportsText}`,
    remedy: classes
      ? 'A class cannot be called: export an instance of it, as default.'
      : `Export a function named "handler", or a function as default.${inFolder ? HELPER : ''}`,
  }
}
