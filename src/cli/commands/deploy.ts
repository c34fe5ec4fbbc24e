import { errorOf } from '../../errors.ts'
import { drawCount, drawDuration } from '../../view/duration.ts'
import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { confirmPlan } from '../confirm.ts'
import { applyShown } from '../deploy/apply.ts'
import { prepareStage } from '../deploy/prepare.ts'
import { drawPrepared, jsonOfPrepared } from '../deploy/report.ts'
import { type Hint, hintOf } from '../hint.ts'
import { interruptCode } from '../host.ts'
import { PLAN_OPTIONS, STAGE_OPTIONS, YES_OPTION } from '../options.ts'
import { loadStage, withAccount } from '../stage.ts'

/** Deploys a topology: makes the live resources match it. */
export const deploy: Command = {
  name: 'deploy',
  summary: 'deploy a topology to AWS, or update it',
  arguments: [PATH_ARGUMENT],
  options: [...STAGE_OPTIONS, ...PLAN_OPTIONS, YES_OPTION, JSON_OPTION],
  notes: `Shows the changes and asks you to confirm them. Without a terminal it does not ask, but needs --yes to
remove something. You can interrupt it at any time; the next deploy continues.`,
  examples: ['attak deploy', 'attak deploy --stage production --yes', 'attak deploy --endpoint http://localhost:4566'],
  async run(args, host) {
    const started = host.now()
    const stage = await loadStage(args, host)
    return withAccount(stage, host, async (account) => {
      const prepared = await prepareStage(stage, account, args, host)
      const { deployment } = prepared
      const colors = colorsOf(host.err)
      host.err.tell(drawPrepared(prepared, { sizes: flagOf(args, 'sizes'), colors }))
      if (prepared.obstacles.length > 0) throw errorOf(prepared.obstacles)
      if (!(await confirmPlan(deployment.plan, flagOf(args, 'yes'), host))) {
        host.err.tell('Nothing was changed.\n')
        return interruptCode(host.signal) ?? 1
      }
      const { done } = await applyShown(deployment, host)
      const interrupted = interruptCode(host.signal)
      if (flagOf(args, 'json')) {
        const ids = done.map(({ id }) => id)
        host.out.write(drawJsonLine({ ...jsonOfPrepared(stage.scope, prepared), done: ids, applied: done.length > 0 }))
      } else if (interrupted === undefined) {
        const took = drawDuration(host.now() - started)
        const what = done.length === 0 ? 'nothing to change' : `${drawCount(done.length, 'change')} in ${took}`
        host.out.tell(`${colorsOf(host.out).green('✓')} ${prepared.place} is live: ${what}\n`)
        if (done.length > 0) host.err.tell(colors.dim(drawNext(hintOf(stage.given))))
      }
      return interrupted ?? 0
    })
  },
}

function drawNext(hint: Hint): string {
  return `Send it events with ${hint('trigger')}; look at it with ${hint('status')} and ${hint('logs')}.\n`
}
