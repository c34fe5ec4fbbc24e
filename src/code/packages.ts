import { sep } from 'node:path'

/** Packages that a project may import without having them: then it gets those of the running attak. */
export const LENT_PACKAGES = ['attak', 'zod'] as const

/** Whether `specifier` names one of {@link LENT_PACKAGES} or something inside. */
export function isLent(specifier: string): boolean {
  return (LENT_PACKAGES as readonly string[]).includes(packageOf(specifier))
}

/** Whether `file` belongs to an installed package. */
export function isInPackages(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`)
}

/** Returns the package of a specifier such as `@scope/name/part`: `@scope/name`. */
export function packageOf(specifier: string): string {
  const [scope, name] = specifier.split('/')
  return specifier.startsWith('@') ? `${scope}/${name}` : scope!
}
