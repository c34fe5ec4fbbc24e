import { join } from 'node:path'
import { type Discovered, INDEX } from '../code/discover.ts'
import { linkKey } from '../code/link.ts'
import { ALL, importedNames } from '../code/names.ts'
import type { LaidModule } from '../code/write.ts'
import { TELEMETRY_PACKAGE } from '../runtime/spans.ts'
import type { BuildSettings } from './builds.ts'
import { isOwn } from './own-files.ts'
import { isCommonJs } from './packages.ts'
import { CODE_FILE, packageAt } from './places.ts'
import type { SourceUnit } from './units.ts'

/** The known facts of all modules in the units of one group. */
export interface KnownProject {
  readonly settings: BuildSettings
  readonly discovered: Discovered
  readonly laid: ReadonlyMap<string, LaidModule>
  /** By the text of a local module: see `importedNames`. */
  readonly names: Map<string, ReadonlyMap<string, ReadonlySet<string>>>
}

/** The files that a unit leads to. */
export interface Reached {
  /** Local files, in the order in which they are found. */
  readonly local: readonly string[]
  /** ES modules of packages, and of attak. */
  readonly wanted: ReadonlyMap<string, ReadonlySet<string>>
  /** CommonJS files of packages that local files ask for. */
  readonly commonJs: ReadonlySet<string>
}

/** Finds all that a unit leads to; `index` is the module that its artifact starts with. */
export function reach(unit: SourceUnit, { settings, discovered, laid, names }: KnownProject, index: string): Reached {
  const wanted = new Map<string, Set<string>>()
  const commonJs = new Set<string>()
  const local = new Set(rootsOf(unit).filter((file) => laid.has(file)))
  const take = (importer: string, at: string, imported: ReadonlyMap<string, ReadonlySet<string>>) => {
    for (const [key, link] of discovered.links.get(importer) ?? []) {
      if (link.to === 'local') local.add(link.file)
      // What code only resolves in a package is refused: see `refusalsIn`.
      if (link.to !== 'package' || /^\S+\.resolve /.test(key)) continue
      const asking = key.startsWith(linkKey('', 'require')) ? 'require' : 'import'
      if (!isOwn(link.file) && (asking === 'require' || isCommonJs(link.file))) commonJs.add(link.file)
      else {
        const known = wanted.get(link.file) ?? new Set()
        const { specifier } = packageAt(settings.dir)(link.file, 'import', at)
        // Any of its exports may be read from what `require` returns.
        for (const name of asking === 'require' ? [ALL] : (imported.get(specifier) ?? [])) known.add(name)
        wanted.set(link.file, known)
      }
    }
  }
  if (unit.source.includes(TELEMETRY_PACKAGE)) take(join(settings.dir, INDEX), CODE_FILE, importedNames(index))
  for (const file of local) {
    const { at, text, kind } = laid.get(file)!
    if (kind === 'json') continue
    const known = names.get(text) ?? importedNames(text)
    names.set(text, known)
    take(file, at, known)
  }
  return { local: [...local], wanted: new Map([...wanted].sort(([one], [other]) => (one < other ? -1 : 1))), commonJs }
}

/** The modules that a unit starts with, users' own. */
export function rootsOf({ module, topology }: SourceUnit): string[] {
  return [module, topology].filter((file) => file !== undefined)
}
