import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isFile } from './modules.ts'

/** The configurations that have a say in how the files of a folder are built, also those that are not there yet. */
export function configurationsOf(folder: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    found.add(manifest)
    addWithBases(join(at, 'tsconfig.json'), found)
    if (isFile(manifest) || at === dirname(at)) return found
  }
}

function addWithBases(file: string, found: Set<string>): void {
  if (found.has(file)) return
  found.add(file)
  if (!isFile(file)) return
  const extended = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  for (const [, base] of extended.matchAll(/"(\.[^"]*)"/g)) {
    const path = join(dirname(file), base!)
    addWithBases(path.endsWith('.json') ? path : `${path}.json`, found)
  }
}
