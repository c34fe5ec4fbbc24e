import type { Graph } from '../graph/graph.ts'
import { TELEMETRY_PACKAGE } from '../runtime/spans.ts'
import type { ErrorsStore } from '../topology/recording.ts'
import { bakeEntry } from './entry/bake.ts'
import type { BakedEntry } from './entry/definition.ts'
import type { Unit } from './units.ts'

/**
 * Writes the module that an artifact starts with: it joins the user's code, what the graph says of it, as data, and
 * attak's entry. It exports `handler`, which Lambda calls, and `load`, which gives a processor's code.
 */
export function entrySource(unit: Unit, graph: Graph, { telemetry = false }: SourceOptions = {}): string {
  const baked = bakeEntry(graph, unit.processors)
  const parts = PARTS.filter(({ isNeeded }) => isNeeded(baked))
  return [
    `import { createEntry } from 'attak:function-entry'`,
    ...parts.map(({ name, module }) => `import { ${name} } from 'attak:${module}'`),
    ...(telemetry ? [SPANS_IMPORT, TELEMETRY_IMPORT] : []),
    ...codeImports(unit),
    `export const load = (name) => ${loadExpression(unit)}`,
    `export const handler = createEntry({ ...${JSON.stringify(baked)}, load }, ${telemetry ? withSpans(partsExpression(parts)) : partsExpression(parts)})`,
    '',
  ].join('\n')
}

/** What a project has beside its code. */
export interface SourceOptions {
  /** Its own OpenTelemetry, which is bundled with it. */
  readonly telemetry?: boolean
}

const SPANS_IMPORT = `import { createSpans } from 'attak:function-spans'`
/** By their names, so that the rest of the package can be left out. */
const TELEMETRY_IMPORT = `import { ROOT_CONTEXT, context, trace } from '${TELEMETRY_PACKAGE}'`

function withSpans(parts: string): string {
  return `{ ...${parts}, spans: createSpans({ ROOT_CONTEXT, context, trace }) }`
}

/** One of `EntryParts`, as its module exports it. */
interface Part {
  readonly name: string
  readonly module: string
  /** What it is handed in as: one of several `carriers`, or the one. */
  readonly as: 'carriers' | 'openStore' | 'invokeBy' | 'rememberHandled'
  readonly isNeeded: (baked: BakedEntry) => boolean
}

/** What artifacts have only where their processors need it. */
const PARTS: readonly Part[] = [
  carrier('kinesis'),
  carrier('sqs'),
  store('sqs', 'createSqsStore'),
  store('dynamodb', 'createDynamodbStore'),
  store('s3', 'createS3Store'),
  {
    name: 'invokeBy',
    module: 'function-invoke',
    as: 'invokeBy',
    isNeeded: ({ processors }) => Object.values(processors).some(({ invokes }) => invokes.length > 0),
  },
  {
    name: 'rememberHandled',
    module: 'function-handled',
    as: 'rememberHandled',
    isNeeded: ({ processors }) => Object.values(processors).some(({ idempotent }) => idempotent !== undefined),
  },
]

function carrier(via: string): Part {
  return {
    name: `${via}Carrier`,
    module: `function-${via}`,
    as: 'carriers',
    isNeeded: ({ vias }) => vias.includes(via),
  }
}

function store(named: ErrorsStore, name: string): Part {
  return { name, module: `function-store-${named}`, as: 'openStore', isNeeded: ({ errors }) => errors.store === named }
}

/** `{ carriers: [kinesisCarrier], openStore: createSqsStore, invokeBy: invokeBy }` */
function partsExpression(parts: readonly Part[]): string {
  const carriers = parts.filter(({ as }) => as === 'carriers').map(({ name }) => name)
  const others = parts.filter(({ as }) => as !== 'carriers').map(({ as, name }) => `${as}: ${name}`)
  return `{ ${[`carriers: [${carriers.join(', ')}]`, ...others].join(', ')} }`
}

function codeImports({ module, topology }: Unit): string[] {
  const imports: string[] = []
  if (module !== undefined) {
    imports.push(`import { loadFromModule } from 'attak:function-module'`)
    imports.push(`import * as module from ${JSON.stringify(module)}`)
  }
  if (topology !== undefined) {
    const name = module === undefined ? 'loadFromTopology' : 'inputFromTopology'
    imports.push(`import { ${name} } from 'attak:function-topology'`)
    imports.push(`import * as topology from ${JSON.stringify(topology)}`)
  }
  return imports
}

/** Named exports only: naming the whole module would keep all of it. */
function loadExpression({ module, topology }: Unit): string {
  if (module === undefined) return 'loadFromTopology(name, topology)'
  const input = topology === undefined ? '' : ', inputFromTopology(name, topology)'
  return `loadFromModule(name, { handler: module.handler, default: module.default }${input})`
}
