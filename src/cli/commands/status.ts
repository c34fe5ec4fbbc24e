import type { ResourceStatus } from '../../providers/aws/status.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import { known } from '../deploy/known.ts'
import { STAGE_OPTIONS } from '../deploy/options.ts'
import { accountOf, drawPlace, loadStage, withAws } from '../deploy/stage.ts'
import { drawCount, drawNumber } from '../duration.ts'
import { type Colors, colorsOf, drawJsonLine } from '../print.ts'

/** Shows every resource of a stage and how it is. */
export const status: Command = {
  name: 'status',
  summary: 'show the state and counts of all that is live',
  arguments: [PATH_ARGUMENT],
  options: [...STAGE_OPTIONS, JSON_OPTION],
  notes: 'Exits with 1 when something is not as it should be, or nothing is deployed.',
  examples: ['attak status', 'attak status --stage production --json'],
  async run(args, host) {
    const stage = await loadStage(args, host)
    return withAws(stage, host, async (aws) => {
      const { readStatus } = await import('../../providers/aws/status.ts')
      const resources = await readStatus(accountOf(stage, aws), known(stage, aws))
      const there = resources.filter(({ state }) => state !== 'absent')
      const fine = there.length > 0 && resources.every((resource) => resource.fine)
      const place = drawPlace(stage, aws)
      if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, ...aws.place, ok: fine, resources }))
      else if (there.length === 0) host.out.write(`Nothing of ${place} is there. Make it live with attak deploy.\n`)
      else host.out.write(draw(place, resources, colorsOf(host.out)))
      return fine ? 0 : 1
    })
  },
}

function draw(place: string, resources: readonly ResourceStatus[], colors: Colors): string {
  const bad = resources.filter(({ fine }) => !fine)
  const verdict =
    bad.length === 0 ? colors.green('all well') : colors.red(`${drawCount(bad.length, 'resource')} not well`)
  const names = resources.map(({ id }) => id.replace('/', ' '))
  const widths = [
    Math.max(...names.map(({ length }) => length)),
    Math.max(...resources.map(({ state }) => state.length)),
  ]
  const lines = resources.map(({ state, fine, details }, index) => {
    const sign = fine ? colors.green('✓') : colors.red('✗')
    const said = Object.entries(details).flatMap(([name, value]) => (name in SAY ? [SAY[name]!(value)] : []))
    return `  ${sign} ${names[index]!.padEnd(widths[0]!)}  ${state.padEnd(widths[1]!)}  ${colors.dim(said.join(', '))}`.trimEnd()
  })
  return `${colors.bold(place)}: ${drawCount(resources.length, 'resource')}, ${verdict}\n${lines.join('\n')}\n`
}

/** How details read; those that only programs want are not told. */
const SAY: Readonly<Record<string, (value: string | number) => string>> = {
  runtime: String,
  memoryMb: (megabytes) => `${drawNumber(Number(megabytes))} MB`,
  codeBytes: (bytes) => `${drawNumber(Math.ceil(Number(bytes) / 1024))} KB of code`,
  lastModified: (time) =>
    `changed ${String(time)
      .replace(/\.\d+.*$/, '')
      .replace('T', ' ')}`,
  shards: (count) => drawCount(Number(count), 'shard'),
  retentionHours: (hours) => `kept ${hours} h`,
  mode: (mode) => String(mode).toLowerCase().replace('_', '-'),
  messages: (count) => `${drawCount(Number(count), 'message')} waiting`,
  running: (count) => `${drawNumber(Number(count))} being handled`,
  delayed: (count) => `${drawNumber(Number(count))} delayed`,
  batch: (records) => `batches of ${drawNumber(Number(records))}`,
  lastResult: (result) => String(result).toLowerCase(),
  retentionDays: (days) => `kept ${days} days`,
  reason: String,
}
