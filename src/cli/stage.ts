import { dirname } from 'node:path'
import type { Cloud, CloudAccount, CloudStage, SignIn, StageName } from '../deploy/cloud.ts'
import { AttakError, errorOf, type Problem } from '../errors.ts'
import { type InspectedProject, inspectProject, type Project } from '../project/project.ts'
import type { Settings } from '../project/settings.ts'
import { isName, NAME_RULE } from '../topology/name.ts'
import { loadCloud } from './cloud.ts'
import { type Arguments, textOf } from './command.ts'
import { type Hint, hintOf } from './hint.ts'
import type { Host } from './host.ts'
import { awaitCode, MODULES } from './loading.ts'
import { findProject, findSettings, type MeantProject, warn } from './project.ts'
import { slowLine } from './slow.ts'

/** The stage that a command line selects, with its project if that loads. */
export interface NamedStage extends Pick<MeantProject, 'settings' | 'added' | 'given'> {
  readonly project?: Project
  readonly scope: StageName
  /** Why the project does not load. */
  readonly problems?: readonly Problem[]
  /** The folder of the stage's local files: the topology's folder, if there is one. */
  readonly dir: string
}

/** A project and the stage that a command line selects. */
export interface MeantStage extends NamedStage {
  readonly project: Project
}

/** A stage in the account that it lives in. */
export interface LiveStage {
  readonly live: CloudStage
  /** `hello (dev) in eu-west-1 of account 123456789012`: where a command works, for its first line. */
  readonly place: string
  /** The account for programs. */
  readonly facts: CloudAccount['facts']
}

/** Loads the project of a command line. Commands that run or deploy it print its warnings. Throws all its problems. */
export async function loadStage(args: Arguments, host: Host): Promise<MeantStage> {
  const found = await findProject(args, host)
  const { project, problems } = await inspect(found, host)
  if (project === undefined) throw errorOf(problems)
  // A deployed topology keeps its name, even if its package is renamed.
  const unnamed = problems.filter(({ code }) => code === 'TOPOLOGY_UNNAMED')
  if (unnamed.length > 0) throw errorOf(unnamed.map((problem) => ({ ...problem, severity: 'error' })))
  return stageOf(found, project)
}

/**
 * Finds the stage that a command line selects, for commands on live stages. With `--name` no project is loaded.
 * Otherwise the project is loaded for its name. Its problems are warnings, as long as the name is known; otherwise
 * throws USAGE.
 */
export async function nameStage(args: Arguments, host: Host): Promise<NamedStage> {
  const name = textOf(args, 'name')
  if (name !== undefined) return stageNamed(name, args, host)
  const found = await findProject(args, host)
  const inspected = await inspect(found, host)
  if (inspected.project !== undefined) return stageOf(found, inspected.project)
  warnOf(inspected, host)
  if (inspected.name !== undefined) return withoutProject(found, inspected.name)
  throw new AttakError('USAGE', NAMELESS, LISTED)
}

/**
 * Finds the topology whose files in a folder a command line selects, like {@link nameStage}. `namesIn` returns the
 * topologies that have files in the folder. If the project does not load and its name is unknown, the only one of them
 * is used.
 */
export async function nameKept(
  args: Arguments,
  host: Host,
  namesIn: (dir: string) => readonly string[],
): Promise<NamedStage> {
  const name = textOf(args, 'name')
  if (name !== undefined) return stageNamed(name, args, host)
  const found = await findSettings(args, host)
  const inspected = await inspect({ ...found, file: args.positionals[0] }, host)
  if (inspected.project !== undefined) return stageOf(found, inspected.project)
  const names = inspected.name === undefined ? namesIn(dirname(found.file)) : [inspected.name]
  const [meant] = names
  if (meant === undefined) throw errorOf(inspected.problems)
  warnOf(inspected, host)
  if (names.length === 1) return { ...withoutProject(found, meant), problems: inspected.problems }
  throw new AttakError('USAGE', NAMELESS, `Give it with --name. The names in this folder are ${names.join(', ')}.`)
}

const NAMELESS = 'the project does not load, so the name of its topology is not known'

