import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of attak's own package. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Links attak, the packages that templates name, and other packages that are installed here, as `npm install` would do. */
export function install(project: string, others: readonly string[] = []): void {
  link(project, 'attak', '.')
  link(project, '.bin/attak', 'bin/attak.js')
  link(project, '.bin/vitest', 'node_modules/.bin/vitest')
  installOthers(project)
  for (const name of others.filter((each) => each !== 'attak')) link(project, name, join('node_modules', name))
}

/** The same without attak. */
export function installOthers(project: string): void {
  for (const name of ['@types/node', 'vitest', 'zod']) link(project, name, join('node_modules', name))
}

function link(project: string, path: string, target: string): void {
  const place = join(project, 'node_modules', path)
  if (existsSync(place)) return
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, target), place)
}
