import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageFolder } from './find.ts'
import { isFile } from './modules.ts'

/**
 * Returns the folder whose code belongs together with the project in `dir`: the nearest workspace above it (`workspaces` in
 * package.json, or pnpm-workspace.yaml), else the folder of its package.
 */
export function workspaceFolder(dir: string): string {
  const own = packageFolder(join(dir, 'package.json'))
  for (let folder = own; ; folder = dirname(folder)) {
    if (isWorkspace(folder)) return folder
    if (folder === dirname(folder)) return own
  }
}

function isWorkspace(folder: string): boolean {
  if (isFile(join(folder, 'pnpm-workspace.yaml'))) return true
  try {
    return Boolean(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).workspaces)
  } catch {
    return false
  }
}
