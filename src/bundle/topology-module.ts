import { type AnyNode, type ArrayExpression, type ObjectExpression, type Program, parse } from 'acorn'

/** The module of a topology, parsed. */
export interface TopologyModule {
  readonly code: string
  readonly program: Program
  /** Where each name is declared or referred to, as offsets. */
  readonly uses: ReadonlyMap<string, ReadonlySet<number>>
  /** The properties that are read of names (`name.property`), by the offset of the name. */
  readonly members: ReadonlyMap<number, string>
  /** Whether a function outside of classes refers to its `this`. */
  readonly usesThis: boolean
}

/** A property of an object literal. */
export type Property = ObjectExpression['properties'][number]

/** Parses an ES module or CommonJS. Returns undefined if it cannot be parsed. */
export function readModule(code: string): TopologyModule | undefined {
  let program: Program
  try {
    program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch {
    return undefined
  }
  const uses = new Map<string, Set<number>>()
  const members = new Map<number, string>()
  for (const node of nodesIn(program)) {
    if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier')
      members.set(node.object.start, node.property.name)
    if (node.type !== 'Identifier') continue
    const known = uses.get(node.name)
    if (known === undefined) uses.set(node.name, new Set([node.start]))
    else known.add(node.start)
  }
  return { code, program, uses, members, usesThis: usesThis(program) }
}

/** Whether a function outside of classes refers to its `this`. */
export function usesThis(program: Program): boolean {
  return nodesIn(program, 'ClassBody').some(({ type }) => type === 'ThisExpression' || type === 'Super')
}

/** Lists a node and all nodes in it, except names of properties. Does not look into nodes of the type `closed`. */
function nodesIn(root: AnyNode, closed?: AnyNode['type']): readonly AnyNode[] {
  const nodes = [root]
  // The list grows while it is read.
  for (const node of nodes) {
    if (node.type === closed) continue
    for (const [field, value] of Object.entries(node)) {
      if ((field === 'key' || field === 'property') && 'computed' in node && !node.computed) continue
      const children: readonly (AnyNode | null | undefined)[] = Array.isArray(value) ? value : [value]
      for (const child of children) if (child?.type !== undefined) nodes.push(child)
    }
  }
  return nodes
}

/** Finds what a module exports: its default, or all of a CommonJS module. */
export function exportedBy({ code, program, uses }: TopologyModule): AnyNode | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') return statement.declaration
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue
    const { left, operator, right } = statement.expression
    if (textOf(code, left) === 'module.exports' && operator === '=' && uses.get('module')?.size === 1) return right
  }
  return undefined
}

/** Finds the object that a value is, through `defineTopology` and constants that are used only here. */
export function objectOf(module: TopologyModule, value: AnyNode | undefined): ObjectExpression | undefined {
  const literal = literalOf(module, value)
  if (literal?.type !== 'ObjectExpression') return undefined
  const hasAccessor = literal.properties.some((property) => property.type === 'Property' && property.kind !== 'init')
  return hasAccessor ? undefined : literal
}

/** Finds the list that a value is, as {@link objectOf} does, if all of its elements are written out. */
export function listOf(module: TopologyModule, value: AnyNode | undefined): ArrayExpression | undefined {
  const literal = literalOf(module, value)
  const isList = literal?.type === 'ArrayExpression'
  return isList && literal.elements.every((one) => one !== null && one.type !== 'SpreadElement') ? literal : undefined
}

function literalOf(module: TopologyModule, value: AnyNode | undefined): AnyNode | undefined {
  if (value?.type === 'CallExpression' && value.arguments.length === 1) {
    return isDefineTopology(module, value.callee) ? literalOf(module, value.arguments[0]) : undefined
  }
  if (value?.type !== 'Identifier') return value
  if (module.uses.get(value.name)?.size !== 2) return undefined
  const declared = declarationsIn(module).find(({ id }) => textOf(module.code, id) === value.name)
  return literalOf(module, declared?.init ?? undefined)
}

/** Lists the variables that a module declares at its top and does not export there. */
export function declarationsIn({ program }: TopologyModule) {
  return program.body.flatMap((statement) => (statement.type === 'VariableDeclaration' ? statement.declarations : []))
}

/** Whether a function is attak's `defineTopology`, under any name. That returns the object that it receives. */
function isDefineTopology(module: TopologyModule, callee: AnyNode): boolean {
  const { code, program } = module
  const imported = program.body.flatMap((statement) =>
    statement.type === 'ImportDeclaration' && statement.source.value === 'attak' ? statement.specifiers : [],
  )
  const required = declarationsIn(module).flatMap(({ id, init }) =>
    id.type === 'ObjectPattern' && init && textOf(code, init) === 'require("attak")' ? id.properties : [],
  )
  const name = textOf(code, callee)
  const written = name === 'defineTopology' ? [name] : [`defineTopology as ${name}`, `defineTopology:${name}`]
  return [...imported, ...required].some((one) => written.includes(textOf(code, one)))
}

/** The name of a property; undefined if it is computed, or if it sets the prototype. */
export function keyOf(property: Property): string | undefined {
  if (property.type !== 'Property' || property.computed) return undefined
  const { key } = property
  const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined
  return name === '__proto__' ? undefined : name
}

/** Whether a property is written out in full: nothing in it is called, named or computed. */
export function isData(property: Property): boolean {
  return property.type === 'Property' && keyOf(property) !== undefined && isLiteral(property.value)
}

function isLiteral(value: AnyNode | null): boolean {
  return isWritten(value, () => false)
}

/**
 * Whether a value is a plain literal, so that removing it removes no effect. `isKnown` accepts other values that it may
 * contain.
 */
export function isWritten(value: AnyNode | null, isKnown: (value: AnyNode) => boolean): boolean {
  if (value === null) return true
  if (value.type === 'ArrayExpression') return value.elements.every((one) => isWritten(one, isKnown))
  if (value.type === 'ObjectExpression')
    return value.properties.every((one) => keyOf(one) !== undefined && 'value' in one && isWritten(one.value, isKnown))
  if (value.type === 'UnaryExpression') return value.argument.type === 'Literal'
  if (value.type === 'TemplateLiteral') return value.expressions.length === 0
  return (value.type === 'Literal' && value.regex === undefined) || isKnown(value)
}

function textOf(code: string, { start, end }: AnyNode): string {
  return code.slice(start, end)
}

/** Puts blanks into a text, which is given by its characters. Lines stay. */
export function blank(text: string[], start: number, end: number): void {
  for (let at = start; at < end; at++) if (text[at] !== '\n') text[at] = ' '
}
