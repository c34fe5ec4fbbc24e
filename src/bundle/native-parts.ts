import { join } from 'node:path'
import { packageFolder, readManifest } from '../code/installed.ts'
import { packageOf } from '../code/packages.ts'

/** Returns what finds the native part of a package that a file belongs to; each package is read once. */
export function openNativeParts(): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  return (file) => {
    const folder = folderOf(file)
    if (folder === undefined) return undefined
    if (!known.has(folder)) known.set(folder, nativePartIn(folder))
    return known.get(folder)
  }
}

/**
 * Finds an installed optional dependency that is made for one platform, Linux among them, as `@img/sharp-linux-x64` is: the
 * package loads it by a name that it computes. Parts for other systems alone, such as fsevents, are no need of functions.
 */
function nativePartIn(folder: string): string | undefined {
  return readManifest(folder)?.optionalDependencies.find((name) => {
    const part = packageFolder(folder, name)
    return part !== undefined && readManifest(part)?.os.includes('linux') === true
  })
}

/** The folder of the package that a file belongs to. */
function folderOf(file: string): string | undefined {
  const [, modules, path] = /^(.*[/\\]node_modules[/\\])(.*)$/.exec(file) ?? []
  return modules === undefined ? undefined : join(modules, packageOf(path!.replaceAll('\\', '/')))
}
