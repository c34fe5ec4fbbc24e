import { packageOf } from '../code/packages.ts'
import type { SizedPart } from './artifact.ts'
import type { ArtifactFiles } from './zip.ts'

/** Returns the sizes of files beside compiled code. Packages count as a whole, with what lies beneath them; included files each. */
export function sizesOf(files: ArtifactFiles): readonly SizedPart[] {
  const sizes = new Map<string, number>()
  for (const [path, { contents }] of files) {
    const inPackages = /^node_modules\/(.*)/.exec(path)?.[1]
    const part = inPackages === undefined ? path : packageOf(inPackages)
    sizes.set(part, (sizes.get(part) ?? 0) + contents.byteLength)
  }
  return [...sizes].map(([part, bytes]) => ({ part, bytes }))
}
