import { hang, jsonText } from '../../view/print.ts'
import { type Command, PATH_ARGUMENT, textOf } from '../command.ts'
import { knownProcessor, STAGE_OPTIONS } from '../options.ts'
import { settingOption } from '../project.ts'
import { loadStage, processorsOf, signInOf, tellOrigins } from '../stage.ts'

/** Prints policies as IAM takes them. */
export const policy: Command = {
  name: 'policy',
  summary: 'print the IAM policy for deploying, or for a processor',
  arguments: [PATH_ARGUMENT],
  options: [
    { flags: '--processor <name>', summary: 'the policy for the role of this processor, instead of for deploying' },
    ...STAGE_OPTIONS,
    settingOption('role'),
  ],
  notes: `Prints a policy as JSON, for this topology and stage only. Without credentials it holds for any account:
"*" stands for the account number.`,
  examples: ['attak policy > deployer.json', 'attak policy --stage production', 'attak policy --processor bill'],
  async run(args, host) {
    const stage = await loadStage(args, host)
    const { graph } = stage.project
    const name = textOf(args, 'processor')
    if (name !== undefined) knownProcessor(name, processorsOf(stage.project))
    const cloud = await tellOrigins(stage, host)
    const { policy: found, note } = await cloud.policy(signInOf(stage, host), graph, name)
    if (note !== undefined) host.err.tell(`${hang(note)}\n`)
    host.out.write(`${jsonText(found, 2)}\n`)
    return 0
  },
}
