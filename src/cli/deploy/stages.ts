import type { StageCounts } from '../../deploy/cloud.ts'
import { drawCount } from '../../view/duration.ts'
import type { Colors } from '../../view/print.ts'
import type { Hint } from '../hint.ts'

/**
 * All stages that are live, for people; ends with a line break.
 * ```
 * 2 stages in eu-west-1 of account 123456789012
 *   orders (dev)         3 functions, 3 mappings, 2 queues, 2 streams
 *   orders (production)  3 functions, 3 mappings, 2 queues, 2 streams
 * ```
 */
export function drawStages(stages: readonly StageCounts[], place: string, colors: Colors, hint: Hint): string {
  if (stages.length === 0) return `attak has nothing in ${place}.\n`
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
