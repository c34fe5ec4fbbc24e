import { errorOf } from '../../errors.ts'
import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { prepareStage } from '../deploy/prepare.ts'
import { drawPrepared, jsonOfPrepared } from '../deploy/report.ts'
import { PLAN_OPTIONS, STAGE_OPTIONS } from '../options.ts'
import { loadStage, withAccount } from '../stage.ts'

/** Prints what a deploy would do, and changes nothing. */
export const plan: Command = {
  name: 'plan',
  summary: 'show what a deploy would change and what it costs',
  arguments: [PATH_ARGUMENT],
  options: [
    ...STAGE_OPTIONS,
    ...PLAN_OPTIONS,
    { flags: '--exit-code', summary: 'exit with 3 if there are changes, for CI' },
    JSON_OPTION,
  ],
  notes: `This command changes nothing. Exit codes: 0, also when there are changes (3 with --exit-code); 1 when a
problem prevents the deploy.`,
  examples: [
    'attak plan',
    'attak plan --stage production --json',
    'attak plan --exit-code; [ $? -ne 3 ] || attak deploy --yes',
  ],
  async run(args, host) {
    const stage = await loadStage(args, host)
    return withAccount(stage, host, async (account) => {
      const prepared = await prepareStage(stage, account, args, host)
      const told = { sizes: flagOf(args, 'sizes'), colors: colorsOf(host.out) }
      if (flagOf(args, 'json')) host.out.write(drawJsonLine(jsonOfPrepared(stage.scope, prepared)))
      else host.out.tell(drawPrepared(prepared, told))
      if (prepared.obstacles.length > 0) throw errorOf(prepared.obstacles)
      const { plan } = prepared.deployment
      return flagOf(args, 'exitCode') && plan.changes.length + plan.refused.length > 0 ? 3 : 0
    })
  },
}
