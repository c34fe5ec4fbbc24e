import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { drawStages, drawStatus } from '../deploy/status.ts'
import { type Given, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { isOnBroker, withBroker } from '../on-broker.ts'
import { BROKER_OPTION, NAME_OPTION, STAGE_OPTIONS } from '../options.ts'
import { findSettings } from '../project.ts'
import { type NamedStage, nameStage, processorsOf, withAccount, withLive } from '../stage.ts'

/** Shows every resource of a stage and how it is. */
export const status: Command = {
  name: 'status',
  summary: 'show the state of a topology that is deployed or runs',
  arguments: [PATH_ARGUMENT],
  options: [
    NAME_OPTION,
    { flags: '--all', summary: 'list all deployed topologies and stages in the account and region' },
    ...STAGE_OPTIONS,
    BROKER_OPTION,
    JSON_OPTION,
  ],
  notes: `Shows the resources of the topology, and those left over from an earlier version. With --name, or for a
project that does not load, it shows what is deployed. Exit code: 1 when a resource has a problem or
nothing is deployed.

With --broker, shows what waits in each channel and who owns its lanes, and the workers. Exit code: 1 when no
worker runs a processor.`,
  examples: [
    'attak status',
    'attak status --stage production --json',
    'attak status --name orders',
    'attak status --all',
    'attak status --broker redis://localhost:6379',
  ],
  run: (args, host) => (flagOf(args, 'all') ? listStages(args, host) : showStage(args, host)),
}

async function showStage(args: Arguments, host: Host): Promise<number> {
  const stage = await nameStage(args, host)
  if (isOnBroker(args, stage, host)) return showOnBroker(stage, args, host)
  return withLive(stage, host, async ({ live, place, facts }) => {
    const resources = await live.status()
    const fine = resources.length > 0 && resources.every((resource) => resource.fine)
    if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, ...facts, ok: fine, resources }))
    else host.out.tell(drawStatus(place, resources, colorsOf(host.out), hintOf(stage.given)))
    return fine ? 0 : 1
  })
}

function showOnBroker(stage: NamedStage, args: Arguments, host: Host): Promise<number> {
  return withBroker(stage, host, async ({ broker, place, status }) => {
    const { drawBrokerStatus, isWell, jsonOfBrokerStatus } = await import('../broker-status.ts')
    const processors = stage.project && processorsOf(stage.project)
    const ok = isWell({ status, processors })
    if (flagOf(args, 'json')) {
      host.out.write(drawJsonLine({ ...stage.scope, broker: broker.place, ok, ...jsonOfBrokerStatus(status) }))
    } else {
      const [colors, hint] = [colorsOf(host.out), hintOf(stage.given)]
      host.out.tell(drawBrokerStatus({ place, status, processors, nowMs: host.date(), colors, hint }))
    }
    return ok ? 0 : 1
  })
}

async function listStages(args: Arguments, host: Host): Promise<number> {
  const settings = await findSettings(args, host)
  // It throws: a broker does not list its stages.
  isOnBroker(args, settings, host, ['all'])
  return withAccount(settings, host, async (account) => {
    const stages = await account.stages()
    if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...account.facts, stages }))
    else host.out.tell(drawStages(stages, account.place, colorsOf(host.out), hintOf(anyStage(settings.given))))
    return 0
  })
}

/** The place alone: any topology, any stage. */
function anyStage({ flags: { name, stage, ...flags } }: Given): Given {
  return { flags }
}
