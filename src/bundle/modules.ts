import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'
import type { MissingFolders } from '../code/globs.ts'
import { ALL } from '../code/names.ts'
import { asUrl } from '../code/write.ts'
import { type BuildSettings, type Built, COMMON_JS, NOTHING, packageName, retried, withNodesErrors } from './builds.ts'
import { runsInOrder } from './order.ts'
import { isOwn } from './own-files.ts'
import { isCommonJs, packages } from './packages.ts'
import { stubName, stubOf } from './places.ts'

/** The imports from each of several modules, by their files: names, or {@link ALL}. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string>>

const SOURCE = 'attak-source'
const ENTRY = 'attak-entry:'

/**
 * Builds a module for each imported module of a package, with the wanted exports. Common parts are in separate files. If the
 * modules would run in another order than in Node, each is a file of its own, with all of its exports. Imported CommonJS is added
 * to `commonJs`.
 */
export async function buildModules(wanted: Wanted, settings: BuildSettings, commonJs: Set<string>): Promise<Built> {
  const files = [...wanted.keys()]
  if (files.length === 0) return NOTHING
  const closed = new Set<string>()
  const missing: MissingFolders = new Map()
  const build = async (exact: boolean) => {
    const { metafile, ...built } = await retried(settings, missing, {
      format: 'esm',
      splitting: true,
      chunkNames: 'shared-[hash]',
      entryPoints: files.map((file) => ({ in: ENTRY + file, out: packageName(settings.dir, file) })),
      plugins: [
        entries((file) => (exact && !wanted.get(file)!.has(ALL) ? exportsOf(file, wanted.get(file)!) : undefined)),
        packages({ external: settings.external, commonJs: adding(commonJs, settings), closed, missing }),
      ],
    })
    if (!runsInOrder(metafile, settings.dir)) return buildApart(wanted, settings, commonJs)
    return { ...built, files: withNodesErrors(built.files), closed: [...closed] }
  }
  try {
    return await build(true)
  } catch {
    // An export that does not exist may be imported. Then all exports are kept, and Node reports the missing one.
    return build(false)
  }
}

/** Builds each module that others lead to as a file of its own, so that Node itself runs them in their order. */
async function buildApart(wanted: Wanted, settings: BuildSettings, commonJs: Set<string>): Promise<Built> {
  const { dir, external } = settings
  const known = new Set(wanted.keys())
  const closed = new Set<string>()
  const missing: MissingFolders = new Map()
  const files = new Map<string, Uint8Array>()
  const sizes = new Map<string, number>()
  const sources: string[] = []
  let next = [...known]
  const apart = (file: string) => {
    if (isOwn(file) || file.endsWith('.json')) return undefined
    if (isCommonJs(file)) {
      commonJs.add(file)
      files.set(stubName(dir, file), stubOf(dir, file))
      return `./${asUrl(stubName(dir, file))}`
    }
    if (!known.has(file)) next.push(file)
    known.add(file)
    return `./${asUrl(packageName(dir, file))}.mjs`
  }
  while (next.length > 0) {
    const entryPoints = next.map((file) => ({ in: ENTRY + file, out: packageName(dir, file) }))
    next = []
    const built = await retried(settings, missing, {
      format: 'esm',
      entryPoints,
      plugins: [
        entries(() => undefined),
        packages({ external, commonJs: adding(commonJs, settings), closed, missing, apart }),
      ],
    })
    for (const [name, contents] of withNodesErrors(built.files)) files.set(name, contents)
    for (const [part, bytes] of built.sizes) sizes.set(part, (sizes.get(part) ?? 0) + bytes)
    sources.push(...built.sources)
  }
  return { files, sizes, sources: [...new Set(sources)], closed: [...closed] }
}

/** Returns the expression for the exports of a CommonJS file, which is added to `commonJs`. */
function adding(commonJs: Set<string>, { dir }: BuildSettings) {
  return (file: string): string => {
    commonJs.add(file)
    const id = JSON.stringify(packageName(dir, file))
    return `process.getBuiltinModule("node:module").createRequire(import.meta.url)("./${COMMON_JS}")[${id}]()`
  }
}

function exportsOf(file: string, names: ReadonlySet<string>): string {
  const from = JSON.stringify(file)
  return names.size === 0 ? `import ${from}` : `export { ${[...names].sort().join(', ')} } from ${from}`
}

function entries(sourceOf: (file: string) => string | undefined): Plugin {
  return {
    name: 'attak-entries',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}`) }, ({ path }) => {
        const file = path.slice(ENTRY.length)
        return { path: file, namespace: sourceOf(file) === undefined ? 'file' : SOURCE }
      })
      build.onLoad({ filter: /./, namespace: SOURCE }, ({ path }) => ({
        contents: sourceOf(path)!,
        resolveDir: dirname(path),
      }))
    },
  }
}
