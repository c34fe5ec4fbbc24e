import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(import.meta.url)
const AS_SOURCE = HERE.endsWith('.ts')

/** The folder in which attak looks for packages that it lends to projects that lack them. */
export const OWN_FOLDER = dirname(HERE)

/**
 * The file of one of attak's modules that artifacts import, by its path in `src` without an ending: `hosts/lambda/entry`.
 * It is there as source, or as built beside this file: see `.ci/build.mjs`.
 */
export function functionModule(path: string): string {
  return join(OWN_FOLDER, AS_SOURCE ? `../${path}.ts` : `function-${path.replaceAll('/', '-')}.js`)
}

/** Returns the module for imports of `attak` in a project without its own copy. */
export function ownIndex(): string {
  return AS_SOURCE ? join(OWN_FOLDER, '../index.ts') : join(OWN_FOLDER, 'index.js')
}

/** Whether `file` is attak's own. */
export function isOwn(file: string): boolean {
  return file.startsWith((AS_SOURCE ? dirname(OWN_FOLDER) : OWN_FOLDER) + sep)
}
