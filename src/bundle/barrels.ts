import { posix } from 'node:path'
import { type ExportNamedDeclaration, type Identifier, type Literal, type Program, parse } from 'acorn'
import { ALL } from '../code/names.ts'
import type { LaidModule } from '../code/write.ts'
import { usesThis } from './topology-module.ts'

/** An export, with the file that declares it. */
export interface Declared {
  readonly file: string
  readonly name: string
}

/** Reads exports of local ES modules. */
export interface Exports {
  /** Returns the names that a module exports; undefined if that is not certain. */
  namesOf(file: string): readonly string[] | undefined
  /**
   * Finds the module that declares an export, through modules that do nothing but export what others have. Returns undefined if
   * that is not certain.
   */
  declaredIn(file: string, name: string): Declared | undefined
  /** Whether an export is anything but a function that does not refer to its `this`. */
  mayUseThis(declared: Declared): boolean
}

/** Opens what reads exports of modules, which are given by their sources. */
export function openExports(laid: ReadonlyMap<string, LaidModule>): Exports {
  const files = new Map([...laid].map(([file, { at }]) => [at, file]))
  const programOf = programReader(laid)

  function importedBy(file: string, specifier: unknown): string | undefined {
    const from = posix.dirname(laid.get(file)!.at)
    const found = files.get(posix.join(from, decodeURIComponent(String(specifier))))
    return found !== undefined && laid.get(found)!.kind === 'module' ? found : undefined
  }

  function namesOf(file: string, seen: readonly string[] = []): readonly string[] | undefined {
    const program = laid.get(file)?.kind === 'module' ? programOf(file) : undefined
    if (program === undefined) return undefined
    if (seen.includes(file)) return []
    const names = new Set<string>()
    for (const node of program.body) {
      if (node.type === 'ExportDefaultDeclaration') names.add('default')
      if (node.type === 'ExportNamedDeclaration') {
        const named = namedBy(node)
        if (named === undefined) return undefined
        for (const name of named) names.add(name)
      }
      if (node.type !== 'ExportAllDeclaration') continue
      if (node.exported) names.add(nameOf(node.exported))
      const target = node.exported ? undefined : importedBy(file, node.source.value)
      const more = node.exported ? [] : target && namesOf(target, [...seen, file])
      if (more === undefined) return undefined
      for (const name of more) if (name !== 'default') names.add(name)
    }
    return [...names]
  }

  function declaredIn(file: string, name: string, seen: readonly string[] = []): Declared | undefined {
    const program = programOf(file)
    if (program === undefined || laid.get(file)!.kind !== 'module' || seen.includes(file)) return undefined
    if (!isBarrel(program)) return namesOf(file)?.includes(name) ? { file, name } : undefined
    const named = throughNames(program, name)
    const found =
      named === undefined
        ? throughStars(program, name, (specifier) => importedBy(file, specifier), namesOf)
        : { ...named, from: importedBy(file, named.from) }
    if (found?.from === undefined || found.name === ALL) return undefined
    return declaredIn(found.from, found.name, [...seen, file])
  }

  return {
    namesOf: (file) => namesOf(file),
    declaredIn: (file, name) => declaredIn(file, name),
    mayUseThis({ file, name }) {
      const program = programOf(file)
      return program === undefined || usesThis(program) || !isFunction(program, name)
    },
  }
}

/** Parses each module once. Returns undefined for a file that is no module, or cannot be parsed. */
function programReader(laid: ReadonlyMap<string, LaidModule>): (file: string) => Program | undefined {
  const programs = new Map<string, Program | undefined>()
  return (file) => {
    const module = laid.get(file)
    if (module === undefined || module.kind === 'json') return undefined
    if (!programs.has(file)) programs.set(file, parsed(module.text))
    return programs.get(file)
  }
}

function parsed(text: string): Program | undefined {
  try {
    return parse(text, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch {
    return undefined
  }
}

/** Whether a module has nothing but exports of others, and imports for them. */
function isBarrel({ body }: Program): boolean {
  return body.every((node) => {
    if (node.type === 'ExportAllDeclaration') return true
    if (node.type === 'ExportNamedDeclaration') return !node.declaration
    if (node.type === 'ExportDefaultDeclaration') return node.declaration.type === 'Identifier'
    return node.type === 'ImportDeclaration' && node.specifiers.length > 0
  })
}

/** Finds what a module exports by a name out of another one: `export { a as name } from`, or imported before. */
function throughNames({ body }: Program, name: string): { readonly from: unknown; readonly name: string } | undefined {
  for (const node of body) {
    if (node.type === 'ExportDefaultDeclaration' && name === 'default' && node.declaration.type === 'Identifier')
      return throughImport(body, node.declaration.name)
    if (node.type !== 'ExportNamedDeclaration') continue
    const found = node.specifiers.find(({ exported }) => nameOf(exported) === name)
    if (found === undefined) continue
    if (node.source) return { from: node.source.value, name: nameOf(found.local) }
    return throughImport(body, nameOf(found.local))
  }
  return undefined
}

/** A name that several modules export is not followed, because it may be ambiguous. */
function throughStars(
  { body }: Program,
  name: string,
  importedBy: (specifier: unknown) => string | undefined,
  namesOf: (file: string) => readonly string[] | undefined,
): { readonly from: string | undefined; readonly name: string } | undefined {
  const stars = body.flatMap((node) =>
    node.type === 'ExportAllDeclaration' && !node.exported ? [importedBy(node.source.value)] : [],
  )
  const known = stars.map((star) => (star === undefined ? undefined : namesOf(star)))
  const having = stars.filter((_, index) => known[index]?.includes(name))
  return name === 'default' || known.includes(undefined) || having.length !== 1 ? undefined : { from: having[0], name }
}

function throughImport(body: Program['body'], name: string) {
  for (const node of body) {
    if (node.type !== 'ImportDeclaration') continue
    const found = node.specifiers.find(({ local }) => local.name === name)
    if (found === undefined) continue
    const from = node.source.value
    if (found.type === 'ImportSpecifier') return { from, name: nameOf(found.imported) }
    return { from, name: found.type === 'ImportDefaultSpecifier' ? 'default' : ALL }
  }
  return undefined
}

/** Whether a module declares an export as a function at its top. */
function isFunction({ body }: Program, name: string): boolean {
  const local = body.flatMap((node) => {
    if (node.type === 'ExportDefaultDeclaration' && name === 'default') return [node.declaration]
    const found = node.type === 'ExportNamedDeclaration' && !node.source ? node.specifiers : []
    return found.flatMap((one) => (nameOf(one.exported) === name ? [one.local] : []))
  })[0]
  if (local !== undefined && /Function(?:Declaration|Expression)$/.test(local.type)) return true
  const wanted = local?.type === 'Identifier' ? local.name : name
  return body.some((node) => {
    const declared = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    if (declared?.type === 'FunctionDeclaration') return declared.id.name === wanted
    if (declared?.type !== 'VariableDeclaration' || declared.kind !== 'const') return false
    return declared.declarations.some(
      ({ id, init }) => id.type === 'Identifier' && id.name === wanted && /FunctionExpression$/.test(init?.type ?? ''),
    )
  })
}

/** The names that a statement exports; undefined if it takes them out of a value. */
function namedBy({ declaration, specifiers }: ExportNamedDeclaration): readonly string[] | undefined {
  if (!declaration) return specifiers.map(({ exported }) => nameOf(exported))
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name]
  const ids = declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : undefined))
  return ids.includes(undefined) ? undefined : (ids as string[])
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value)
}
