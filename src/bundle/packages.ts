import { isBuiltin } from 'node:module'
import type { OnResolveResult, Plugin, PluginBuild, ResolveOptions } from 'esbuild'
import { isInPackages, isLent, packageOf } from '../sources/packages.ts'
import { functionModule, isOwn, OWN_FOLDER, ownIndex } from './own-files.ts'

const RESOLVING = Symbol('resolving')

/** What imports of packages that are left out of a build begin with; an index follows. */
export const APART = 'attak-apart:'

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
  if (!isLent(path)) return undefined
  if (path === 'attak') return { path: ownIndex(), sideEffects: false, external: false }
  return resolved(build, path, { ...options, importer: '', resolveDir: OWN_FOLDER })
}
