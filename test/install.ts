import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of attak's own package. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** What `npm install` gives a project of ours, offline: attak itself and the packages that templates name, linked. */
export function install(project: string): void {
  const link = (target: string, path: string) => {
    mkdirSync(dirname(join(project, 'node_modules', path)), { recursive: true })
    symlinkSync(join(root, target), join(project, 'node_modules', path))
  }
  link('.', 'attak')
  link('bin/attak.js', '.bin/attak')
  for (const name of ['@types/node', 'typescript', 'vitest', 'zod']) link(join('node_modules', name), name)
  for (const name of ['tsc', 'vitest']) link(join('node_modules/.bin', name), join('.bin', name))
}