async function stageNamed(name: string, args: Arguments, host: Host): Promise<NamedStage> {
  if (!isName(name)) throw new AttakError('USAGE', `--name: the name ${JSON.stringify(name)} must ${NAME_RULE}`, LISTED)
  return withoutProject(await findSettings(args, host), name)
}

/** Prints the problems of a project that need not load as warnings. */
function warnOf({ problems }: InspectedProject, host: Host): void {
  warn(
    problems.map((problem) => ({ ...problem, severity: 'warning' })),
    host,
  )
}

const LISTED = 'Give it with --name; attak status --all lists what is deployed.'

function inspect(
  { file, settings }: { readonly file: string | undefined; readonly settings: Settings },
  host: Host,
): Promise<InspectedProject> {
  const { cwd, temporaryFolder } = host
  return awaitCode({ who: MODULES, file: file ?? cwd }, host, () =>
    inspectProject(file, { cwd, stage: settings.stage.value, temporaryFolder, lend: host.lendVariables }),
  )
}

function stageOf({ settings, added, given }: MeantProject, project: Project): MeantStage {
  const scope = { topology: project.graph.name, stage: settings.stage.value }
  return { project, settings, added, given, scope, dir: project.dir }
}

function withoutProject({ settings, added, given, file }: MeantProject, topology: string): NamedStage {
  return { settings, added, given, scope: { topology, stage: settings.stage.value }, dir: dirname(file) }
}

/** Returns the arguments of signing in for a command line. */
export function signInOf({ settings, added }: Pick<NamedStage, 'settings' | 'added'>, host: Host): SignIn {
  const { env, now } = host
  const begin = slowLine(host)
  return {
    ...{ settings, added, env, now, tell: (sentence) => host.err.tell(`${sentence}\n`) },
    onCall: (name) => begin(`waiting for an answer to ${name}`),
  }
}

/** The command lines for which this was printed already. */
const told = new WeakSet<Host>()

/**
 * Prints once per command line how files of the project change the address or the signer of cloud calls. So users of a
 * foreign project see that before the first call. Returns the cloud.
 */
export async function tellOrigins(stage: Pick<NamedStage, 'settings' | 'added'>, host: Host): Promise<Cloud> {
  const cloud = await loadCloud()
  const origins = told.has(host) ? undefined : cloud.originsOf(stage)
  told.add(host)
  if (origins !== undefined) host.err.tell(`${origins}\n`)
  return cloud
}

/** Opens the account of a command line, runs `use` with it and closes it again. */
export async function withAccount<Given>(
  stage: Pick<NamedStage, 'settings' | 'added' | 'given'>,
  host: Host,
  use: (account: CloudAccount) => Promise<Given>,
): Promise<Given> {
  const cloud = await tellOrigins(stage, host)
  const account = await cloud.signIn(signInOf(stage, host))
  try {
    return await use(account)
  } catch (error) {
    throw account.explain(placed(error, hintOf(stage.given)))
  } finally {
    account.close()
  }
}

/** Opens a stage in its account, runs `use` with it and closes the account again. */
export function withLive<Given>(
  stage: NamedStage,
  host: Host,
  use: (live: LiveStage) => Promise<Given>,
): Promise<Given> {
  return withAccount(stage, host, (account) =>
    use({
      live: account.openStage(stage.scope, stage.project?.graph),
      ...{ place: drawPlace(stage, account), facts: account.facts },
    }),
  )
}

/** A remedy of a cloud names commands, and does not know how the command line named the stage. */
function placed(error: unknown, hint: Hint): unknown {
  if (!(error instanceof AttakError) || error.code !== 'NOT_DEPLOYED') return error
  const remedy = error.remedy.replace(/\battak (deploy|status)\b/g, (_, command: string) => hint(command))
  return new AttakError(error.code, error.message, remedy, { cause: error })
}

/** Returns where a stage lives, for people: see {@link LiveStage}. */
export function drawPlace({ scope }: Pick<NamedStage, 'scope'>, { place }: Pick<CloudAccount, 'place'>): string {
  return `${scope.topology} (${scope.stage}) in ${place}`
}

/** Returns the names of the processors of a project. */
export function processorsOf({ graph }: Pick<Project, 'graph'>): readonly string[] {
  return graph.processors.map(({ name }) => name)
}
