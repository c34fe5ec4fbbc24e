import type { Place } from '../../aws/names.ts'
import { AttakError } from '../../errors.ts'
import { hang, jsonText } from '../../view/print.ts'
import { type Command, PATH_ARGUMENT, textOf } from '../command.ts'
import { loadStage, type MeantStage, withAws } from '../deploy/stage.ts'
import type { Host } from '../host.ts'
import { knownProcessor, STAGE_OPTIONS } from '../options.ts'
import { settingOption } from '../project.ts'

/** Prints policies as IAM takes them. */
export const policy: Command = {
  name: 'policy',
  summary: 'print the IAM policy for deploying, or for a processor',
  arguments: [PATH_ARGUMENT],
  options: [
    { flags: '--processor <name>', summary: "the policy of this processor's role, instead of the deployer's" },
    ...STAGE_OPTIONS,
    settingOption('role', 'arn'),
  ],
  notes: `Prints JSON, as IAM takes it, for this topology and stage alone. Without credentials it is for any
account: "*" stands where the account's number would.`,
  examples: ['attak policy > deployer.json', 'attak policy --stage production', 'attak policy --processor bill'],
  async run(args, host) {
    const stage = await loadStage(args, host)
    const { graph } = stage.project
    const name = textOf(args, 'processor')
    if (name !== undefined) knownProcessor(name, graph)
    const place = await placeOf(stage, host)
    const { deployerPolicy, processorPolicies } = await import('../../clouds/aws/policies.ts')
    const found =
      name === undefined
        ? deployerPolicy(graph, place, stage.settings.role.value)
        : processorPolicies(graph, place)[name]
    host.out.write(`${jsonText(found, 2)}\n`)
    return 0
  },
}

/** Where it will be deployed to, as far as that is known here: whoever grants permissions need not be who has any. */
async function placeOf(stage: MeantStage, host: Host): Promise<Place> {
  try {
    return await withAws(stage, host, async ({ place }) => place)
  } catch (error) {
    if (!(error instanceof AttakError && UNKNOWN.has(error.code))) throw error
    const { anyPlace } = await import('../../clouds/aws/open.ts')
    const place = await anyPlace(stage.settings.region.value, stage.settings.profile.value)
    const where = place.region === '*' ? 'any region of any account' : `region ${place.region} of any account`
    host.err.write(`For ${where}: ${hang(error.message)}.\n`)
    return place
  }
}

const UNKNOWN: ReadonlySet<string> = new Set([
  ...['CREDENTIALS_MISSING', 'CREDENTIALS_EXPIRED', 'CREDENTIALS_REFUSED', 'REGION_MISSING', 'AWS_UNREACHABLE'],
])
