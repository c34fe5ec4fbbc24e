import { type AnyNode, type ObjectExpression, type Program, parse } from 'acorn'

/** What deployed functions read from the module. All other settings are in their artifacts already. */
const READ_OF_TOPOLOGY = ['name', 'processors', 'processor']
const READ_OF_PROCESSOR = ['handler', 'path', 'source', 'input']

/**
 * Removes plain data from the JavaScript of a topology's module, as esbuild prints it without whitespace: settings and
 * streams that deployed functions do not read from it. So an edit of those leaves the code of all inline processors as it
 * was. Blanks replace the data, so that lines and columns stay.
 *
 * The module must export an object that no other code refers to: by `export default` or `module.exports`, through
 * `defineTopology` or through constants. A property is removed if its value is a literal: a string, a number, true, false,
 * null, undefined, or lists and objects of those.
 *
 * Returns undefined if the module cannot be read or has no such object.
 */
export function withoutData(code: string): string | undefined {
  const module = readModule(code)
  if (module === undefined) return undefined
  const topology = objectOf(module, exportedBy(module))
  const found = topology?.properties.findLast((property) => keyOf(property) === 'processors')
  const processors = found?.type === 'Property' ? objectOf(module, found.value) : undefined
  if (topology === undefined || processors === undefined) return undefined
  const text = code.split('')
  removeData(text, topology, READ_OF_TOPOLOGY)
  removeData(text, processors, [])
  for (const property of processors.properties) {
    if (property.type !== 'Property' || keyOf(property) === undefined || isData(property)) continue
    const processor = objectOf(module, property.value)
    // A handler's `this` is its processor, so it may read all settings of that.
    if (processor !== undefined && !module.usesThis) removeData(text, processor, READ_OF_PROCESSOR)
  }
  return text.join('')
}

interface Module {
  readonly code: string
  readonly program: Program
  /** How often each name is declared or referred to. */
  readonly uses: ReadonlyMap<string, number>
  /** Whether a function outside of classes refers to its `this`. */
  readonly usesThis: boolean
}

function readModule(code: string): Module | undefined {
  let program: Program
  try {
    program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch {
    return undefined
  }
  const uses = new Map<string, number>()
  for (const node of nodesIn(program)) {
    if (node.type === 'Identifier') uses.set(node.name, (uses.get(node.name) ?? 0) + 1)
  }
  const outside = nodesIn(program, 'ClassBody')
  return { code, program, uses, usesThis: outside.some(({ type }) => type === 'ThisExpression' || type === 'Super') }
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
function exportedBy({ code, program, uses }: Module): AnyNode | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') return statement.declaration
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue
    const { left, operator, right } = statement.expression
    if (textOf(code, left) === 'module.exports' && operator === '=' && uses.get('module') === 1) return right
  }
  return undefined
}

/** Finds the object that a value is, through `defineTopology` and constants that are used only here. */
function objectOf(module: Module, value: AnyNode | undefined): ObjectExpression | undefined {
  if (value?.type === 'ObjectExpression') {
    const hasAccessor = value.properties.some((property) => property.type === 'Property' && property.kind !== 'init')
    return hasAccessor ? undefined : value
  }
  if (value?.type === 'CallExpression' && value.arguments.length === 1) {
    return isDefineTopology(module, value.callee) ? objectOf(module, value.arguments[0]) : undefined
  }
  if (value?.type !== 'Identifier' || module.uses.get(value.name) !== 2) return undefined
  const declared = declarationsIn(module).find(({ id }) => textOf(module.code, id) === value.name)
  return objectOf(module, declared?.init ?? undefined)
}

function declarationsIn({ program }: Module) {
  return program.body.flatMap((statement) => (statement.type === 'VariableDeclaration' ? statement.declarations : []))
}

/** Whether a function is attak's `defineTopology`, under any name. That returns the object that it receives. */
function isDefineTopology(module: Module, callee: AnyNode): boolean {
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

type Property = ObjectExpression['properties'][number]

/** Blanks the data in an object. Leaves properties whose names are in `read`. */
function removeData(text: string[], { properties, end }: ObjectExpression, read: readonly string[]): void {
  for (const [index, property] of properties.entries()) {
    if (read.includes(keyOf(property) ?? '') || !isData(property)) continue
    const next = properties[index + 1]?.start ?? end - 1
    for (let at = property.start; at < next; at++) if (text[at] !== '\n') text[at] = ' '
  }
}

/** The name of a property; undefined if it is computed, or if it sets the prototype. */
function keyOf(property: Property): string | undefined {
  if (property.type !== 'Property' || property.computed) return undefined
  const { key } = property
  const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined
  return name === '__proto__' ? undefined : name
}

/** Whether a property is written out in full: nothing in it is called, named or computed. */
function isData(property: Property): boolean {
  return property.type === 'Property' && keyOf(property) !== undefined && isLiteral(property.value)
}

function isLiteral(value: AnyNode | null): boolean {
  if (value?.type === 'ArrayExpression') return value.elements.every(isLiteral)
  if (value?.type === 'ObjectExpression') return value.properties.every(isData)
  if (value?.type === 'UnaryExpression') return value.argument.type === 'Literal'
  if (value?.type === 'TemplateLiteral') return value.expressions.length === 0
  return value === null || (value.type === 'Literal' && value.regex === undefined)
}

function textOf(code: string, { start, end }: AnyNode): string {
  return code.slice(start, end)
}
