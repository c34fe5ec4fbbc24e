import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import { externalFiles } from './external.ts'
import { type FoundFiles, includeFiles } from './include.ts'
import type { Unit } from './units.ts'
import type { ArtifactFiles } from './zip.ts'

/** The files of artifacts beside compiled code. */
export interface Extras {
  /** By unit, then by path in the artifact. */
  readonly files: ReadonlyMap<Unit, ArtifactFiles>
  readonly problems: readonly Problem[]
}

/** Reads what `external` and `include` name, once for all units that name the same. */
export async function readExtras(units: readonly Unit[], dir: string): Promise<Extras> {
  const externals = new Map<string, readonly Unit[]>()
  const includes = new Map<string, readonly Unit[]>()
  for (const unit of units) {
    add(externals, JSON.stringify([unit.external, unit.architecture]), unit)
    add(includes, JSON.stringify(unit.include), unit)
  }
  const found: (FoundFiles & { readonly units: readonly Unit[] })[] = []
  for (const alike of externals.values()) {
    found.push({ units: alike, ...externalFiles(alike[0]!.external, dir, alike[0]!.architecture) })
  }
  for (const alike of includes.values()) found.push({ units: alike, ...(await includeFiles(alike[0]!.include, dir)) })
  const files = new Map(
    units.map(
      (unit) => [unit, new Map(found.flatMap((one) => (one.units.includes(unit) ? [...one.files] : [])))] as const,
    ),
  )
  const problems = found.flatMap(({ units, problems }) =>
    problems.map((problem) => ({ ...problem, where: placeOf(units) })),
  )
  return { files, problems }
}

/** Returns the place of a unit's processors, as problems show it. */
export function placeOf(units: readonly Unit[]): string {
  return units.flatMap(({ processors }) => processors.map(placeOfProcessor)).join(', ')
}

function add(groups: Map<string, readonly Unit[]>, key: string, unit: Unit): void {
  groups.set(key, [...(groups.get(key) ?? []), unit])
}
