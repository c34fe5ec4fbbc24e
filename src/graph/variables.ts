import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Graph, GraphProcessor } from './graph.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Returns what `environment` gives to a processor; what is to be taken and is not in `env` is left out. */
export function variablesOf({ environment }: Pick<GraphProcessor, 'environment'>, env: Variables) {
  const all = Object.entries(environment).map(
    ([name, given]) => [name, given.kind === 'value' ? given.value : env[name]] as const,
  )
  return Object.fromEntries(all.filter((one): one is readonly [string, string] => one[1] !== undefined))
}

/** Returns the values that the topology itself gives, for processors that share a process: the first of each name. */
export function sharedVariables({ processors }: Graph): Readonly<Record<string, string>> {
  return Object.assign({}, ...processors.map((processor) => variablesOf(processor, {})).toReversed())
}

/**
 * Warns of each variable that has different values in processors that share a process, because all of them read the same value.
 * Does not print the values: they may be secrets.
 */
export function conflictProblems(graph: Graph, env: Variables): readonly Problem[] {
  return Object.entries(sharedVariables(graph)).flatMap(([name, value]): readonly Problem[] => {
    const declaring = graph.processors.filter(({ environment }) => Object.hasOwn(environment, name))
    const first = declaring.find((processor) => variablesOf(processor, {})[name] !== undefined)!
    const others = declaring.filter((processor) => variablesOf(processor, env)[name] !== value)
    if (others.length === 0) return []
    const all = [first, ...others].map((processor) => placeOfProcessor(processor.name))
    return [
      {
        code: 'VARIABLE_SHARED',
        severity: 'warning',
        where: all.join(', '),
        what: `environment has different values for ${name}; here all processors run in one process and see the value of "${first.name}"`,
        remedy: 'Run it with --built, where each processor has its own, or use two names.',
      },
    ]
  })
}
