import type { Graph } from '../graph/graph.ts'
import type { BakedEntry } from '../runtime/baked.ts'
import { TELEMETRY_PACKAGE } from '../runtime/spans.ts'
import { LIFECYCLE } from '../topology/exported.ts'
import type { ErrorsStore } from '../topology/recording.ts'
import { bakeEntry } from './bake.ts'
import type { Unit } from './units.ts'

/**
 * Writes the module that an artifact starts with. It joins the user's code, the graph's data about it, and the entry of
 * its host. It exports `handler`, which the host calls, and `load`, which returns a processor's code.
 */
export function entrySource(unit: Unit, graph: Graph, { host, telemetry = false }: SourceOptions): string {
  const baked = bakeEntry(graph, unit.processors)
  const vias = Object.keys(baked.carriers)
  const parts = partsOf(baked, host)
  return [
    `import { createEntry } from 'attak:hosts/${host}/entry'`,
    ...vias.flatMap((via) => [
      `import { ${via}Sender } from 'attak:carriers/${via}/send'`,
      `import { ${via}Receiver } from 'attak:carriers/${via}/receive'`,
    ]),
    ...parts.map(({ name, module }) => `import { ${name} } from 'attak:${module}'`),
    ...(telemetry ? [SPANS_IMPORT, TELEMETRY_IMPORT] : []),
    ...codeImports(unit),
    `export const load = (name) => ${loadExpression(unit)}`,
    `export const handler = createEntry({ ...${JSON.stringify(baked)}, load }, ${partsExpression(vias, parts, telemetry)})`,
    '',
  ].join('\n')
}

/** Where artifacts will run, and what a project has beside its code. */
export interface SourceOptions {
  /** The folder in `src/hosts` of what runs artifacts: `lambda`. */
  readonly host: string
  /** Its own OpenTelemetry, which is bundled with it. */
  readonly telemetry?: boolean
}

const SPANS_IMPORT = `import { createSpans } from 'attak:runtime/spans'`
/** By their names, so that the rest of the package can be left out. */
const TELEMETRY_IMPORT = `import { ROOT_CONTEXT, context, trace } from '${TELEMETRY_PACKAGE}'`

/** One of `EntryParts`, as its module exports it. */
interface Part {
  readonly name: string
  readonly module: string
  readonly as: string
}

/** Returns the parts that artifacts contain only if their processors need them. */
function partsOf({ errors, processors }: BakedEntry, host: string): readonly Part[] {
  const some = Object.values(processors)
  return [
    { name: STORES[errors.store], module: `stores/${errors.store}/store`, as: 'openStore' },
    ...(some.some(({ invokes }) => invokes.length > 0) ? [partOf('invokeBy', `hosts/${host}/invoker`)] : []),
    ...(some.some(({ idempotent }) => idempotent !== undefined)
      ? [partOf('rememberHandled', `hosts/${host}/handled`)]
      : []),
    ...(some.some(({ state }) => state) ? [partOf('openState', `hosts/${host}/state`)] : []),
  ]
}

const STORES: Readonly<Record<ErrorsStore, string>> = {
  sqs: 'createSqsStore',
  dynamodb: 'createDynamodbStore',
  s3: 'createS3Store',
}

function partOf(name: string, module: string): Part {
  return { name, module, as: name }
}

/** `{ carriers: { sqs: { openSender: sqsSender, receiver: sqsReceiver } }, openStore: createSqsStore, invokeBy }` */
function partsExpression(vias: readonly string[], parts: readonly Part[], telemetry: boolean): string {
  const carriers = vias.map((via) => `${via}: { openSender: ${via}Sender, receiver: ${via}Receiver }`)
  const others = parts.map(({ as, name }) => `${as}: ${name}`)
  const spans = telemetry ? ['spans: createSpans({ ROOT_CONTEXT, context, trace })'] : []
  return `{ ${[`carriers: { ${carriers.join(', ')} }`, ...others, ...spans].join(', ')} }`
}

function codeImports({ module, topology, receiver }: Unit): string[] {
  const imports: string[] = []
  if (receiver?.own !== undefined) {
    imports.push(`import { ${receiver.own}Receiver } from 'attak:receivers/${receiver.own}/receiver'`)
  }
  if (module !== undefined) {
    const load = receiver === undefined ? 'loadFromModule' : 'loadReceiver'
    imports.push(`import { ${load} } from 'attak:bundle/${receiver === undefined ? 'load-module' : 'load-receiver'}'`)
    imports.push(`import * as module from ${JSON.stringify(module)}`)
  }
  if (topology !== undefined) {
    const name = module === undefined ? 'loadFromTopology' : 'inputFromTopology'
    imports.push(`import { ${name} } from 'attak:bundle/load-topology'`)
    imports.push(`import * as topology from ${JSON.stringify(topology)}`)
  }
  return imports
}

/** Uses named exports only: naming the whole module would keep all of it. */
function loadExpression({ module, topology, receiver }: Unit): string {
  if (module === undefined) return 'loadFromTopology(name, topology)'
  const input = topology === undefined ? '' : ', inputFromTopology(name, topology)'
  if (receiver !== undefined) {
    const { own, properties } = receiver
    const exported = own === undefined ? '{ default: module.default }' : '{ clients: module.clients }'
    const spec = `module: ${JSON.stringify(receiver.module)}, properties: ${JSON.stringify(properties)}`
    const factory = own === undefined ? '' : `, factory: ${own}Receiver`
    return `loadReceiver(name, { ${spec}${factory}, exported: ${exported} }${input})`
  }
  const named = ['handler', 'default', ...LIFECYCLE].map((name) => `${name}: module.${name}`)
  return `loadFromModule(name, { ${named.join(', ')} }${input})`
}
