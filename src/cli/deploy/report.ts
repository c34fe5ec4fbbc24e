import { drawPlan, type PlanStory, planJson } from '../../deploy/draw-plan.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { Aws } from '../../providers/aws/open.ts'
import type { Colors } from '../print.ts'
import type { Prepared } from './prepare.ts'
import { drawPlace, type MeantStage } from './stage.ts'

/** A plan with all that is told beside it, coloured by what it does; ends with a line break. */
export function drawPrepared(stage: MeantStage, aws: Aws, prepared: Prepared, colors: Colors): string {
  return drawPlanOf(prepared.deployment.plan, storyOf(stage, aws, prepared), colors)
}

/** The same as JSON. */
export function jsonOfPrepared(stage: MeantStage, aws: Aws, prepared: Prepared) {
  const { topology, stage: name } = stage.scope
  return { topology, stage: name, ...aws.place, ...planJson(prepared.deployment.plan, storyOf(stage, aws, prepared)) }
}

/** A plan for people, its lines coloured by their signs. */
export function drawPlanOf(plan: Plan, story: PlanStory, colors: Colors): string {
  const paints: Readonly<Record<string, (text: string) => string>> = {
    '+': colors.green,
    '~': colors.yellow,
    '!': colors.yellow,
    '±': colors.red,
    '-': colors.red,
  }
  const paint = (line: string) => (/^ {2}[+~!±-] /.test(line) ? paints[line[2]!]!(line) : line)
  return `${drawPlan(plan, story).split('\n').map(paint).join('\n')}\n`
}

function storyOf(stage: MeantStage, aws: Aws, { wanted, costs }: Prepared): PlanStory {
  return { title: drawPlace(stage, aws), wanted, costs }
}
