import type { ResourceStatus, StageCounts } from '../../deploy/cloud.ts'
import { CRASHES_PART, ERRORS_PART } from '../../graph/names.ts'
import { visible } from '../../view/controls.ts'
import { drawCount, drawNumber } from '../../view/duration.ts'
import { type Colors, hang } from '../../view/print.ts'
import type { Hint } from '../hint.ts'

/**
 * How the resources of a stage are, for people; ends with a line break.
 * ```
 * hello (dev) in eu-west-1 of account 123456789012: 3 resources, 1 not well, 1 left over
 *   ✓ queue _errors      there      3 messages waiting
 *   ✗ function reverse   Failed     nodejs24.x, 256 MB, 24 KB of code
 *   ! stream gone        left over
 * attak deploy removes what is left over; with --allow-data-loss also what holds data.
 * ```
 * `stage` names the stage, its region and its account. `hint` writes the commands that it names.
 */
export function drawStatus(stage: string, resources: readonly ResourceStatus[], colors: Colors, hint: Hint): string {
  const place = onOneLine(stage)
  if (resources.every(({ state }) => state === 'absent'))
    return `${place} is not deployed. Deploy it with ${hint('deploy')}.\n`
  const bad = resources.filter(({ fine }) => !fine).length
  const stale = resources.filter(({ wanted }) => !wanted).length
  const verdict = bad === 0 ? colors.green('all well') : colors.red(`${drawNumber(bad)} with problems`)
  const counts = [drawCount(resources.length, 'resource'), verdict]
  if (stale > 0) counts.push(colors.yellow(`${drawNumber(stale)} left over`))
  const names = resources.map(({ id }) => onOneLine(id.replace('/', ' ')))
  const states = resources.map(({ state }) => onOneLine(state))
  const nameWidth = Math.max(...names.map(({ length }) => length))
  const stateWidth = Math.max(...states.map(({ length }) => length))
  const lines = resources.map(({ fine, wanted, details }, index) => {
    const sign = !wanted ? colors.yellow('!') : fine ? colors.green('✓') : colors.red('✗')
    const said = colors.dim(hang(sayDetails(details)))
    return `  ${sign} ${names[index]!.padEnd(nameWidth)}  ${states[index]!.padEnd(stateWidth)}  ${said}`.trimEnd()
  })
  return [`${colors.bold(place)}: ${counts.join(', ')}`, ...lines, ...advice(resources, hint), ''].join('\n')
}

/** Answers of a cloud may contain line breaks, and a separate line would look like a line of attak. */
function onOneLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n')
}

function advice(resources: readonly ResourceStatus[], hint: Hint): readonly string[] {
  const absent = resources.some(({ state }) => state === 'absent')
  const stale = resources.some(({ wanted }) => !wanted)
  const strange = resources.some(({ state }) => state === 'not ours')
  const failed = resources.some(({ id, details }) => isOfErrors(id) && Number(details.messages) > 0)
  return [
    ...(failed ? [`The messages in the queues of errors and crashes have failed: ${hint('errors list')}.`] : []),
    ...(strange ? ['A resource that is "not ours" has a name that attak deploy needs.'] : []),
    ...(absent ? [`${hint('deploy')} creates what is absent.`] : []),
    ...(stale ? [`${hint('deploy')} removes what is left over; with --allow-data-loss also what holds data.`] : []),
  ]
}

/** Whether a resource holds only what failed. There may be several for crashes: `queue/_crashes.fifo`. */
function isOfErrors(id: string): boolean {
  const [, part] = id.split('/')
  return part === ERRORS_PART || part?.split('.')[0] === CRASHES_PART
}

function sayDetails(details: ResourceStatus['details']): string {
  const said = Object.entries(details).map(([name, value]) => SAY[name]?.(value) ?? `${name} ${value}`)
  return said.filter((text) => text !== '').join(', ')
}

/** How details read; those that only programs want are left out. */
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
  running: (count) => (count === 0 ? '' : `${drawNumber(Number(count))} being handled`),
  delayed: (count) => (count === 0 ? '' : `${drawNumber(Number(count))} delayed`),
  // Counted every six hours or so. Source: DynamoDB API reference, TableDescription, read 2026-11-21.
  items: (count) => `about ${drawCount(Number(count), 'item')}`,
  batch: (records) => `batches of ${drawNumber(Number(records))}`,
  lastResult: (result) => String(result).toLowerCase(),
  retentionDays: (days) => `kept ${days} days`,
  lastUpdate: (result) => (result === 'Successful' ? '' : `last update: ${String(result).toLowerCase()}`),
  reason: String,
  lastUsed: () => '',
  storedBytes: () => '',
}

/**
 * All stages that are live, for people; ends with a line break.
 * ```
 * 2 stages in eu-west-1 of account 123456789012
 *   orders (dev)         3 functions, 3 mappings, 2 queues, 2 streams
 *   orders (production)  3 functions, 3 mappings, 2 queues, 2 streams
 * ```
 */
export function drawStages(stages: readonly StageCounts[], place: string, colors: Colors, hint: Hint): string {
  if (stages.length === 0) return `No topology is deployed in ${place}.\n`
  const names = stages.map(({ topology, stage }) => `${topology} (${stage})`)
  const width = Math.max(...names.map(({ length }) => length))
  const lines = stages.map(({ resources }, index) => {
    const counts = Object.entries(resources).map(([kind, count]) => drawCount(count, NOUNS[kind] ?? kind))
    return `  ${names[index]!.padEnd(width)}  ${counts.join(', ')}`
  })
  const more = colors.dim(`${hint('status --name TOPOLOGY --stage STAGE')} shows one of them.`)
  return [`${colors.bold(`${drawCount(stages.length, 'stage')} in ${place}`)}`, ...lines, more, ''].join('\n')
}

const NOUNS: Readonly<Record<string, string>> = { logs: 'log group' }
