import type { Problem } from '../errors.ts'
import type { Graph, GraphProcessor } from '../graph/graph.ts'
import { variablesOf } from '../graph/variables.ts'
import { ARTIFACT_ENVIRONMENT, ARTIFACT_VARIABLE, PROCESSOR_VARIABLE } from './artifact.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Bytes that the variables of a function may have, names and values. Source: Lambda quotas, read 2026-11-21. */
const ENVIRONMENT_BYTES = 4096
/** The bytes of the variable with the artifact's hash, a SHA-256 in base64. */
const ARTIFACT_BYTES = ARTIFACT_VARIABLE.length + 44

/** The variables of a processor's function, with their values. What the deployer's environment lacks is left out. */
export function functionVariables(processor: GraphProcessor, env: Variables): Readonly<Record<string, string>> {
  const variables = variablesOf(processor, env)
  const options = [ARTIFACT_ENVIRONMENT.NODE_OPTIONS, variables.NODE_OPTIONS].filter(Boolean).join(' ')
  return { ...variables, ...ARTIFACT_ENVIRONMENT, NODE_OPTIONS: options, [PROCESSOR_VARIABLE]: processor.name }
}

/** Returns what prevents a deploy of a graph with this environment: variables that are missing, or too large. Pure. */
export function checkVariables(graph: Graph, env: Variables): readonly Problem[] {
  return [...missingProblems(graph, env), ...sizeProblems(graph, env)]
}

/** Returns the variables that `environment` names and that are not set: each once, with all processors that name it. */
export function missingProblems(graph: Graph, env: Variables): readonly Problem[] {
  const missing = new Map<string, GraphProcessor[]>()
  for (const processor of graph.processors) {
    for (const [name, { kind }] of Object.entries(processor.environment)) {
      if (kind === 'taken' && env[name] === undefined) missing.set(name, [...(missing.get(name) ?? []), processor])
    }
  }
  return [...missing].map(([name, processors]) => {
    const isEvery = processors.length > 1 && processors.length === graph.processors.length
    return {
      code: 'VARIABLE_MISSING',
      severity: 'error',
      where: isEvery ? 'every processor' : processors.map(placeIn).join(', '),
      what: `environment names ${name}, which is not set here`,
      remedy: `Set ${name} in the shell or in .env, or give its value in the topology.`,
    }
  })
}

/** The processors whose variables are more than a function takes. */
export function sizeProblems(graph: Graph, env: Variables): readonly Problem[] {
  return graph.processors.flatMap((processor): readonly Problem[] => {
    const bytes = Buffer.byteLength(Object.entries(functionVariables(processor, env)).flat().join('')) + ARTIFACT_BYTES
    if (bytes <= ENVIRONMENT_BYTES) return []
    const what = `its environment is ${bytes} bytes; Lambda takes ${ENVIRONMENT_BYTES}`
    const remedy = 'Name fewer variables, or let the code fetch large values when it starts.'
    return [{ code: 'ENVIRONMENT_TOO_LARGE', severity: 'error', where: placeIn(processor), what, remedy }]
  })
}

function placeIn({ name }: GraphProcessor): string {
  return `processor "${name}"`
}
