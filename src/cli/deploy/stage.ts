import { readFileSync } from 'node:fs'
import type { Scope } from '../../aws/names.ts'
import { AttakError, errorOf } from '../../errors.ts'
import { inspectProject, type Project } from '../../project/project.ts'
import type { Settings } from '../../project/settings.ts'
import type { Account } from '../../providers/aws/kind.ts'
import type { Aws } from '../../providers/aws/open.ts'
import type { Arguments } from '../command.ts'
import type { Host } from '../host.ts'
import { awaitCode, findProject, MODULES } from '../project.ts'

/** A project and the stage of it that a command line means. */
export interface MeantStage {
  readonly project: Project
  readonly settings: Settings
  readonly scope: Scope
}

/** The same, and the account it lives in. */
export interface Stage extends MeantStage {
  readonly aws: Aws
}

/** Loads the project of a command line. Its warnings are for who is about to run or deploy it. Throws all that is wrong with it. */
export async function loadStage(args: Arguments, host: Host): Promise<MeantStage> {
  const { file, settings } = await findProject(args, host)
  const stage = settings.stage.value
  const { project, problems } = await awaitCode(MODULES, host, () => inspectProject(file, { cwd: host.cwd, stage }))
  if (project === undefined) throw errorOf(problems)
  return { project, settings, scope: { topology: project.graph.name, stage } }
}

/** Opens the account of a stage, runs `use` with it and closes it again. */
export async function withAws<Given>(
  { settings }: Pick<MeantStage, 'settings'>,
  host: Host,
  use: (aws: Aws) => Promise<Given>,
): Promise<Given> {
  const { openAws } = await import('../../providers/aws/open.ts')
  const { region, profile, endpoint } = settings
  const ca = caOf(host)
  const aws = await openAws(
    {
      ...(region.value !== undefined && { region: region.value }),
      ...(profile.value !== undefined && { profile: profile.value }),
      ...(endpoint.value !== undefined && { endpoint: endpoint.value }),
      ...(ca !== undefined && { ca }),
    },
    host.now,
  ).catch((error: unknown) => {
    throw profile.value === undefined ? sayMissingHalf(error, host) : error
  })
  try {
    return await use(aws)
  } finally {
    aws.close()
  }
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
  { scope }: Pick<MeantStage, 'scope'>,
  aws: Aws,
): Pick<Account, 'scope' | 'place' | 'clients'> {
  const { place, clients } = aws
  return { scope, place, clients }
}

/** `hello (dev) in eu-west-1 of account 123456789012`: where a command works, for its first line. */
export function drawPlace({ scope }: Pick<MeantStage, 'scope'>, { place }: Pick<Aws, 'place'>): string {
  return `${scope.topology} (${scope.stage}) in ${place.region} of account ${place.account}`
}

/** What a hint to another command has behind it to mean the same stage: ` --stage prod`, and nothing for the usual one. */
export function stageFlag({ scope }: Pick<MeantStage, 'scope'>): string {
  return scope.stage === 'dev' ? '' : ` --stage ${scope.stage}`
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
