import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { ImportKind, OnLoadResult, Plugin, PluginBuild } from 'esbuild'
import { withPlainRequires } from '../code/aliases.ts'
import { isClosed } from '../code/closed.ts'
import { createdRequires } from '../code/created.ts'
import { type MissingFolders, withoutGlobs } from '../code/globs.ts'
import { kindOf } from '../code/kinds.ts'
import type { Asked, Asking, Find } from '../code/link.ts'
import { commonJsNames } from '../code/names.ts'
import { packageOf } from '../code/packages.ts'
import { CODE } from '../code/places.ts'
import { findLent, staysOutside } from './links.ts'
import { openNativeParts } from './native-parts.ts'
import { escaped } from './refusals.ts'

/** How packages are followed. */
export interface PackageOptions {
  readonly external: readonly string[]
  /** Takes a CommonJS file that a module imports, and returns an expression for its exports. */
  readonly commonJs: (file: string) => string
  /** Collects the names of packages that do not export the imported paths. */
  readonly closed: Set<string>
  readonly missing: MissingFolders
  /** Returns the file that is imported instead of an ES module or CommonJS; undefined: it is part of the build. */
  readonly apart?: (file: string) => string | undefined
}

const FACADE = 'attak-facade'
const CREATES = 'attak-creates'
const RESOLVING = Symbol('resolving')
const GET = 'process.getBuiltinModule'

/** Packages by which others find their native code while they run. */
const ADDON_LOADERS: ReadonlySet<string> = new Set([
  ...['node-gyp-build', 'node-gyp-build-optional-packages', 'bindings', 'pkg-prebuilds', 'require-addon'],
  ...['node-pre-gyp', '@mapbox/node-pre-gyp'],
])

/** Whether code works without native code that one of the loaders of it does not find. */
export function worksWithoutAddon(text: string): boolean {
  return [...ADDON_LOADERS].some((loader) => expectsNone(text, loader))
}

/** Whether code continues if a package that it requires cannot be loaded. */
export function expectsNone(text: string, name: string): boolean {
  return new RegExp(`\\btry\\s*\\{[^}]*require\\(\\s*["']${escaped(name)}["']`).test(text)
}

/**
 * Follows imports of packages as Node does: every imported module runs, whatever its package declares about side
 * effects.
 */
export function packages(options: PackageOptions): Plugin {
  const { external, commonJs, closed, missing, apart } = options
  return {
    name: 'attak-packages',
    setup(build) {
      const asked = new Set<string>()
      const nativePart = openNativeParts()
      const find = finderIn(build)
      build.onResolve({ filter: /./ }, async ({ path, namespace, kind, pluginData, with: attributes, ...args }) => {
        if (pluginData === RESOLVING || kind === 'entry-point') return undefined
        const importer =
          namespace === 'file' && args.importer !== '' ? args.importer : join(args.resolveDir, 'attak.mjs')
        if (staysOutside(path, external)) {
          const creates =
            namespace === 'file' &&
            /^(?:node:)?module$/.test(path) &&
            createdRequires(textOf(importer), { resolved: true }).length > 0
          return creates ? { path: importer, namespace: CREATES } : { path, external: true }
        }
        const from = { specifier: path, asking: askingOf(kind), importer }
        const file = (await find(from)) ?? (await findLent(from, find))
        // Node looks for it when code gets there; many packages ask for what need not be installed.
        if (file === undefined) {
          if (isClosed(from)) closed.add(packageOf(path))
          return kind === 'import-statement' ? undefined : { path, external: true }
        }
        if (ADDON_LOADERS.has(path) && !expectsNone(textOf(importer), path))
          return { errors: [{ text: `"${path}" loads native code, which no bundle can hold` }] }
        const instead = from.asking === 'import' ? apart?.(file) : undefined
        if (instead !== undefined) return { path: instead, external: true }
        asked.add(file)
        const isFacade =
          from.asking === 'import' && isCommonJs(file) && namespace !== FACADE && attributes.type !== 'json'
        return { path: file, namespace: isFacade ? FACADE : 'file', sideEffects: true }
      })
      build.onLoad({ filter: /./, namespace: FACADE }, ({ path }) => facade(path, commonJs(path)))
      build.onLoad({ filter: /./, namespace: CREATES }, ({ path }) => creating(path, find, options))
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        // A computed path may lead to files that no code names.
        if (!asked.has(path) && !CODE.test(path) && !path.endsWith('.json')) return { contents: '', loader: 'empty' }
        const part = nativePart(path)
        if (part !== undefined)
          return {
            errors: [
              {
                text: `"${part}" is native code, which no bundle can hold`,
                location: { file: relative(build.initialOptions.absWorkingDir!, path) },
              },
            ],
          }
        if (!/\.[cm]?js$/.test(path)) return undefined
        const text = textOf(path)
        const requires = path.endsWith('.mjs') ? text : withPlainRequires(text)
        const plain = withoutGlobs(requires, missing.get(path))
        return plain === text ? undefined : { contents: plain, loader: 'js', resolveDir: dirname(path) }
      })
    },
  }
}

