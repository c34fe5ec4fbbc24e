import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ImportKind, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import { isInPackages, isLent, packageOf } from '../sources/packages.ts'

const HERE = fileURLToPath(import.meta.url)
const RESOLVING = Symbol('resolving')

/**
 * Leaves packages out of a build that is written to `outFolder`, each import still finding the very file that it finds
 * from its own source. What the project lacks of `LENT_PACKAGES` is the running attak's.
 */
export function packagesOutside(outFolder: string): Plugin {
  return {
    name: 'attak-packages',
    setup(build) {
      build.onResolve(
        { filter: /^[^./\\]/ },
        async ({ path, importer, resolveDir, kind, pluginData, with: attributes }) => {
          if (pluginData === RESOLVING || kind === 'entry-point' || isBuiltin(path)) return undefined
          const found = await build.resolve(path, {
            importer,
            resolveDir,
            kind,
            with: attributes,
            pluginData: RESOLVING,
          })
          if (found.errors.length > 0) return lent(build, path, kind)
          if (found.external) return { path: found.path, external: true }
          if (!isInPackages(found.path) && !isLent(path)) return undefined
          const name = packageOf(path)
          const alike =
            isInPackages(found.path) && packageFolderOf(resolveDir, name) === packageFolderOf(outFolder, name)
          return alike ? { path, external: true } : outside(found.path, kind)
        },
      )
    },
  }
}

/** Gives the folder of the package `name` that a module in `folder` finds; undefined when it finds none. */
export function packageFolderOf(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(candidate)) return candidate
    if (at === dirname(at)) return undefined
  }
}

async function lent(build: PluginBuild, path: string, kind: ImportKind): Promise<OnResolveResult | undefined> {
  if (!isLent(path)) return undefined
  const own = ownEntries[path]
  if (own !== undefined) return outside(own, kind)
  const found = await build.resolve(path, { resolveDir: dirname(HERE), kind, pluginData: RESOLVING })
  return found.errors.length > 0 ? undefined : outside(found.path, kind)
}

/** Where attak's own entries are: beside this file once built; as sources, which are compiled along, before. */
const ownEntries: Readonly<Record<string, string>> = HERE.endsWith('.ts')
  ? { attak: join(HERE, '../../index.ts'), 'attak/testing': join(HERE, '../../testing.ts') }
  : { attak: join(HERE, '../index.js'), 'attak/testing': join(HERE, '../testing.js') }

function outside(file: string, kind: ImportKind): OnResolveResult {
  if (file.endsWith('.ts')) return { path: file }
  return { path: kind.startsWith('require') ? file : pathToFileURL(file).href, external: true }
}
