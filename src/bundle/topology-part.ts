import type { AnyNode, Expression, ObjectExpression, SpreadElement } from 'acorn'
import { ALL } from '../code/names.ts'
import { LIFECYCLE } from '../topology/exported.ts'
import { type Bindings, bindingsOf, dropUnused, type ImportBinding, isInert } from './topology-bindings.ts'
import {
  blank,
  exportedBy,
  isData,
  keyOf,
  listOf,
  objectOf,
  type Property,
  readModule,
  type TopologyModule,
} from './topology-module.ts'

/** The settings that deployed functions read from the module. All other settings are in their artifacts already. */
const READ_OF_TOPOLOGY = ['name', 'processors', 'processor']
/** The functions of a processor. */
const FUNCTIONS = ['handler', ...LIFECYCLE]
const READ_OF_PROCESSOR = [...FUNCTIONS, 'path', 'source', 'input']

/** The processor that a part is for, and what else has to be known of the project. */
export interface PartOptions {
  readonly processor: string
  /** All processors, in the order of the topology. */
  readonly names: readonly string[]
  /** Returns what an imported module exports, by its specifier; undefined if that is not certain. */
  readonly exportsOf: (specifier: string) => readonly string[] | undefined
  /** Whether an exported function may read its `this`. */
  readonly mayUseThis: (specifier: string, name: string) => boolean
}

