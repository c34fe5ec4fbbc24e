import { relative, sep } from 'node:path'
import type { Problem } from '../../errors.ts'
import { shownName, undeclaredProblem } from '../../graph/platform.ts'
import { sharedVariables } from '../../graph/variables.ts'
import type { LendVariables, Project } from '../../project/project.ts'
import { placeOfFirstCall } from '../../project/stack.ts'
import type { Host } from '../host.ts'
import type { VariableRead } from '../reads.ts'

/** Follows which variables a project reads, from before it is loaded until its run has ended. */
export interface FollowedReads {
  /** To load the project with. */
  readonly lend: LendVariables
  /** Call it when the project is loaded. */
  loaded(): void
  /**
   * Warns of reads so far that return other values when deployed. `isBuilt`: the processors ran from their artifacts.
   */
  problems(project: Project, isBuilt: boolean): readonly Problem[]
}

/** Begins to follow the reads of a project that is about to be loaded. */
export function followReads(host: Host): FollowedReads {
  const watch = host.watchReads()
  watch.begin()
  const early: VariableRead[] = []
  const later: VariableRead[] = []
  return {
    lend(variables) {
      early.push(...watch.take())
      return host.lendVariables(variables)
    },
    loaded: () => void later.push(...watch.take()),
    problems(project, isBuilt) {
      // Code that is no handler's now, such as the topology's input, is not deployed.
      later.push(...watch.take().filter(({ processors }) => processors.length > 0))
      const reads = [...early, ...later].map((read) => ({
        ...read,
        place: placeOfFirstCall(read.stack, host.cwd) ?? '',
      }))
      const isTopology = ({ place }: Read) => isIn(project.file, place, host.cwd)
      const deployed = withTopologyCode(project).length > 0 ? reads : reads.filter((read) => !isTopology(read))
      const isImported = (read: Read) => read.processors.length === 0 && !isTopology(read)
      const imported = reads.slice(0, early.length).filter(isImported)
      return [...undeclared(deployed, project), ...(isBuilt ? [] : tooEarly(imported, project, host.env))]
    },
  }
}

interface Read extends VariableRead {
  readonly place: string
}

/** Functions have the topology's module where handlers or schemas are part of it. */
function withTopologyCode({ topology }: Project): readonly string[] {
  return topology.processors
    .filter(({ source, input }) => source.kind === 'inline' || input !== undefined)
    .map(({ name }) => name)
}

function isIn(file: string, place: string, cwd: string): boolean {
  return place.startsWith(`${relative(cwd, file).split(sep).join('/')}:`)
}

function undeclared(reads: readonly Read[], project: Project): readonly Problem[] {
  const declares = (processor: string, name: string) =>
    project.graph.processors.some((one) => one.name === processor && Object.hasOwn(one.environment, name))
  const inTopology = withTopologyCode(project)
  const byName = new Map<string, { readonly places: string[]; readonly readers: Set<string> }>()
  for (const { name, processors, place } of reads) {
    const lacking = processors.filter((processor) => !declares(processor, name))
    // Code of the topology may be that of any processor in it.
    const isDeclared = processors.length === 0 && inTopology.some((processor) => declares(processor, name))
    if (isDeclared || (processors.length > 0 && lacking.length === 0)) continue
    const known = byName.get(name) ?? { places: [], readers: new Set() }
    byName.set(name, known)
    known.places.push(place)
    for (const processor of lacking) known.readers.add(processor)
  }
  return [...byName]
    .sort()
    .map(([name, { places, readers }]) => undeclaredProblem(name, places.sort()[0]!, [...readers].sort()))
}

/** Modules that the topology imports run before the values of `environment` are known. */
function tooEarly(reads: readonly Read[], { graph }: Project, env: Host['env']): readonly Problem[] {
  const given = sharedVariables(graph)
  return reads
    .filter(({ name }) => Object.hasOwn(given, name) && given[name] !== env[name])
    .map(({ name, place }) => ({
      code: 'VARIABLE_EARLY',
      severity: 'warning',
      where: place,
      what: `reads the variable ${shownName(name)} while the topology loads, before environment sets it; deployed, it sees the value of environment`,
      remedy: 'Read it in the handler, name the processor by its path, or run it with --built.',
    }))
}
