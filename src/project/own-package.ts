import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the running attak lies. */
export interface OwnPackage {
  /** The folder of its package, absolute. */
  readonly root: string
  /** A checkout of its sources, not what npm installed into a `node_modules` folder. */
  readonly checkout: boolean
}

/** Finds the running attak's own package: the nearest folder above this module that has a `package.json`. */
export function findOwnPackage(): OwnPackage {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json'))) root = dirname(root)
  return { root, checkout: !root.split(sep).includes('node_modules') }
}
