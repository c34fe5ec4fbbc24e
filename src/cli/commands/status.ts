import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { known } from '../deploy/known.ts'
import { STAGE_OPTIONS } from '../deploy/options.ts'
import { openReader } from '../deploy/reader.ts'
import { accountOf, drawPlace, loadStage, stageFlag, withAws } from '../deploy/stage.ts'
import { drawStatus } from '../deploy/status.ts'
import { colorsOf, drawJsonLine } from '../print.ts'

/** Shows every resource of a stage and how it is. */
export const status: Command = {
  name: 'status',
  summary: 'show the state and counts of all that is live',
  arguments: [PATH_ARGUMENT],
  options: [...STAGE_OPTIONS, JSON_OPTION],
  notes: `Shows what the topology has, and what is left over from an earlier one. Exits with 1 when something
is not as it should be, or nothing is deployed.`,
  examples: ['attak status', 'attak status --stage production --json'],
  async run(args, host) {
    const stage = await loadStage(args, host)
    return withAws(stage, host, async (aws) => {
      const { readStatus } = await import('../../providers/aws/status.ts')
      const provider = await openReader(stage, aws)
      const resources = await readStatus(accountOf(stage, aws), known(stage, aws), provider)
      const fine = resources.every((resource) => resource.fine)
      const place = drawPlace(stage, aws)
      if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, ...aws.place, ok: fine, resources }))
      else host.out.write(drawStatus(place, resources, colorsOf(host.out), stageFlag(stage)))
      return fine ? 0 : 1
    })
  },
}
