import { type AnyNode, type Program, parse } from 'acorn'

/** The values of names that code declares once and never changes; see {@link constantsIn}. */
export type Constants = ReadonlyMap<string, AnyNode>

/** Parses JavaScript, as a module or as a script. Undefined: it is neither. */
export function parseCode(text: string): Program | undefined {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return parse(text, { ecmaVersion: 'latest', sourceType, allowHashBang: true, allowReturnOutsideFunction: true })
    } catch {
      // It may be the other one.
    }
  }
  return undefined
}

/** Returns the nodes that a node consists of, in the order of the text. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flatMap((value) => {
    const children: readonly (AnyNode | null | undefined)[] = Array.isArray(value) ? value : [value]
    return children.filter((child): child is AnyNode => typeof child?.type === 'string')
  })
}

/** Calls `visit` for each node, and for its children unless that returns false. */
export function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | undefined) => boolean): void {
  // A list of nodes instead of a recursion: packages nest deeply.
  const waiting: (readonly [AnyNode, AnyNode | undefined])[] = [[node, undefined]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [at, parent] = next
    if (visit(at, parent)) for (const child of childrenOf(at).toReversed()) waiting.push([child, at])
  }
}

/** Finds the names that are declared once in all of the code, with a value, and never assigned. */
export function constantsIn(program: Program): Constants {
  const constants = new Map<string, AnyNode>()
  const names = new Map<string, number>()
  const count = (node: AnyNode | null | undefined) => {
    if (node?.type === 'Identifier') names.set(node.name, (names.get(node.name) ?? 0) + 1)
  }
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator') {
      count(node.id)
      if (node.id.type === 'Identifier' && node.init) constants.set(node.id.name, node.init)
    }
    if (node.type === 'AssignmentExpression') count(node.left)
    if (node.type === 'UpdateExpression') count(node.argument)
    if ('params' in node && Array.isArray(node.params)) for (const param of node.params) count(param as AnyNode)
    return true
  })
  for (const [name, times] of names) if (times > 1) constants.delete(name)
  return constants
}

/** The name of the function that is called: `join` of `path.join(…)` and of `(0, path.join)(…)`. */
export function calledName(callee: AnyNode): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'SequenceExpression') return calledName(callee.expressions.at(-1)!)
  return callee.type === 'MemberExpression' ? propertyName(callee) : undefined
}

/** Returns the name of a member that is written literally: `a.name`, `a['name']`. */
export function propertyName(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  const { property, computed } = node
  if (!computed) return property.type === 'Identifier' ? property.name : undefined
  if (property.type === 'TemplateLiteral' && property.expressions.length === 0)
    return property.quasis[0]!.value.cooked ?? undefined
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined
}
