import { sep } from 'node:path'
import { nearest } from '../errors.ts'
import { listedPackages, packageFolder, readManifest } from './installed.ts'
import { isInPackages, LENT_PACKAGES, packageOf } from './packages.ts'

const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/

/** Returns what to do about an import in `folder` that leads nowhere. */
export function remedyForMissing(specifier: string, folder: string): string {
  if (/^[./\\]/.test(specifier)) return 'Correct the path; it is relative to the file that names it.'
  if (specifier.startsWith('#')) return `Name "${specifier}" in the imports of package.json, or correct the file there.`
  const name = packageOf(specifier)
  if (!PACKAGE_NAME.test(name)) return 'Write a path that begins with ./ or ../, or the name of a package.'
  const installed = packageFolder(folder, name)
  if (installed === undefined) return remedyForUninstalled(name, folder)
  const which = `${name} ${readManifest(installed)?.version ?? ''}`.trim()
  return specifier === name
    ? `${which} is installed, and its package.json names no file for this import. Install another version: npm install ${name}@latest`
    : `${which} is installed, and does not have this path. Import a path that it has, or install a version that has this one.`
}

/**
 * Returns what to do about a package that is named in `folder` and not installed. A name near to a known one is most often
 * mistyped, and a mistyped name may be a malicious package: so no command installs it.
 */
export function remedyForUninstalled(name: string, folder: string): string {
  const near = isInPackages(`${folder}${sep}`) ? undefined : nearKnown(name, folder)
  return near === undefined
    ? `Install it: npm install ${name}`
    : `Did you mean "${near}"? If not, check that "${name}" is the package you want, and install it.`
}

/** Returns the nearest package that the project has; undefined if none is near, or if package.json has `name`. */
function nearKnown(name: string, folder: string): string | undefined {
  const listed = listedPackages(folder)
  return listed.includes(name) ? undefined : nearest(name, [...listed, ...LENT_PACKAGES])
}
