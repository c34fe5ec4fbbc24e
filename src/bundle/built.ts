import { realpath } from 'node:fs/promises'
import { dirname, join, posix, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { catchImport } from '../code/import.ts'
import { packageFolder } from '../code/installed.ts'
import { remedyForMissing } from '../code/missing.ts'
import { packageOf } from '../code/packages.ts'
import { ARTIFACTS, fromArtifact, LACKING } from '../code/places.ts'
import { errorOf, type Problem } from '../errors.ts'
import type { GraphProcessor } from '../graph/graph.ts'
import { variablesOf } from '../graph/variables.ts'
import { currentLoading, followCurrent, type Loading, loadAs } from '../runtime/current.ts'
import { type EnvironmentOwner, openView, type Variables } from '../runtime/environment.ts'
import type { LoadedProcessor } from '../runtime/invocation.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Artifact } from './artifact.ts'
import { type BundleOptions, bundleProject } from './bundle.ts'
import { unpack } from './unpack.ts'
import { sizeProblems } from './variables.ts'
import type { ArtifactFiles } from './zip.ts'

/** Processors out of their artifacts. */
export interface BuiltProcessors {
  readonly processors: ReadonlyMap<string, LoadedProcessor>
  /** Files that their code will not find when deployed. */
  readonly warnings: readonly Problem[]
  /**
   * Restores the environment of the process. May be called again. The unpacked files stay: a thread that a package started may
   * still load them.
   */
  close(): void
  /**
   * Until the returned function is called, `owner.env` is that of these processors where others that are loaded have the same
   * names.
   */
  lend(): () => void
}

/** The project to load. */
export interface BuiltOptions extends BundleOptions {
  /** Makes a folder that is removed when the process has ended. */
  readonly temporaryFolder: () => string
  /** Returns the stack of what code threw, as its user should see it. */
  readonly stackOf: (error: unknown) => string | undefined
}

/** Variables that Lambda sets, as far as local code needs them; credentials are those of the user. */
const PLATFORM = [
  ...['PATH', 'HOME', 'LANG', 'TZ', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_ENDPOINT_URL', 'AWS_CA_BUNDLE'],
]

/**
 * Loads each processor from the artifact that a deploy would upload, with separate modules and a separate environment:
 * the variables that `environment` declares, and those that Lambda sets. From then on, `owner.env` is the environment
 * of the processor whose code reads it. Throws if the artifacts cannot be made or loaded.
 */
export async function loadBuilt(options: BuiltOptions, owner: EnvironmentOwner): Promise<BuiltProcessors> {
  const { artifacts, problems: found } = await bundleProject(options)
  const problems = [...sizeProblems(options.graph, options.env), ...found]
  if (problems.some(({ severity }) => severity === 'error')) throw errorOf(problems)
  const made = await realpath(options.temporaryFolder())
  const folder = join(made, ARTIFACTS)
  const environments = new Map(
    options.graph.processors.map((processor) => [processor.name, environmentOf(processor, options.env)]),
  )
  const lent = lendEnvironments(owner, environments)
  try {
    const processors = new Map<string, LoadedProcessor>()
    const failures: Problem[] = []
    for (const [name, artifact] of artifacts) {
      const place = { folder: join(folder, name), options }
      const loaded = await catchImport(() => loadAs(loadingOf(name), () => load(name, artifact, place)))
      if (loaded.kind === 'imported') processors.set(name, loaded.value)
      else
        failures.push(
          loadFailure(name, loaded.error, { folder: made, dir: dirname(options.file), stackOf: options.stackOf }),
        )
    }
    if (failures.length > 0) throw errorOf(failures)
    const lend = () => lendEnvironments(owner, environments).close
    return { processors, warnings: problems, close: lent.close, lend }
  } catch (error) {
    lent.close()
    throw error
  }
}

interface LoadOptions {
  readonly folder: string
  readonly options: BundleOptions
}

async function load(name: string, { files }: Artifact, { folder, options }: LoadOptions): Promise<LoadedProcessor> {
  await unpack(mappedToSources(files, options.file), folder)
  const artifact: { load(name: string): LoadedProcessor | Promise<LoadedProcessor> } = await import(
    pathToFileURL(join(folder, 'index.mjs')).href
  )
  return artifact.load(name)
}

/** Points source maps to the sources themselves, so that stacks show the same positions as without a bundle. */
function mappedToSources(files: ArtifactFiles, topology: string): ArtifactFiles {
  const mapped = [...files].map(
    ([path, file]): [string, ArtifactFiles extends ReadonlyMap<string, infer F> ? F : never] => {
      if (!/\.[cm]js\.map$/.test(path)) return [path, file]
      const map: { readonly sources: readonly string[] } = JSON.parse(Buffer.from(file.contents).toString())
      const place = posix.dirname(path).replaceAll(/(^|\/)_up(?=\/|$)/g, '$1..')
      const sources = map.sources.map((source) => pathToFileURL(resolve(topology, '..', place, source)).href)
      return [path, { ...file, contents: Buffer.from(JSON.stringify({ ...map, sources })) }]
    },
  )
  return new Map(mapped)
}

function environmentOf(processor: GraphProcessor, env: Readonly<Variables>): Variables {
  const platform = PLATFORM.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  const own = { AWS_LAMBDA_FUNCTION_NAME: processor.name, ...variablesOf(processor, env) }
  return { ...Object.fromEntries(platform), ...own }
}

/** Has the environment be that of the processor whose code uses it. */
function lendEnvironments(owner: EnvironmentOwner, environments: ReadonlyMap<string, Variables>) {
  const current = followCurrent()
  const name = () => currentLoading()?.processors[0] ?? current.get()?.processor
  return openView(owner, { variables: () => environments.get(name() ?? '') })
}

function loadingOf(name: string): Loading {
  return { processors: [name], isShared: false }
}

interface FailureOptions extends Pick<BuiltOptions, 'stackOf'> {
  /** The folder of all artifacts. */
  readonly folder: string
  /** The topology's folder. */
  readonly dir: string
}

function loadFailure(name: string, error: unknown, { folder, dir, stackOf }: FailureOptions): Problem {
  const stack = stackOf(error)
  const { message, code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  const [said] = fromArtifact(message)
    .replaceAll(folder + sep, '')
    .split('\nRequire stack:')
  const missing = /^Cannot find (?:module|package) '([^'./#][^']*)'/.exec(said!)?.[1]
  const isInstalled = missing === undefined || packageFolder(dir, packageOf(missing)) !== undefined
  const isLacking = code === 'ENOENT' ? path?.startsWith(folder + sep) : code?.endsWith('MODULE_NOT_FOUND')
  return {
    code: 'PROCESSOR_LOAD_FAILED',
    severity: 'error',
    where: placeOfProcessor(name),
    what: `its artifact failed while it was loaded: ${said}`,
    remedy: !isInstalled
      ? remedyForMissing(missing, dir)
      : isLacking
        ? LACKING
        : 'Correct the code that threw. It sees only the variables that environment declares.',
    ...(stack !== undefined && { stack: fromArtifact(stack) }),
  }
}
