import type { AnyNode, ImportDeclaration, Pattern } from 'acorn'
import { ALL } from '../code/names.ts'
import { blank, isWritten, type TopologyModule } from './topology-module.ts'

/** A name that a static import declares. */
export interface ImportBinding {
  readonly name: string
  readonly specifier: string
  /** The export that it is, or {@link ALL}. */
  readonly imported: string
}

/** The names that a module declares at its top. */
export interface Bindings {
  readonly imports: ReadonlyMap<string, ImportBinding>
  /** All others. */
  readonly declared: ReadonlyMap<string, { readonly isFunction: boolean }>
}

/** Lists the names that a module declares at its top. */
export function bindingsOf({ program }: TopologyModule): Bindings {
  const imports = new Map<string, ImportBinding>()
  const declared = new Map<string, { readonly isFunction: boolean }>()
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') for (const one of importsOf(node)) imports.set(one.name, one)
    const statement = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    if (statement?.type === 'FunctionDeclaration') declared.set(statement.id.name, { isFunction: true })
    if (statement?.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations) {
      const isFunction = /^(?:Arrow)?FunctionExpression$/.test(init?.type ?? '') && statement.kind === 'const'
      for (const name of namesIn(id) ?? []) declared.set(name, { isFunction })
    }
  }
  return { imports, declared }
}

function importsOf({ specifiers, source }: ImportDeclaration): readonly ImportBinding[] {
  return specifiers.map((one) => {
    const name = one.local.name
    const specifier = String(source.value)
    if (one.type === 'ImportNamespaceSpecifier') return { name, specifier, imported: ALL }
    if (one.type === 'ImportDefaultSpecifier') return { name, specifier, imported: 'default' }
    return {
      name,
      specifier,
      imported: one.imported.type === 'Literal' ? String(one.imported.value) : one.imported.name,
    }
  })
}

/** The names in `a` or in `{ a, b: c }`; undefined if a pattern has more than names. */
function namesIn(pattern: Pattern): readonly string[] | undefined {
  if (pattern.type === 'Identifier') return [pattern.name]
  if (pattern.type !== 'ObjectPattern') return undefined
  const names = pattern.properties.map((one) =>
    one.type === 'Property' && !one.computed && one.value.type === 'Identifier' ? one.value.name : undefined,
  )
  return names.includes(undefined) ? undefined : (names as string[])
}

/** Whether a value is only written out, of names that the module declares and of functions: leaving it out has no effect. */
export function isInert({ imports, declared }: Bindings, value: AnyNode | null): boolean {
  const isName = (node: AnyNode) => node.type === 'Identifier' && (imports.has(node.name) || declared.has(node.name))
  return isWritten(value, (node) => {
    if (node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression') return true
    return node.type === 'MemberExpression' ? !node.computed && isName(node.object) : isName(node)
  })
}

/**
 * Blanks imports, functions and constants of a module that only blanked code used. Returns the remaining static
 * imports: names by specifier. `wanted` maps a whole module, by its local name, to the one export that is needed.
 */
export function dropUnused(
  module: TopologyModule,
  bindings: Bindings,
  text: string[],
  wanted: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const items = itemsOf(module, bindings)
  const unused = new Set<Item>()
  for (let before = -1; before < unused.size; ) {
    before = unused.size
    for (const item of items) {
      if (unused.has(item) || !isUnused(module, item, text)) continue
      unused.add(item)
      if (item.isStatement) blank(text, item.start, item.end)
    }
  }
  const gone = new Set([...unused].flatMap(({ names }) => names))
  const imports = new Map<string, Set<string>>()
  for (const node of module.program.body) {
    if (node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source))
      add(imports, String(node.source!.value), [ALL])
    if (node.type !== 'ImportDeclaration') continue
    const left = importsOf(node).filter(({ name }) => !gone.has(name))
    writeImport(module.code, text, node, left)
    if (node.specifiers.length > 0 && left.length === 0) continue
    const names = left.flatMap((one) => {
      const { name, imported } = one
      return imported === ALL ? readOf(module, text, node, { name, wanted: wanted.get(name) }) : imported
    })
    add(imports, String(node.source.value), node.specifiers.length === 0 ? [ALL] : names)
  }
  return imports
}

function add(imports: Map<string, Set<string>>, specifier: string, names: readonly string[]): void {
  imports.set(specifier, new Set([...(imports.get(specifier) ?? []), ...names]))
}

/** A part of the module that can be removed as a whole. */
interface Item {
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
  readonly isStatement: boolean
}

function itemsOf({ program }: TopologyModule, bindings: Bindings): readonly Item[] {
  return program.body.flatMap((node): Item[] => {
    const { start, end } = node
    if (node.type === 'ImportDeclaration')
      return node.specifiers.map((one) => ({ ...pick(one), names: [one.local.name], isStatement: false }))
    if (node.type === 'FunctionDeclaration') return [{ start, end, names: [node.id.name], isStatement: true }]
    if (node.type !== 'VariableDeclaration') return []
    const names = node.declarations.map(({ id }) => namesIn(id))
    const isPlain = node.declarations.every(
      ({ id, init }) => isRequire(init) || (id.type === 'Identifier' && isInert(bindings, init ?? null)),
    )
    return isPlain && !names.includes(undefined)
      ? [{ start, end, names: names.flatMap((one) => one ?? []), isStatement: true }]
      : []
  })
}

function pick({ start, end }: AnyNode): { readonly start: number; readonly end: number } {
  return { start, end }
}

function isRequire(value: AnyNode | null | undefined): boolean {
  if (value?.type !== 'CallExpression' || value.callee.type !== 'Identifier') return false
  return value.callee.name === 'require' && value.arguments.length === 1 && value.arguments[0]!.type === 'Literal'
}

function isUnused({ uses }: TopologyModule, { names, start, end }: Item, text: readonly string[]): boolean {
  const references = names.flatMap((name) => [...uses.get(name)!].filter((at) => at < start || at >= end))
  return references.length > 0 && references.every((at) => text[at] === ' ')
}

/** Writes the clause of an import again, in the same place, with the remaining names; nothing if none remains. */
function writeImport(code: string, text: string[], node: ImportDeclaration, left: readonly ImportBinding[]): void {
  if (left.length === node.specifiers.length) return
  if (left.length === 0) {
    blank(text, node.start, node.end)
    return
  }
  const parts = node.specifiers.filter(({ local }) => left.some(({ name }) => name === local.name))
  const written = (isNamed: boolean) =>
    parts.filter(({ type }) => (type === 'ImportSpecifier') === isNamed).map((one) => code.slice(one.start, one.end))
  const named = written(true)
  const clause = [...written(false), ...(named.length > 0 ? [`{${named.join(',')}}`] : [])].join(',')
  const head = `import ${clause} from`
  const room = node.source.start - node.start
  for (let at = 0; at < room; at++) text[node.start + at] = head.padEnd(room)[at]!
}

/** Returns the exports of a whole module that are read outside its import statement. */
function readOf(
  { uses, members }: TopologyModule,
  text: readonly string[],
  { start, end }: AnyNode,
  { name, wanted }: { readonly name: string; readonly wanted: string | undefined },
): readonly string[] {
  const left = [...uses.get(name)!].filter((at) => text[at] !== ' ' && (at < start || at >= end))
  const read = left.map((at) => members.get(at) ?? (left.length === 1 ? wanted : undefined))
  return read.includes(undefined) ? [ALL] : (read as string[])
}
