import { createRequire } from 'node:module'
import type { Asked } from './discover.ts'

/**
 * Whether an installed package keeps what an import names from it: its `exports` does not have that path. Only for what
 * esbuild does not find.
 */
export function isClosed({ specifier, asking, importer }: Asked): boolean {
  if (/^[./\\#]/.test(specifier)) return false
  try {
    createRequire(importer).resolve(specifier)
    // It is there for `require` alone.
    return asking === 'import'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  }
}
