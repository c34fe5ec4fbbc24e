import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of attak's own package. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** What `npm install` gives a project of ours, offline: attak itself and the packages that templates name, linked. */
export function install(project: string): void {
  link(project, 'attak', '.')
  link(project, '.bin/attak', 'bin/attak.js')
  link(project, '.bin/vitest', 'node_modules/.bin/vitest')
  installOthers(project)
}

/** The same without attak. */
export function installOthers(project: string): void {
  for (const name of ['@types/node', 'vitest', 'zod']) link(project, name, join('node_modules', name))
}

function link(project: string, path: string, target: string): void {
  const place = join(project, 'node_modules', path)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, target), place)
}
