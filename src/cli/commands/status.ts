import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { known } from '../deploy/known.ts'
import { openReader } from '../deploy/reader.ts'
import { accountOf, drawPlace, nameStage, withAws } from '../deploy/stage.ts'
import { drawStages } from '../deploy/stages.ts'
import { drawStatus } from '../deploy/status.ts'
import { type Given, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { NAME_OPTION, STAGE_OPTIONS } from '../options.ts'
import { findSettings } from '../project.ts'

/** Shows every resource of a stage and how it is. */
export const status: Command = {
  name: 'status',
  summary: 'show the state and counts of all that is live',
  arguments: [PATH_ARGUMENT],
  options: [
    NAME_OPTION,
    { flags: '--all', summary: 'list all topologies and stages that are live in the account and region' },
    ...STAGE_OPTIONS,
    JSON_OPTION,
  ],
  notes: `Shows what the topology has, and what is left over from an earlier one. Exits with 1 when something
is not as it should be, or nothing is deployed. With --name, and for a project that does not load, it
shows what is live.`,
  examples: [
    'attak status',
    'attak status --stage production --json',
    'attak status --name orders',
    'attak status --all',
  ],
  run: (args, host) => (flagOf(args, 'all') ? listStages(args, host) : showStage(args, host)),
}

async function showStage(args: Arguments, host: Host): Promise<number> {
  const stage = await nameStage(args, host)
  return withAws(stage, host, async (aws) => {
    const { readLiveStatus, readStatus } = await import('../../clouds/aws/status.ts')
    const cloud = await openReader(stage, aws)
    const account = accountOf(stage, aws)
    const resources =
      stage.project === undefined
        ? await readLiveStatus(account, cloud)
        : await readStatus(account, known(stage.project.graph, aws), cloud)
    const fine = resources.length > 0 && resources.every((resource) => resource.fine)
    const place = drawPlace(stage, aws)
    if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, ...aws.place, ok: fine, resources }))
    else host.out.write(drawStatus(place, resources, colorsOf(host.out), hintOf(stage.given)))
    return fine ? 0 : 1
  })
}

async function listStages(args: Arguments, host: Host): Promise<number> {
  const settings = await findSettings(args, host)
  return withAws(settings, host, async (aws) => {
    const { readStages } = await import('../../clouds/aws/stages.ts')
    const stages = await readStages(aws)
    if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...aws.place, stages }))
    else host.out.write(drawStages(stages, aws.place, colorsOf(host.out), hintOf(anyStage(settings.given))))
    return 0
  })
}

/** The place alone: any topology, any stage. */
function anyStage({ flags: { name, stage, ...flags } }: Given): Given {
  return { flags }
}
