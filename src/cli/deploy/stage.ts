import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Scope } from '../../aws/names.ts'
import type { Account } from '../../clouds/aws/kind.ts'
import type { Aws } from '../../clouds/aws/open.ts'
import { AttakError, errorOf, type Problem } from '../../errors.ts'
import { type InspectedProject, inspectProject, type Project } from '../../project/project.ts'
import type { Settings } from '../../project/settings.ts'
import { isName, NAME_RULE } from '../../topology/name.ts'
import { type Arguments, textOf } from '../command.ts'
import { type Hint, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { findProject, findSettings, type MeantProject, warn } from '../project.ts'
import { drawAddress, tellOrigins } from './origins.ts'

/** The stage that a command line means, with its project where there is one that loads. */
export interface NamedStage extends Pick<MeantProject, 'settings' | 'added' | 'given'> {
  readonly project?: Project
  readonly scope: Scope
  /** Why the project does not load. */
  readonly problems?: readonly Problem[]
  /** The folder that what is kept here of the stage is in: that of the topology, where there is one. */
  readonly dir: string
}

/** A project and the stage of it that a command line means. */
export interface MeantStage extends NamedStage {
  readonly project: Project
}

/** A stage, and the account it lives in. */
export interface Stage extends NamedStage {
  readonly aws: Aws
}

/** Loads the project of a command line. Its warnings are for who is about to run or deploy it. Throws all that is wrong with it. */
export async function loadStage(args: Arguments, host: Host): Promise<MeantStage> {
  const found = await findProject(args, host)
  const { project, problems } = await inspect(found, host)
  if (project === undefined) throw errorOf(problems)
  return stageOf(found, project)
}

/**
 * Finds out which stage a command line means, for commands that work on what is live. With `--name` no project is loaded.
 * Without it the project is loaded for its name; what is wrong with it is a warning, as long as the name is known. Throws
 * USAGE where it is not.
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
 * Finds out which topology's files in a folder a command line means, like {@link nameStage}. `namesIn` returns the topologies
 * that have files in the folder. If the project does not load and its name is unknown, the only one of them is meant.
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
  throw new AttakError('USAGE', NAMELESS, `Give it by --name. Here are ${names.join(', ')}.`)
}

const NAMELESS = 'the project does not load, so the name of its topology is not known'

async function stageNamed(name: string, args: Arguments, host: Host): Promise<NamedStage> {
  if (!isName(name)) throw new AttakError('USAGE', `--name: the name ${JSON.stringify(name)} must ${NAME_RULE}`, LISTED)
  return withoutProject(await findSettings(args, host), name)
}

/** What is wrong with a project that need not load is a warning. */
function warnOf({ problems }: InspectedProject, host: Host): void {
  warn(
    problems.map((problem) => ({ ...problem, severity: 'warning' })),
    host,
  )
}

const LISTED = 'Give it by --name; attak status --all lists what is live.'

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

/** Opens the account of a stage, runs `use` with it and closes it again. */
export async function withAws<Given>(
  { settings, added, given }: Pick<NamedStage, 'settings' | 'added' | 'given'>,
  host: Host,
  use: (aws: Aws) => Promise<Given>,
): Promise<Given> {
  tellOrigins({ settings, added }, host)
  const { openAws } = await import('../../clouds/aws/open.ts')
  const { region, profile, endpoint } = settings
  const ca = caOf(host)
  await checkProfile(settings, host)
  const aws = await openAws(
    {
      ...(region.value !== undefined && { region: region.value }),
      ...(profile.value !== undefined && { profile: profile.value }),
      ...(endpoint.value !== undefined && { endpoint: endpoint.value }),
      ...(ca !== undefined && { ca }),
    },
    host.now,
  ).catch((error: unknown) => {
    throw sayEndpoint(profile.value === undefined ? sayMissingHalf(error, host) : error, settings)
  })
  try {
    return await use(aws)
  } catch (error) {
    throw sayEndpoint(placed(error, hintOf(given)), settings)
  } finally {
    aws.close()
  }
}

/** An emulator takes any credentials, and an endpoint that a flag gave is no variable. */
function sayEndpoint(error: unknown, { endpoint }: Settings): unknown {
  if (!(error instanceof AttakError) || endpoint.value === undefined || error.problems.length > 0) return error
  const { code, message, cause } = error
  const any = 'An emulator takes any: set AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test. '
  const text = `${code === 'CREDENTIALS_MISSING' ? any : ''}${error.remedy}`
  const remedy = endpoint.origin === 'flag' ? text.replace(/AWS_ENDPOINT_URL(?: if it is set)?/, '--endpoint') : text
  return remedy === error.remedy ? error : new AttakError(code, message, remedy, { cause })
}

/** A remedy of what talks to AWS names commands, and does not know how the command line named the stage. */
function placed(error: unknown, hint: Hint): unknown {
  if (!(error instanceof AttakError) || error.code !== 'NOT_DEPLOYED') return error
  const remedy = error.remedy.replace(/\battak (deploy|status)\b/g, (_, command: string) => hint(command))
  return new AttakError(error.code, error.message, remedy, { cause: error })
}

/** Makes sure that the profile exists, and says so where its own `endpoint_url` leads calls elsewhere. */
async function checkProfile({ profile, endpoint }: Settings, host: Host): Promise<void> {
  const { profileEndpoint, requireProfile } = await import('../../clouds/aws/profile.ts')
  if (profile.value !== undefined) await requireProfile(profile.value, host.env)
  const found = endpoint.value === undefined ? await profileEndpoint(profile.value, host.env) : undefined
  if (found === undefined) return
  const where = `endpoint_url of the profile ${JSON.stringify(found.profile)} in ${found.file}`
  host.err.write(`AWS calls go to ${drawAddress(found.url)} (${where}).\n`)
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const

/** Who has set one of the two has no credentials, and is told which one is missing. */
function sayMissingHalf(error: unknown, { env }: Host): unknown {
  const set = KEYS.filter((name) => env[name] !== undefined && env[name] !== '')
  if (!(error instanceof AttakError) || error.code !== 'CREDENTIALS_MISSING' || set.length !== 1) return error
  const missing = KEYS.find((name) => !set.includes(name))
  const what = `there are no AWS credentials: ${set[0]} is set, and ${missing} is not`
  return new AttakError('CREDENTIALS_MISSING', what, `Set ${missing} too.`, { cause: error })
}

/** What reading a stage works with; nothing that is only known while deploying. */
export function accountOf(
  { scope }: Pick<NamedStage, 'scope'>,
  aws: Aws,
): Pick<Account, 'scope' | 'place' | 'clients'> {
  const { place, clients } = aws
  return { scope, place, clients }
}

/** `hello (dev) in eu-west-1 of account 123456789012`: where a command works, for its first line. */
export function drawPlace({ scope }: Pick<NamedStage, 'scope'>, { place }: Pick<Aws, 'place'>): string {
  return `${scope.topology} (${scope.stage}) in ${place.region} of account ${place.account}`
}

function caOf({ env }: Host): string | undefined {
  const file = env.AWS_CA_BUNDLE
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const what = `AWS_CA_BUNDLE: ${file} cannot be read`
    throw new AttakError('USAGE', what, 'Give the path of a file with certificates in PEM, or unset it.', { cause })
  }
}
