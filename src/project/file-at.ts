import { resolve } from 'node:path'
import { packageFolder } from './find.ts'
import { resolveModule } from './modules.ts'

/** Returns the file that a path names: relative to the topology's folder, else to the folder of its package. */
export function fileAt(path: string, dir: string): string | undefined {
  return resolveModule(resolve(dir, path)) ?? resolveModule(resolve(packageFolder(resolve(dir, 'topology')), path))
}
