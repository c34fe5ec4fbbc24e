import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fieldsOf, jsonOrText } from '../runtime/text.ts'

/** The parts of a package.json that list its dependencies and supported platforms. */
export interface Manifest {
  readonly version?: string
  /** The names of the packages. The same holds for the two lists below. */
  readonly dependencies: readonly string[]
  readonly optionalDependencies: readonly string[]
  readonly peerDependencies: readonly string[]
  readonly os: readonly string[]
  readonly cpu: readonly string[]
  readonly libc: readonly string[]
}

/** Finds the folder in which a package is installed, as Node finds it from `from`; links are resolved. */
export function packageFolder(from: string, name: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (at === dirname(at)) return undefined
  }
}

/** Returns the names of the packages that the package.json files of `from` and of the folders above it list. */
export function listedPackages(from: string): readonly string[] {
  const isFile = statSync(join(from, 'package.json'), { throwIfNoEntry: false })?.isFile() === true
  const manifest = isFile ? fieldsOf(jsonOrText(readFileSync(join(from, 'package.json'), 'utf8'))) : undefined
  const lists = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
  const listed = lists.flatMap((list) => Object.keys(fieldsOf(manifest?.[list]) ?? {}))
  return from === dirname(from) ? listed : [...listed, ...listedPackages(dirname(from))]
}

/**
 * Finds an installed package whose package.json is no JSON object, among those that Node finds from `from`. Returns its folder,
 * as it is named there.
 */
export function brokenPackage(from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const modules = join(at, 'node_modules')
    const broken = packagesIn(modules).find(isBroken)
    if (broken !== undefined) return join(modules, broken)
    if (at === dirname(at)) return undefined

    function isBroken(name: string): boolean {
      return existsSync(join(modules, name, 'package.json')) && readManifest(join(modules, name)) === undefined
    }
  }
}

function packagesIn(modules: string): readonly string[] {
  if (!existsSync(modules)) return []
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'))
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inside) => `${name}/${inside}`) : [name],
  )
}

/** Reads the package.json in a folder. Returns undefined if it is not a JSON object. A field of the wrong type counts as empty. */
export function readManifest(folder: string): Manifest | undefined {
  const fields = fieldsOf(jsonOrText(readFileSync(join(folder, 'package.json'), 'utf8')))
  if (fields === undefined) return undefined
  const { version, dependencies, optionalDependencies, peerDependencies, os, cpu, libc } = fields
  return {
    ...(typeof version === 'string' && { version }),
    dependencies: Object.keys(fieldsOf(dependencies) ?? {}),
    optionalDependencies: Object.keys(fieldsOf(optionalDependencies) ?? {}),
    peerDependencies: Object.keys(fieldsOf(peerDependencies) ?? {}),
    ...{ os: textsIn(os), cpu: textsIn(cpu), libc: textsIn(libc) },
  }
}

/** npm also accepts one text instead of a list. */
function textsIn(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === 'string')
}