/** The part of the topology's module that one processor needs. */
export interface TopologyPart {
  readonly code: string
  /** The static imports, by specifier: names, or {@link ALL}. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Removes from the JavaScript of a topology's module what one processor does not need, so that an edit of that leaves the
 * processor's code as it was. esbuild has printed the JavaScript without whitespace. Blanks replace what is removed, so that
 * lines and columns stay.
 *
 * - Plain data: settings and streams, which deployed functions do not read from the module.
 * - Other processors that are functions, or names of functions; of those that are made by calls, the plain settings.
 * - Functions, constants and imports that only those refer to. An import without names stays.
 *
 * The module must export an object that no other code refers to: by `export default` or `module.exports`, through
 * `defineTopology` or through constants. What is called or computed stays.
 *
 * Returns undefined if the module cannot be read or has no such object.
 */
export function topologyPart(code: string, options: PartOptions): TopologyPart | undefined {
  const module = readModule(code)
  if (module === undefined) return undefined
  const topology = objectOf(module, exportedBy(module))
  const found = topology?.properties.findLast((property) => keyOf(property) === 'processors')
  if (topology === undefined || found?.type !== 'Property') return undefined
  const removal: Removal = { module, bindings: bindingsOf(module), text: code.split(''), options }
  const remaining = removeOthers(removal, found.value)
  if (remaining === undefined) return undefined
  removeData(removal.text, topology, READ_OF_TOPOLOGY)
  const wanted = new Map([...remaining].map((name) => [name, options.processor]))
  const imports = dropUnused(module, removal.bindings, removal.text, wanted)
  return { code: removal.text.join(''), imports }
}

interface Removal {
  readonly module: TopologyModule
  readonly bindings: Bindings
  /** The code by characters, which is changed. */
  readonly text: string[]
  readonly options: PartOptions
}

/**
 * Blanks all processors but one. Returns the names of whole modules of which only that processor is needed: a namespace
 * that is, or is spread into, the processors. Returns undefined if the processors are made in another way.
 */
function removeOthers(removal: Removal, value: Expression): ReadonlySet<string> | undefined {
  const { module, bindings, options } = removal
  const processors = objectOf(module, value)
  if (processors !== undefined) return removeProperties(removal, processors)
  const list = listOf(module, value)
  if (list !== undefined) {
    for (const [index, element] of list.elements.entries()) {
      const isOwn = options.names[index] === options.processor
      if (isOwn) removeSettings(removal, element!)
      else if (options.names.length !== list.elements.length) continue
      else if (isInert(bindings, element)) {
        blank(removal.text, element!.start, list.elements[index + 1]?.start ?? list.end - 1)
      } else removeOtherSettings(removal, element!)
    }
    return new Set()
  }
  const whole = namespaceOf(removal, value)
  return whole === undefined ? undefined : new Set([whole.name])
}

function removeProperties(removal: Removal, processors: ObjectExpression): ReadonlySet<string> {
  const { text, bindings, options } = removal
  const whole = new Set<string>()
  for (const [index, property] of processors.properties.entries()) {
    const next = processors.properties[index + 1]?.start ?? processors.end - 1
    if (property.type === 'SpreadElement') {
      const spread = spreadOf(removal, property, processors.properties.slice(index + 1))
      if (spread === 'nothing') blank(text, property.start, next)
      else if (spread !== undefined) whole.add(spread)
    } else if (keyOf(property) === options.processor) {
      if (isData(property)) blank(text, property.start, next)
      else removeSettings(removal, property.value)
    } else if (keyOf(property) === undefined) continue
    else if (isInert(bindings, property.value)) blank(text, property.start, next)
    else removeOtherSettings(removal, property.value)
  }
  return whole
}

/**
 * Returns the name of a spread module if only the one processor is needed of it, or `nothing` if it can be removed.
 * Undefined if its exports are not known.
 */
function spreadOf(
  removal: Removal,
  { argument }: SpreadElement,
  after: readonly Property[],
): 'nothing' | string | undefined {
  const { processor, exportsOf } = removal.options
  const namespace = namespaceOf(removal, argument)
  const exported = namespace && exportsOf(namespace.specifier)
  if (namespace === undefined || exported === undefined) return undefined
  const isOverridden = after.some((property) => keyOf(property) === processor)
  return exported.includes(processor) && !isOverridden ? namespace.name : 'nothing'
}

/** Returns the import of a name, if it imports a whole ES module whose exports can be processors. */
function namespaceOf({ bindings, options }: Removal, value: AnyNode): ImportBinding | undefined {
  const binding = value.type === 'Identifier' ? bindings.imports.get(value.name) : undefined
  const exported = binding?.imported === ALL ? options.exportsOf(binding.specifier) : undefined
  return exported?.includes('default') === false ? binding : undefined
}

/**
 * Removes plain settings of another processor, which itself stays because it may contain calls. Its handler does not
 * run here.
 */
function removeOtherSettings({ module, text }: Removal, value: AnyNode): void {
  const processor = objectOf(module, value)
  if (processor !== undefined) removeData(text, processor, READ_OF_PROCESSOR)
}

/**
 * Removes plain settings of a processor. The `this` of its functions is the object, so code that reads `this` keeps all of it.
 */
function removeSettings(removal: Removal, value: AnyNode): void {
  const { module, text, bindings, options } = removal
  const processor = objectOf(module, value)
  if (processor === undefined) return
  const named = (name: string) => processor.properties.findLast((property) => keyOf(property) === name)
  const isWhole = processor.properties.every((property) => keyOf(property) !== undefined)
  const mayUseThis = (name: string) => {
    const given = named(name)
    const code = given?.type === 'Property' ? given.value : undefined
    if (code === undefined) return !isWhole
    if (code.type === 'ArrowFunctionExpression') return false
    if (code.type === 'FunctionExpression') return module.usesThis
    if (code.type !== 'Identifier') return true
    const imported = bindings.imports.get(code.name)
    if (imported !== undefined) return options.mayUseThis(imported.specifier, imported.imported)
    return module.usesThis || bindings.declared.get(code.name)?.isFunction !== true
  }
  if (!FUNCTIONS.some(mayUseThis)) removeData(text, processor, READ_OF_PROCESSOR)
}

/** Blanks the data in an object. Leaves properties whose names are in `read`. */
function removeData(text: string[], { properties, end }: ObjectExpression, read: readonly string[]): void {
  for (const [index, property] of properties.entries()) {
    if (read.includes(keyOf(property) ?? '') || !isData(property)) continue
    blank(text, property.start, properties[index + 1]?.start ?? end - 1)
  }
}
