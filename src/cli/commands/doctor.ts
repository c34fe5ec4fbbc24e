import type { Finding } from '../../deploy/cloud.ts'
import { type Colors, colorsOf, drawJsonLine, hang } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, PATH_ARGUMENT, textOf } from '../command.ts'
import { hintOf } from '../hint.ts'
import { NAME_OPTION, STAGE_OPTIONS } from '../options.ts'
import { type NamedStage, nameKept, signInOf, tellOrigins } from '../stage.ts'

/** Checks all that a deploy needs, and prints what is missing. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'check what a deploy needs: tools, credentials, permissions',
  arguments: [PATH_ARGUMENT],
  options: [NAME_OPTION, ...STAGE_OPTIONS, JSON_OPTION],
  notes: 'This command changes nothing. Exit code: 1 when something is missing.',
  examples: ['attak doctor', 'attak doctor --profile work --region eu-west-1', 'attak doctor --json'],
  async run(args, host) {
    // No resource of the topology is looked at, so that any name will do.
    const stage = await nameKept(args, host, () => ['unknown'])
    const cloud = await tellOrigins(stage, host)
    const findings = [
      ...projectOf(stage, args),
      ...(await cloud.diagnose(signInOf(stage, host), stage.scope, stage.project?.graph)),
    ]
    const fine = findings.every(({ state }) => state !== 'wrong')
    if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ok: fine, findings }))
    else host.out.tell(draw(findings, colorsOf(host.out)))
    return fine ? 0 : 1
  },
}

/**
 * Returns the finding that a project does not load, which prevents a deploy, unless the command line names a topology.
 */
function projectOf({ project, given, problems = [] }: NamedStage, args: Arguments): readonly Finding[] {
  if (project !== undefined || textOf(args, 'name') !== undefined) return []
  const first = problems.find(({ severity }) => severity === 'error')
  const why = first === undefined ? '' : `: ${first.what.split('\n', 1)[0]}`
  const what = `${first?.where ?? 'it'} does not load${why}`
  return [{ about: 'project', state: 'wrong', what, remedy: `Fix what ${hintOf(given)('check')} reports.` }]
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
