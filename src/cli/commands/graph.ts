import { AttakError } from '../../errors.ts'
import { DRAWINGS, type DrawingFormat } from '../../graph/draw.ts'
import { loadProject } from '../../project/project.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT, textOf } from '../command.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { findProject, settingOption, warn } from '../project.ts'

const FORMATS = Object.keys(DRAWINGS) as DrawingFormat[]

/** Draws a topology. */
export const graph: Command = {
  name: 'graph',
  summary: 'draw a topology as text, Mermaid, DOT or JSON',
  arguments: [PATH_ARGUMENT],
  options: [
    { flags: '-f, --format <format>', summary: 'the format (default: text)', choices: FORMATS },
    settingOption('stage'),
    { ...JSON_OPTION, summary: 'same as --format json' },
  ],
  examples: [
    'attak graph',
    'attak graph --format mermaid > topology.mmd',
    'attak graph -f dot | dot -Tsvg > topology.svg',
  ],
  async run(args, host) {
    const given = textOf(args, 'format') as DrawingFormat | undefined
    const json = flagOf(args, 'json')
    if (json && given !== undefined && given !== 'json') {
      throw new AttakError(
        'USAGE',
        `attak graph: --json and --format ${given} contradict each other`,
        'Give one of them.',
      )
    }
    const { file, settings } = await findProject(args, host)
    const project = await awaitCode({ who: MODULES, file }, host, () =>
      loadProject(file, {
        cwd: host.cwd,
        stage: settings.stage.value,
        temporaryFolder: host.temporaryFolder,
        lend: host.lendVariables,
      }),
    )
    warn(project.warnings, host)
    const format = json ? 'json' : (given ?? 'text')
    const drawing = DRAWINGS[format](project.graph)
    if (format === 'json') host.out.writeJson(drawing)
    else if (format === 'text') host.out.tell(drawing)
    else host.out.write(drawing)
    return 0
  },
}
