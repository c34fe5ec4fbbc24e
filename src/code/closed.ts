import { createRequire } from 'node:module'
import type { Asked } from './link.ts'

/**
 * Whether an installed package does not export the imported path: its `exports` lacks it. Only for imports that esbuild
 * does not find.
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
