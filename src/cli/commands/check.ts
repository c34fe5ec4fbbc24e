import { relative } from 'node:path'
import { missingProblems, sizeProblems } from '../../bundle/variables.ts'
import { AttakError, type Problem } from '../../errors.ts'
import { modulesOf } from '../../project/handlers.ts'
import { inspectInput } from '../../project/input.ts'
import { type InspectedProject, inspectProject, type Project } from '../../project/project.ts'
import { hasTelemetry } from '../../project/telemetry.ts'
import { drawCount } from '../../view/duration.ts'
import { type Colors, colorsOf, drawJsonLine, drawProblems } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, PATH_ARGUMENT } from '../command.ts'
import type { Host } from '../host.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { findProject } from '../project.ts'

/** Prints all problems of a topology, its code and the input beside it. Runs only the top level of its modules. */
export const check: Command = {
  name: 'check',
  summary: 'find problems in a topology without running it',
  arguments: [PATH_ARGUMENT],
  options: [JSON_OPTION],
  notes: 'Exit code: 1 when there is an error; warnings do not count.',
  examples: ['attak check', 'attak check examples/hello-world', 'attak check --json'],
  async run(args, host) {
    const inspected = await inspect(args, host)
    if (flagOf(args, 'json')) host.out.write(drawJsonLine(jsonOf(inspected, host.cwd)))
    else host.out.tell(drawReport(inspected, host.cwd, colorsOf(host.out)))
    return countOf(inspected.problems, 'error') > 0 ? 1 : 0
  },
}

/** A project that is not even found is a finding too. */
async function inspect(args: Arguments, host: Host): Promise<InspectedProject> {
  try {
    const { file, settings } = await findProject(args, host)
    const inspected = await awaitCode({ who: MODULES, file }, host, () =>
      inspectProject(file, {
        cwd: host.cwd,
        stage: settings.stage.value,
        temporaryFolder: host.temporaryFolder,
        lend: host.lendVariables,
      }),
    )
    if (inspected.project === undefined) return inspected
    const { project } = inspected
    const inputProblems = await inspectInput({ ...project, cwd: host.cwd })
    return { ...inspected, problems: [...inspected.problems, ...inputProblems, ...(await inspectCode(project, host))] }
  } catch (error) {
    if (error instanceof AttakError && error.code === 'TOPOLOGY_NOT_FOUND')
      return { problems: error.problems, files: [] }
    throw error
  }
}

/** Returns the problems of a deploy for a project that can be simulated. */
async function inspectCode({ file, dir, topology, graph }: Project, host: Host): Promise<readonly Problem[]> {
  const { codeProblems } = await import('../../bundle/bundle.ts')
  const modules = modulesOf(topology.processors, dir)
  const code = await codeProblems({
    file,
    topology,
    graph,
    modules,
    env: host.env,
    telemetry: hasTelemetry(dir),
    host: 'lambda',
  })
  const missing = missingProblems(graph, host.env).map((problem) => ({ ...problem, severity: 'warning' as const }))
  return [...code, ...sizeProblems(graph, host.env), ...missing]
}

function jsonOf({ project, problems }: InspectedProject, cwd: string) {
  if (project === undefined || countOf(problems, 'error') > 0) return { ok: false, problems }
  const { name, processors, streams } = project.graph
  const file = relative(cwd, project.file)
  return { ok: true, topology: name, file, processors: processors.length, streams: streams.length, problems }
}

function drawReport({ project, problems }: InspectedProject, cwd: string, colors: Colors): string {
  const found = drawProblems(problems, colors, 'below')
  const errors = countOf(problems, 'error')
  const warnings = countOf(problems, 'warning')
  const beside = warnings === 0 ? '' : `, ${drawCount(warnings, 'warning')}`
  if (project === undefined || errors > 0) {
    return `${found}\n${colors.red(`${drawCount(errors, 'error')}${beside}`)}\n`
  }
  const { name, processors, streams } = project.graph
  const counts = `${drawCount(processors.length, 'processor')}, ${drawCount(streams.length, 'stream')}${beside}`
  const file = colors.dim(`(${relative(cwd, project.file)})`)
  return `${found}${found === '' ? '' : '\n'}${colors.green('✓')} ${colors.bold(name)} is fine: ${counts} ${file}\n`
}

function countOf(problems: readonly Problem[], severity: Problem['severity']): number {
  return problems.filter((problem) => problem.severity === severity).length
}
