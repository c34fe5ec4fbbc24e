import { AttakError, nearest } from '../../errors.ts'
import { type Command, PATH_ARGUMENT, textOf } from '../command.ts'
import { STAGE_OPTIONS } from '../deploy/options.ts'
import { loadStage, withAws } from '../deploy/stage.ts'

/** Prints policies as IAM takes them. */
export const policy: Command = {
  name: 'policy',
  summary: 'print the IAM policy for deploying, or for a processor',
  arguments: [PATH_ARGUMENT],
  options: [
    ...STAGE_OPTIONS,
    { flags: '--processor <name>', summary: "the policy of this processor's role, instead of the deployer's" },
  ],
  notes:
    'Prints JSON, as IAM takes it, for this topology and stage alone. Needs credentials that may say whose they are.',
  examples: ['attak policy > deployer.json', 'attak policy --stage production', 'attak policy --processor bill'],
  async run(args, host) {
    const stage = await loadStage(args, host)
    const { graph } = stage.project
    const name = textOf(args, 'processor')
    const names = graph.processors.map((processor) => processor.name)
    if (name !== undefined && !names.includes(name)) {
      const near = nearest(name, names)
      const remedy = near === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${near}"?`
      throw new AttakError('TOPOLOGY_UNKNOWN_PROCESSOR', `--processor: no processor is named "${name}"`, remedy)
    }
    return withAws(stage, host, async ({ place }) => {
      const { deployerPolicy, processorPolicies } = await import('../../providers/aws/policies.ts')
      const found = name === undefined ? deployerPolicy(graph, place) : processorPolicies(graph, place)[name]
      host.out.write(`${JSON.stringify(found, undefined, 2)}\n`)
      return 0
    })
  },
}
