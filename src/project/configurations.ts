import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AttakError } from '../errors.ts'
import { isFile, isSpecial } from './modules.ts'

/**
 * The configurations that have a say in how the files of a folder are built, also those that are not there yet. Throws
 * TOPOLOGY_LOAD_FAILED for a pipe, a socket or a device: whoever reads one may wait forever.
 */
export function configurationsOf(folder: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    found.add(manifest)
    refuseSpecial(manifest)
    addWithBases(join(at, 'tsconfig.json'), found)
    if (isFile(manifest) || at === dirname(at)) return found
  }
}

function refuseSpecial(file: string): void {
  if (!isSpecial(file)) return
  throw new AttakError('TOPOLOGY_LOAD_FAILED', `${file} is a pipe, a socket or a device`, 'Put a regular file there.')
}

function addWithBases(file: string, found: Set<string>): void {
  if (found.has(file)) return
  found.add(file)
  refuseSpecial(file)
  if (!isFile(file)) return
  const extended = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  for (const [, base] of extended.matchAll(/"(\.[^"]*)"/g)) {
    const path = join(dirname(file), base!)
    addWithBases(path.endsWith('.json') ? path : `${path}.json`, found)
  }
}
