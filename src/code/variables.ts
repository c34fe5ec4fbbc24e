import type { AnyNode, Program } from 'acorn'
import { type Constants, calledName, constantsIn, parseCode, propertyName, walk } from './tree.ts'

/** The names of variables that code writes literally. */
export interface NamedVariables {
  /** Each with the place where it is first read. */
  readonly read: ReadonlyMap<string, number>
  /** Those that it sets itself. */
  readonly set: ReadonlySet<string>
}

const NONE: NamedVariables = { read: new Map(), set: new Set() }
const PROCESS = /^(?:node:)?process$/

/**
 * Finds the variables of `process.env` that JavaScript reads by names that stand in it: as members and by destructuring, also
 * through constants and imports of `node:process`. Names that are computed stay unknown.
 */
export function variablesIn(text: string): NamedVariables {
  if (!/\benv\b/.test(text)) return NONE
  const program = parseCode(text)
  if (program === undefined) return NONE
  const known = { constants: constantsIn(program), ...importsIn(program) }
  const [read, set] = [new Map<string, number>(), new Set<string>()]
  const reads = (name: string, { start }: AnyNode) => {
    if (!read.has(name)) read.set(name, start)
  }
  walk(program, (node, parent) => {
    if (node.type === 'MemberExpression' && isEnv(node.object, known)) {
      const name = propertyName(node)
      if (name !== undefined && isSet(node, parent)) set.add(name)
      else if (name !== undefined) reads(name, node)
    }
    const [pattern, value] = destructured(node)
    if (pattern?.type === 'ObjectPattern' && value && isEnv(value, known)) {
      for (const name of keysOf(pattern)) reads(name, node)
    }
    return true
  })
  return { read, set }
}

interface Known {
  readonly constants: Constants
  /** Names of imports that are the process, and its environment. */
  readonly processes: ReadonlySet<string>
  readonly environments: ReadonlySet<string>
}

function importsIn(program: Program): Omit<Known, 'constants'> {
  const [processes, environments] = [new Set<string>(), new Set<string>()]
  walk(program, (node) => {
    if (node.type === 'ImportDeclaration' && PROCESS.test(String(node.source.value))) {
      for (const specifier of node.specifiers) {
        const isNamed = specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
        const name = isNamed ? (specifier.imported as { readonly name: string }).name : 'default'
        if (name === 'env') environments.add(specifier.local.name)
        if (name === 'default') processes.add(specifier.local.name)
      }
    }
    // `const { env } = process`
    const [pattern, value] = destructured(node)
    if (pattern?.type === 'ObjectPattern' && value?.type === 'Identifier' && value.name === 'process') {
      for (const property of pattern.properties) {
        if (property.type !== 'Property' || property.value.type !== 'Identifier') continue
        if (property.key.type === 'Identifier' && property.key.name === 'env') environments.add(property.value.name)
      }
    }
    return true
  })
  return { processes, environments }
}

function isEnv(node: AnyNode, known: Known): boolean {
  if (node.type === 'MemberExpression') return propertyName(node) === 'env' && isProcess(node.object, known)
  if (node.type !== 'Identifier') return false
  const init = known.constants.get(node.name)
  return known.environments.has(node.name) || (init !== undefined && init.type !== 'Identifier' && isEnv(init, known))
}

function isProcess(node: AnyNode, known: Known): boolean {
  if (node.type === 'MemberExpression') {
    const isGlobal = node.object.type === 'Identifier' && /^global(?:This)?$/.test(node.object.name)
    return isGlobal && propertyName(node) === 'process'
  }
  if (node.type === 'CallExpression') {
    const [name] = node.arguments
    return calledName(node.callee) === 'require' && name?.type === 'Literal' && PROCESS.test(String(name.value))
  }
  if (node.type !== 'Identifier') return false
  const init = known.constants.get(node.name)
  const isRequired = init?.type === 'CallExpression' && isProcess(init, known)
  return node.name === 'process' || known.processes.has(node.name) || isRequired
}

function isSet(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent?.type === 'UnaryExpression') return parent.operator === 'delete'
  return parent?.type === 'AssignmentExpression' && parent.left === node && parent.operator === '='
}

function destructured(node: AnyNode): readonly [AnyNode | undefined, AnyNode | null | undefined] {
  if (node.type === 'VariableDeclarator') return [node.id, node.init]
  return node.type === 'AssignmentExpression' ? [node.left, node.right] : [undefined, undefined]
}

function keysOf(pattern: AnyNode & { readonly type: 'ObjectPattern' }): readonly string[] {
  return pattern.properties.flatMap((property) => {
    if (property.type !== 'Property' || property.computed) return []
    const { key } = property
    return key.type === 'Identifier' ? [key.name] : key.type === 'Literal' ? [String(key.value)] : []
  })
}
