import type { Problem } from '../errors.ts'
import type { BundleFault } from './compile.ts'
import { readExtras } from './extras.ts'
import { packageToShip } from './faults.ts'
import { LIMITS, sizeProblems } from './limits.ts'
import { sizesOf } from './sizes.ts'
import type { Unit } from './units.ts'
import { zipAll } from './zip.ts'

/**
 * Returns the problems of what `external` and `include` name, and those that remain when users have named in `external` what the
 * remedies of faults say: binaries for other platforms, and artifacts that become too large. So users learn of all at once.
 */
export async function foreseenProblems<U extends Unit>(
  units: readonly U[],
  faults: readonly BundleFault[],
  dir: string,
  limits: typeof LIMITS = LIMITS,
): Promise<readonly Problem[]> {
  const later = units.map((unit) => {
    const shipped = faults.flatMap((fault) => (isOf(fault, unit) ? (packageToShip(fault.message) ?? []) : []))
    return { ...unit, external: [...new Set([...unit.external, ...shipped])].sort() }
  })
  const extras = await readExtras(later, dir)
  const sizes = later.map(async (unit) => {
    const files = extras.files.get(unit)!
    const unzippedBytes = [...files.values()].reduce((sum, { contents }) => sum + contents.byteLength, 0)
    if (unzippedBytes <= limits.zipBytes) return []
    const [zipped] = await zipAll([files])
    const parts = sizesOf(files).toSorted((one, other) => other.bytes - one.bytes)
    const sized = { processors: unit.processors, zipBytes: zipped!.zip.byteLength, unzippedBytes, sizes: parts }
    return sizeProblems(sized, limits)
  })
  return [...extras.problems, ...(await Promise.all(sizes)).flat()]
}

function isOf({ units }: BundleFault, { id }: Unit): boolean {
  return units.some((unit) => unit.id === id)
}
