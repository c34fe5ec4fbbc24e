import type { Graph } from '../graph/graph.ts'
import { bakeEntry } from './entry/bake.ts'
import type { Unit } from './units.ts'

/**
 * Writes the module that an artifact starts with: it joins the user's code, what the graph says of it, as data, and
 * attak's entry. It exports `handler`, which Lambda calls, and `load`, which gives a processor's code.
 */
export function entrySource(unit: Unit, graph: Graph): string {
  const baked = JSON.stringify(bakeEntry(graph, unit.processors))
  const imports = [`import { createEntry } from 'attak:function-entry'`, ...codeImports(unit)]
  return [
    ...imports,
    `export const load = (name) => ${loadExpression(unit)}`,
    `export const handler = createEntry({ ...${baked}, load })`,
    '',
  ].join('\n')
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
