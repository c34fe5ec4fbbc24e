import { prepareDeploy } from '../../deploy/deploy.ts'
import { drawCount } from '../../view/duration.ts'
import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { confirmPlan } from '../confirm.ts'
import { applyShown } from '../deploy/apply.ts'
import { drawPlanOf } from '../deploy/report.ts'
import { interruptCode, sleep } from '../host.ts'
import { isOnBroker, withBroker } from '../on-broker.ts'
import { BROKER_OPTION, NAME_OPTION, STAGE_OPTIONS, YES_OPTION } from '../options.ts'
import { nameStage, withLive } from '../stage.ts'

/** Removes all that deploys of a stage have made. */
export const destroy: Command = {
  name: 'destroy',
  summary: 'remove a topology from AWS or a broker, with its messages',
  arguments: [PATH_ARGUMENT],
  options: [
    NAME_OPTION,
    ...STAGE_OPTIONS,
    BROKER_OPTION,
    { flags: '--allow-data-loss', summary: 'with --broker: also remove messages and errors' },
    YES_OPTION,
    JSON_OPTION,
  ],
  notes: `Shows what it will remove and asks you to confirm; without a terminal it needs --yes. Messages in streams
and queues are lost. You can interrupt it and run it again at any time.

With --broker, removes the channels of the topology and all else that it has on the broker. It removes nothing
while workers run, or while messages or errors are there, unless you give --allow-data-loss.`,
  examples: ['attak destroy', 'attak destroy --stage preview --yes', 'attak destroy --broker redis://localhost:6379'],
  async run(args, host) {
    const stage = await nameStage(args, host)
    if (isOnBroker(args, stage, host)) {
      const { destroyOnBroker } = await import('../destroy-on-broker.ts')
      return withBroker(stage, host, (there) => destroyOnBroker(there, stage, args, host))
    }
    return withLive(stage, host, async ({ live, place }) => {
      const request = {
        wanted: [],
        known: live.known(),
        allowDataLoss: true,
        now: host.now,
        sleep,
      }
      const deployment = await prepareDeploy(live.resources, request)
      const { plan } = deployment
      host.err.tell(
        plan.changes.length === 0
          ? `${place} is not deployed.\n`
          : drawPlanOf(plan, { title: place, wanted: [], costs: [] }, colorsOf(host.err)),
      )
      if (!(await confirmPlan(plan, flagOf(args, 'yes'), host))) {
        host.err.tell('Nothing was removed.\n')
        return interruptCode(host.signal) ?? 1
      }
      const { done } = await applyShown(deployment, host)
      if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, removed: done.map(({ id }) => id) }))
      const interrupted = interruptCode(host.signal)
      if (done.length > 0 && interrupted === undefined && !flagOf(args, 'json'))
        host.out.tell(
          `${colorsOf(host.out).green('✓')} ${place} is gone: ${drawCount(done.length, 'resource')} removed\n`,
        )
      return interrupted ?? 0
    })
  },
}
