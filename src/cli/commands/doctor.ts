import type { Finding } from '../../clouds/aws/doctor.ts'
import { AttakError } from '../../errors.ts'
import { type Colors, colorsOf, drawJsonLine, hang } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, PATH_ARGUMENT, textOf } from '../command.ts'
import { graphOfLive } from '../deploy/live.ts'
import { type NamedStage, nameKept, withAws } from '../deploy/stage.ts'
import { hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { NAME_OPTION, STAGE_OPTIONS } from '../options.ts'

/** Looks at all that a deploy needs, and says what is missing. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'say what deploying needs: what is there, what is missing',
  arguments: [PATH_ARGUMENT],
  options: [NAME_OPTION, ...STAGE_OPTIONS, JSON_OPTION],
  notes: 'Reads only. Exits with 1 when something is missing.',
  examples: ['attak doctor', 'attak doctor --profile work --region eu-west-1', 'attak doctor --json'],
  async run(args, host) {
    // No resource of the topology is looked at, so that any name will do.
    const stage = await nameKept(args, host, () => ['unknown'])
    const missing = await missingProfile(stage, host)
    const findings = [
      ...projectOf(stage, args),
      ...settingsOf(stage, missing),
      ...(await variablesOf(stage, host)),
      ...(missing === undefined ? await examineAccount(stage, host) : regionOf(stage)),
    ]
    const fine = findings.every(({ state }) => state !== 'wrong')
    host.out.write(flagOf(args, 'json') ? drawJsonLine({ ok: fine, findings }) : draw(findings, colorsOf(host.out)))
    return fine ? 0 : 1
  },
}

/** A project that does not load keeps a deploy from starting, unless the user asks about a name alone. */
function projectOf({ project, given, problems = [] }: NamedStage, args: Arguments): readonly Finding[] {
  if (project !== undefined || textOf(args, 'name') !== undefined) return []
  const first = problems.find(({ severity }) => severity === 'error')
  const why = first === undefined ? '' : `: ${first.what.split('\n', 1)[0]}`
  const what = `${first?.where ?? 'it'} does not load${why}`
  return [{ about: 'project', state: 'wrong', what, remedy: `Fix what ${hintOf(given)('check')} reports.` }]
}

/** Why the profile that was given is none; undefined where it is one, or none was given. */
async function missingProfile({ settings }: NamedStage, { env }: Host): Promise<AttakError | undefined> {
  const { value } = settings.profile
  if (value === undefined) return undefined
  const { requireProfile } = await import('../../clouds/aws/profile.ts')
  return requireProfile(value, env).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof AttakError) return error
      throw error
    },
  )
}

/** Without its profile an account cannot be asked; that no region is set either shows all the same. */
function regionOf({ settings }: NamedStage): readonly Finding[] {
  if (settings.region.value !== undefined) return []
  const remedy = 'Set AWS_REGION, for example to eu-west-1, or pass --region.'
  return [{ about: 'region', state: 'wrong', what: 'no AWS region is set', remedy }]
}

/** What was given, and where: half of what goes wrong is a value that comes from somewhere else than one thinks. */
function settingsOf({ settings }: NamedStage, missing: AttakError | undefined): readonly Finding[] {
  const { region, profile, endpoint, role } = settings
  return Object.entries({ region, profile, endpoint, role }).flatMap(
    ([about, { value, origin }]): readonly Finding[] => {
      if (value === undefined) return []
      if (about === 'profile' && missing !== undefined)
        return [{ about, state: 'wrong', what: missing.message, remedy: missing.remedy }]
      return [{ about, state: 'fine', what: `${value} (from ${origin})` }]
    },
  )
}

/** Whether the variables are set that functions are to have. */
async function variablesOf({ project }: NamedStage, { env }: Host): Promise<readonly Finding[]> {
  if (project === undefined) return []
  const { checkVariables } = await import('../../bundle/variables.ts')
  const problems = checkVariables(project.graph, env)
  const named = project.graph.processors.some(({ environment }) => Object.keys(environment).length > 0)
  if (named && problems.length === 0)
    return [{ about: 'variables', state: 'fine', what: 'all that functions are to have' }]
  return problems.map(({ where, what, remedy }) => ({
    about: 'variables',
    state: 'wrong',
    what: `${where}: ${what}`,
    remedy,
  }))
}

async function examineAccount(stage: NamedStage, host: Host): Promise<readonly Finding[]> {
  try {
    return await withAws(stage, host, async (aws) => {
      const { examine } = await import('../../clouds/aws/doctor.ts')
      const { place, identity } = aws
      const found = { region: place.region, credentials: `${identity}, of account ${place.account}` }
      const known = Object.entries(found).map(([about, what]) => ({ about, state: 'fine', what }) as const)
      const told = stage.settings.region.value === undefined ? known : known.slice(1)
      return [...told, ...(await examine(aws, stage.project?.graph ?? graphOfLive(stage.scope, [])))]
    })
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    const others = error.code === 'REGION_MISSING' ? await examineCredentials(stage, host) : []
    return [findingOf(error), ...others]
  }
}

/** Whose the credentials are, where no region is said yet: asked in one that AWS has for everyone. */
async function examineCredentials({ settings, added, given }: NamedStage, host: Host): Promise<readonly Finding[]> {
  const region = { ...settings.region, value: 'us-east-1' }
  try {
    return await withAws({ settings: { ...settings, region }, added, given }, host, async ({ identity, place }) => [
      { about: 'credentials', state: 'fine', what: `${identity}, of account ${place.account}` },
    ])
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    // Anything else may be for the region: those of China have accounts of their own.
    return error.code === 'CREDENTIALS_MISSING' ? [findingOf(error)] : []
  }
}

function findingOf({ code, message, remedy }: AttakError): Finding {
  return { about: ABOUT[code] ?? 'aws', state: 'wrong', what: message, remedy }
}

const ABOUT: Readonly<Record<string, string>> = {
  REGION_MISSING: 'region',
  CREDENTIALS_MISSING: 'credentials',
  CREDENTIALS_EXPIRED: 'credentials',
  CREDENTIALS_REFUSED: 'credentials',
  AWS_UNREACHABLE: 'endpoint',
}

function draw(findings: readonly Finding[], colors: Colors): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  const sign = { fine: colors.green('✓'), wrong: colors.red('✗'), unknown: colors.yellow('?') }
  return findings
    .map(({ about, state, what, remedy }) => {
      const line = `${sign[state]} ${colors.bold(about.padEnd(width))}  ${hang(what)}\n`
      return remedy === undefined ? line : `${line}${' '.repeat(width + 4)}${hang(remedy)}\n`
    })
    .join('')
}
