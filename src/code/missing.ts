import { packageFolder, readManifest } from './installed.ts'
import { packageOf } from './packages.ts'

const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/

/** Returns what to do about an import in `folder` that leads nowhere. */
export function remedyForMissing(specifier: string, folder: string): string {
  if (/^[./\\]/.test(specifier)) return 'Correct the path; it is relative to the file that names it.'
  if (specifier.startsWith('#')) return `Name "${specifier}" in the imports of package.json, or correct the file there.`
  const name = packageOf(specifier)
  if (!PACKAGE_NAME.test(name)) return 'Write a path that begins with ./ or ../, or the name of a package.'
  const installed = packageFolder(folder, name)
  if (installed === undefined) return `Install it: npm install ${name}`
  const which = `${name} ${readManifest(installed)?.version ?? ''}`.trim()
  return specifier === name
    ? `${which} is installed, and its package.json names no file for this import. Install another version: npm install ${name}@latest`
    : `${which} is installed, and does not have this path. Import a path that it has, or install a version that has this one.`
}
