import type { Artifact } from '../../bundle/artifact.ts'
import { bytesText, sizeReport } from '../../bundle/report.ts'
import type { StageName } from '../../deploy/cloud.ts'
import { drawPlan, type PlanStory, planJson } from '../../deploy/draw-plan.ts'
import type { Plan } from '../../deploy/plan.ts'
import { drawCount } from '../../view/duration.ts'
import type { Colors } from '../../view/print.ts'
import type { Prepared } from './prepare.ts'

/** A zipped artifact above this size starts noticeably later, so its parts are always printed. */
const LARGE_BYTES = 1024 * 1024

/** What is printed of a plan beside its changes. */
export interface ReportOptions {
  /** Whether the parts of every artifact are printed; else those of large ones only. */
  readonly sizes: boolean
}

/** Draws a plan and what belongs to it, colored by kind of change; ends with a line break. */
export function drawPrepared(
  prepared: Prepared,
  { sizes, colors }: ReportOptions & { readonly colors: Colors },
): string {
  const story = storyOf(prepared)
  return `${drawPlanOf(prepared.deployment.plan, story, colors)}${drawSizes(prepared.artifacts, sizes)}`
}

/** The same as JSON. */
export function jsonOfPrepared({ topology, stage }: StageName, prepared: Prepared) {
  const artifacts = distinct(prepared.artifacts).map(({ processors, zipBytes, unzippedBytes, sizes }) => ({
    ...{ processors, zipBytes, unzippedBytes, sizes },
  }))
  const story = planJson(prepared.deployment.plan, storyOf(prepared))
  return { topology, stage, ...prepared.facts, ...story, artifacts, problems: prepared.obstacles }
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

function drawSizes(artifacts: Prepared['artifacts'], all: boolean): string {
  const zips = distinct(artifacts)
  const listed = new Map([...artifacts].filter(([, { zipBytes }]) => all || zipBytes > LARGE_BYTES))
  const zippedBytes = zips.reduce((sum, { zipBytes }) => sum + zipBytes, 0)
  const line = `code: ${drawCount(zips.length, 'zip')}, ${bytesText(zippedBytes)}`
  return `${line}\n${sizeReport(listed).replace(/^(?=.)/gm, '  ')}`
}

function distinct(artifacts: Prepared['artifacts']): readonly Artifact[] {
  return [...new Set(artifacts.values())]
}

function storyOf({ place, wanted, costs }: Prepared): PlanStory {
  return { title: place, wanted, costs }
}
