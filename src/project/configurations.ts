import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { packageOf } from '../code/packages.ts'
import { AttakError } from '../errors.ts'
import { isFile, isFolder, isSpecial, isTooLarge, TOO_LARGE_FILE } from './modules.ts'

/**
 * Returns the configurations that affect how the files of a folder are built, including those that do not exist yet.
 * Throws TOPOLOGY_LOAD_FAILED for a pipe, a socket or a device, because reading one may wait forever, and for a folder, and
 * for a file that is too large.
 */
export function configurationsOf(folder: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    found.add(manifest)
    refuseOther(manifest)
    addWithBases(join(at, 'tsconfig.json'), found)
    if (isFile(manifest) || at === dirname(at)) return found
  }
}

/** Throws TOPOLOGY_LOAD_FAILED for what cannot be read as a whole. */
export function refuseOther(file: string): void {
  const what = isSpecial(file)
    ? 'a pipe, a socket or a device'
    : isFolder(file)
      ? 'a folder'
      : isTooLarge(file)
        ? TOO_LARGE_FILE
        : undefined
  if (what === undefined) return
  throw new AttakError('TOPOLOGY_LOAD_FAILED', `${file} is ${what}`, 'Put a regular file there.')
}

function addWithBases(file: string, found: Set<string>): void {
  if (found.has(file)) return
  found.add(file)
  refuseOther(file)
  if (!isFile(file)) return
  const extended = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  for (const [, base] of extended.matchAll(/"([^"]+)"/g)) {
    const files = /^\.|^\//.test(base!) ? filesOf(resolve(dirname(file), base!)) : filesInPackages(dirname(file), base!)
    for (const one of files) addWithBases(one, found)
  }
}

function filesOf(path: string): readonly string[] {
  return path.endsWith('.json') ? [path] : [`${path}.json`]
}

/** The files that a base in a package may be, as far as the nearest package that has one. */
function filesInPackages(folder: string, base: string): readonly string[] {
  const files: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'node_modules', base)
    const here = [
      ...filesOf(path),
      join(path, 'tsconfig.json'),
      join(at, 'node_modules', packageOf(base), 'package.json'),
    ]
    files.push(...here)
    if (here.some(isFile) || at === dirname(at)) return files
  }
}

/** A path for imports with a prefix or a name, from a `tsconfig.json`. */
export interface Alias {
  /** `@lib/*`; or `*`: each name, relative to `baseUrl`. */
  readonly pattern: string
  /** Absolute, with a star where the pattern has one. */
  readonly target: string
}

/** Reads `paths` and `baseUrl` of configurations: all paths that esbuild may try, and maybe more. */
export function aliasesIn(configurations: Iterable<string>): readonly Alias[] {
  const texts = [...configurations].filter(isFile).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  const bases = new Set(texts.map(({ file }) => dirname(file)))
  const aliases: Alias[] = []
  for (const { file, text } of texts) {
    const base = /"baseUrl"\s*:\s*"([^"]*)"/.exec(text)?.[1]
    if (base === undefined) continue
    bases.add(resolve(dirname(file), base))
    aliases.push({ pattern: '*', target: resolve(dirname(file), base, '*') })
  }
  for (const { text } of texts) {
    const paths = /"paths"\s*:\s*\{([^}]*)\}/.exec(text)?.[1] ?? ''
    for (const [, pattern, targets] of paths.matchAll(/"([^"]+)"\s*:\s*\[([^\]]*)\]/g)) {
      for (const [, target] of targets!.matchAll(/"([^"]+)"/g)) {
        for (const base of bases) aliases.push({ pattern: pattern!, target: resolve(base, target!) })
      }
    }
  }
  return aliases
}