/** Finds files as esbuild does. esbuild reads package.json again for each question, and that of some packages is long. */
function finderIn(build: PluginBuild): Find {
  return async (from) => {
    const beside = fileBeside(from)
    if (beside !== undefined) return beside
    const { specifier, asking, importer } = from
    const kind = asking === 'require' ? 'require-call' : 'import-statement'
    const options = { resolveDir: dirname(importer), importer, kind, pluginData: RESOLVING } as const
    const { errors, path, namespace } = await build.resolve(specifier, options)
    return errors.length > 0 || namespace !== 'file' ? undefined : path
  }
}

/** Returns the file of a relative path that Node resolves without reading a package.json. */
export function fileBeside({ specifier, asking, importer }: Asked): string | undefined {
  if (!/^\.{1,2}\//.test(specifier) || /[?#%]|(?:^|\/)\.{0,2}$/.test(specifier)) return undefined
  const file = join(dirname(importer), specifier)
  const files = asking === 'require' ? [file, `${file}.js`] : [file]
  const found = files.find((one) => statSync(one, { throwIfNoEntry: false })?.isFile())
  return found === undefined ? undefined : realpathSync(found)
}

function askingOf(kind: ImportKind): Asking {
  return kind.startsWith('require') ? 'require' : 'import'
}

/** Whether Node loads a package's file as CommonJS; JSON counts as that. */
export function isCommonJs(file: string): boolean {
  const kind = kindOf(file, () => textOf(file))
  return kind === 'commonjs' || kind === 'json'
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8')
}

/** Makes a module that has the exports of a CommonJS file in Node, and runs the file in its turn. */
function facade(file: string, expression: string): OnLoadResult {
  const names = commonJsNames(file)
  const each = names.map((name, index) => `const $${index} = whole[${JSON.stringify(name)}]\n`)
  const exported = names.map((name, index) => `$${index} as ${JSON.stringify(name)}`)
  const contents = `const whole = ${expression}\nexport default whole\n${each.join('')}export { ${exported.join(', ')} }\n`
  return { contents, resolveDir: dirname(file) }
}

/** Replaces `node:module` where a package creates a separate `require`. */
async function creating(
  file: string,
  find: Find,
  { external, commonJs, closed }: PackageOptions,
): Promise<OnLoadResult> {
  const found: string[] = []
  for (const specifier of createdRequires(textOf(file), { resolved: true }).filter(
    (name) => !staysOutside(name, external),
  )) {
    const asked: Asked = { specifier, asking: 'require', importer: file }
    const meant = await find(asked)
    if (meant === undefined && isClosed(asked)) closed.add(packageOf(specifier))
    if (meant !== undefined) found.push(`${JSON.stringify(specifier)}: () => ${commonJs(meant)}`)
  }
  const contents = `const files = { __proto__: null, ${found.join(', ')} }
const Module = ${GET}('node:module')
export const { builtinModules, isBuiltin, register, syncBuiltinESMExports, findSourceMap, SourceMap } = Module
export const createRequire = (place) => {
  const own = Module.createRequire(import.meta.url)
  return Object.assign((name) => (files[name] ?? (() => own(name)))(), own)
}
export default Object.assign(Object.create(Module), { createRequire })
`
  return { contents }
}
