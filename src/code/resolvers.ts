import type { AnyNode, Program } from 'acorn'
import { type Constants, calledName, constantsIn, propertyName, walk } from './tree.ts'

/** How code asks where a file is: `require.resolve`, also of a created `require`, or `import.meta.resolve`. */
export type Resolver = 'require.resolve' | 'import.meta.resolve'

/** What {@link resolverOf} needs to know of a module. */
export interface KnownNames {
  readonly constants: Constants
  /** The names of `createRequire` in the module. */
  readonly makers: ReadonlySet<string>
  /** The names of resolvers that are taken out of their object: `const { resolve } = import.meta`. */
  readonly taken: ReadonlyMap<string, Resolver>
}

/** Returns the names in a module by which it may reach a resolver. */
export function namesIn(program: Program, constants: Constants = constantsIn(program)): KnownNames {
  const makers = new Set(['createRequire'])
  const taken = new Map<string, Resolver>()
  const names = { constants, makers, taken }
  walk(program, (node) => {
    if (node.type === 'ImportSpecifier' && 'name' in node.imported && node.imported.name === 'createRequire')
      makers.add(node.local.name)
    if (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern' && node.init) {
      const owner = ownerOf(node.init, names)
      for (const property of node.id.properties) {
        if (property.type !== 'Property' || property.value.type !== 'Identifier') continue
        const { key, value } = property
        if (owner !== undefined && key.type === 'Identifier' && key.name === 'resolve') taken.set(value.name, owner)
      }
    }
    return true
  })
  return names
}

/** Returns which resolver an expression is. */
export function resolverOf(node: AnyNode, names: KnownNames): Resolver | undefined {
  if (node.type === 'Identifier') {
    const init = names.constants.get(node.name)
    return names.taken.get(node.name) ?? (init?.type === 'MemberExpression' ? resolverOf(init, names) : undefined)
  }
  return propertyName(node) === 'resolve' && node.type === 'MemberExpression' ? ownerOf(node.object, names) : undefined
}

/** Returns the resolver that an object has. */
function ownerOf(node: AnyNode, names: KnownNames): Resolver | undefined {
  if (node.type === 'MetaProperty') return 'import.meta.resolve'
  if (node.type === 'CallExpression') {
    const called = calledName(node.callee)
    if (called === 'attakMeta') return 'import.meta.resolve'
    return called !== undefined && names.makers.has(called) ? 'require.resolve' : undefined
  }
  if (node.type === 'MemberExpression') {
    const isModule = node.object.type === 'Identifier' && node.object.name === 'module'
    return isModule && propertyName(node) === 'require' ? 'require.resolve' : undefined
  }
  if (node.type !== 'Identifier') return undefined
  if (node.name === 'require') return 'require.resolve'
  const init = names.constants.get(node.name)
  return init?.type === 'CallExpression' || init?.type === 'MetaProperty' ? ownerOf(init, names) : undefined
}
