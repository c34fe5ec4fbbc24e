import { isBuiltin } from 'node:module'
import { sep } from 'node:path'
import type { OnResolveResult, Plugin, PluginBuild, ResolveOptions } from 'esbuild'
import { functionModule, isOwn, OWN_FOLDER, ownIndex } from './own-files.ts'

/** Packages that a project may import without having them: then it gets those of the running attak. */
const LENT_PACKAGES = ['attak', 'zod']
const RESOLVING = Symbol('resolving')
const APART = 'attak-apart:'

/** How packages are treated in a build. */
export interface PackageOptions {
  /** Shipped as they are: imports of them stay. */
  readonly external: readonly string[]
  /** The files of packages that are left out, to be built once for all that import the same of them; undefined: none is. */
  readonly apart?: string[]
}

/**
 * Finds what modules import beside local files: packages, those that attak lends, and attak's own modules. With `apart`,
 * imports of packages become imports of `attak-apart:<index into apart>`.
 */
export function packages({ external, apart }: PackageOptions): Plugin {
  const places = new Map<string, number>()

  function leaveOut(found: OnResolveResult): OnResolveResult {
    const file = found.path!
    if (apart === undefined || !(isInPackages(file) || isOwn(file))) return found
    if (!places.has(file)) places.set(file, apart.push(file) - 1)
    return { path: `${APART}${places.get(file)}`, external: true, sideEffects: found.sideEffects ?? true }
  }

  return {
    name: 'attak-packages',
    setup(build) {
      build.onResolve(
        { filter: /^[^./\\]/ },
        async ({ path, kind, pluginData, importer, resolveDir, with: attributes }) => {
          if (pluginData === RESOLVING || kind === 'entry-point' || isBuiltin(path)) return undefined
          const own = path.startsWith('attak:') ? functionModule(path.slice('attak:'.length)) : undefined
          if (own !== undefined) return leaveOut({ path: own, sideEffects: false })
          if (external.includes(packageOf(path))) return { path, external: true }
          const options = { importer, resolveDir, kind, with: attributes, pluginData: RESOLVING }
          const found = (await resolved(build, path, options)) ?? (await lent(build, path, options))
          if (found === undefined || found.external) return undefined
          return leaveOut({ path: found.path, sideEffects: found.sideEffects })
        },
      )
    },
  }
}

async function resolved(build: PluginBuild, path: string, options: ResolveOptions) {
  const found = await build.resolve(path, options)
  return found.errors.length > 0 || found.namespace !== 'file' ? undefined : found
}

async function lent(build: PluginBuild, path: string, options: ResolveOptions) {
  if (!LENT_PACKAGES.includes(packageOf(path))) return undefined
  if (path === 'attak') return { path: ownIndex(), sideEffects: false, external: false }
  return resolved(build, path, { ...options, importer: '', resolveDir: OWN_FOLDER })
}

/** An import of a package that was left out: its place in {@link PackageOptions.apart}, the clause, and its text. */
const IMPORT_APART = new RegExp(`^import(?:\\s+([^"';]+?)\\s+from)?\\s+"${APART}(\\d+)";`, 'gm')

/** A module whose packages were left out, and what the module beside it must hold. */
export interface Parted {
  readonly text: string
  /** The source of the module that gives it all packages; empty when it imports none. */
  readonly packages: string
}

/**
 * Makes what one module imports of packages come from one file beside it, `beside`. Lines stay where they are.
 * `import { z as y } from "attak-apart:7"` becomes `import { p0_z as y } from "./packages.mjs"`.
 */
export function partPackages(text: string, apart: readonly string[], beside: string): Parted {
  const found = new Map<number, Set<string>>()
  const parted = text.replaceAll(IMPORT_APART, (statement, clause: string | undefined, index: string) => {
    const place = Number(index)
    const names = found.get(place) ?? new Set()
    found.set(place, names)
    const prefix = `p${[...found.keys()].indexOf(place)}`
    const imported = namesIn(clause ?? '')
    for (const { name } of imported) names.add(name)
    const wanted = imported.map(({ name, as }) => `${exportOf(prefix, name)} as ${as}`)
    const lines = '\n'.repeat(statement.split('\n').length - 1)
    return wanted.length === 0
      ? `import ${JSON.stringify(beside)};${lines}`
      : `import { ${wanted.join(', ')} } from ${JSON.stringify(beside)};${lines}`
  })
  const exports = [...found].map(([place, names], position) => exportsText(apart[place]!, names, `p${position}`))
  return { text: parted, packages: exports.join('\n') }
}

/** Whether a build's output asks for a package at run time, or by `require`: such packages cannot be left out. */
export function asksLater(imports: readonly { readonly path: string; readonly kind: string }[]): boolean {
  return imports.some(({ path, kind }) => path.startsWith(APART) && kind !== 'import-statement')
}

interface ImportedName {
  /** `*` for the whole module. */
  readonly name: string
  readonly as: string
}

/** Reads what stands between `import` and `from`, as esbuild writes it. */
function namesIn(clause: string): readonly ImportedName[] {
  const [, fallback, rest = ''] = /^([\w$]+)?\s*,?\s*([\s\S]*)$/.exec(clause)!
  const names = fallback === undefined ? [] : [{ name: 'default', as: fallback }]
  const whole = /^\*\s+as\s+([\w$]+)$/.exec(rest)
  if (whole !== null) return [...names, { name: '*', as: whole[1]! }]
  const listed = rest
    .replace(/[{}]/g, '')
    .split(',')
    .map((one) => one.trim())
  const named = listed
    .filter((one) => one !== '')
    .map((one) => {
      const [name, as = name] = one.split(/\s+as\s+/)
      return { name: name!, as: as! }
    })
  return [...names, ...named]
}

function exportOf(prefix: string, name: string): string {
  return name === '*' ? prefix : `${prefix}_${name}`
}

function exportsText(file: string, names: ReadonlySet<string>, prefix: string): string {
  const from = JSON.stringify(file)
  const listed = [...names].filter((name) => name !== '*').sort()
  const texts = listed.map((name) => `${name} as ${exportOf(prefix, name)}`)
  return [
    ...(names.size === 0 ? [`import ${from}`] : []),
    ...(names.has('*') ? [`export * as ${prefix} from ${from}`] : []),
    ...(texts.length > 0 ? [`export { ${texts.join(', ')} } from ${from}`] : []),
  ].join('\n')
}

/** Whether `file` belongs to an installed package. */
export function isInPackages(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`)
}

/** Gives the package that a specifier such as `@scope/name/part` names: `@scope/name`. */
export function packageOf(specifier: string): string {
  const [scope, name] = specifier.split('/')
  return specifier.startsWith('@') ? `${scope}/${name}` : scope!
}
