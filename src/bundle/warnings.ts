import { readFileSync, statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { pathsIn } from '../code/beside.ts'
import { isInPackages, packageOf } from '../code/packages.ts'
import { placeIn } from '../code/places.ts'
import { variablesIn } from '../code/variables.ts'
import type { LaidModule } from '../code/write.ts'
import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import { isGiven, undeclaredProblem } from '../graph/platform.ts'
import type { CompiledUnit } from './compile.ts'
import { placeOf } from './extras.ts'
import { isSecret } from './include.ts'
import { missingPackages } from './missing-packages.ts'
import { type CodePart, escaped, locationOf } from './refusals.ts'
import { requiredModules } from './required-modules.ts'
import type { Unit } from './units.ts'

/** A unit, and what its artifact is made of. */
export interface CheckedUnit {
  readonly unit: Unit
  readonly code: CompiledUnit
  /** Lists the files that `include` adds, by their paths in the artifact. */
  readonly extra: () => Promise<Iterable<string>>
}

/** Warns of what code finds where its source is, and does not find where its artifact runs: files, variables, packages, and ES modules for `require`. */
export async function codeWarnings(
  units: readonly CheckedUnit[],
  graph: Graph,
  dir: string,
): Promise<readonly Problem[]> {
  return [
    ...undeclared(units, graph, dir),
    ...(await unshipped(units, dir)),
    ...missingPackages(units, dir),
    ...(await requiredModules(units, graph, dir)),
  ]
}

function undeclared(units: readonly CheckedUnit[], graph: Graph, dir: string): readonly Problem[] {
  const found = new Map<string, { readonly where: string; readonly processors: Set<string> }>()
  // Code of the topology's module may be that of any processor in it.
  const inline = units.flatMap(({ unit }) => (unit.module === undefined ? unit.processors : []))
  for (const { unit, code } of units) {
    const all = [...code.local].map(([file, module]) => ({ file, module, ...variablesIn(module.text) }))
    const set = new Set(all.flatMap((one) => [...one.set]))
    const names = unit.module === undefined ? inline : unit.processors
    const declared = graph.processors.flatMap(({ name, environment }) =>
      names.includes(name) ? Object.keys(environment) : [],
    )
    for (const { file, module, read } of all) {
      for (const [name, at] of read) {
        if (isGiven(name) || set.has(name) || declared.includes(name)) continue
        const where = placed({ code: new RegExp(`\\b${escaped(name)}\\b`), at, module }, file, dir)
        const known = found.get(name) ?? { where, processors: new Set() }
        found.set(name, known)
        for (const processor of unit.processors) known.processors.add(processor)
      }
    }
  }
  return [...found].sort().map(([name, { where, processors }]) => undeclaredProblem(name, where, [...processors]))
}

/** A file or folder that code reads, and that is not shipped. */
interface Lacking {
  readonly path: string
  /** `lib/prices.ts:3:7`, or the package whose code reads it. */
  readonly reader: string
  readonly isPackage: boolean
  readonly units: Unit[]
}

async function unshipped(units: readonly CheckedUnit[], dir: string): Promise<readonly Problem[]> {
  const found = new Map<string, Lacking>()
  const read = readings(dir)
  for (const { unit, code, extra } of units) {
    const all = [...code.local.keys(), ...code.packaged].flatMap((file) => read(file, code))
    if (all.length === 0) continue
    const shipped = [...code.files.keys(), ...(await extra())]
    const isExternal = (path: string) => isInPackages(path) && unit.external.includes(ownerOf(path))
    const lacking = all.filter(({ path }) => !isExternal(path) && !isShipped(placeIn(dir, path), shipped))
    const folders = lacking.map(({ path }) => path + sep)
    const toldOf = new Set<string>()
    for (const { path, reader, isPackage } of lacking) {
      const isInside = folders.some((folder) => path.startsWith(folder))
      const key = isPackage ? reader : path
      if (isInside || toldOf.has(key)) continue
      toldOf.add(key)
      const known = found.get(key) ?? { path, reader, isPackage, units: [] }
      found.set(key, known)
      known.units.push(unit)
    }
  }
  return [...found.values()].map((one) => problemOf(one, dir))
}

/** A folder counts if anything in it is shipped. */
function isShipped(place: string, shipped: readonly string[]): boolean {
  return shipped.some((path) => path === place || path.startsWith(`${place}/`))
}

type Reading = Omit<Lacking, 'units'>

/** Returns what finds the files beside a module that it reads; each module is read once. */
function readings(dir: string) {
  const known = new Map<LaidModule | string, readonly Reading[]>()
  return (file: string, { local }: CompiledUnit): readonly Reading[] => {
    const own = local.get(file)
    const before = known.get(own ?? file)
    if (before !== undefined) return before
    const found = own === undefined ? inPackage(file) : inModule(file, own, dir)
    known.set(own ?? file, found)
    return found
  }
}

function inModule(file: string, module: LaidModule, dir: string): readonly Reading[] {
  if (module.kind === 'json') return []
  return pathsIn(module.text, { file, cwd: dir })
    .filter(({ path }) => isBeside(path, file) && path !== dir && !isSecret(path))
    .map(({ path, said, at }) => {
      const reader = placed({ code: new RegExp(escaped(said)), at, module }, file, dir)
      return { path, reader, isPackage: false }
    })
}

function inPackage(file: string): readonly Reading[] {
  const text = readFileSync(file, 'utf8')
  return pathsIn(text, { file })
    .filter(({ path }) => isBeside(path, file) && ownerOf(path) === ownerOf(file))
    .map(({ path }) => ({ path, reader: ownerOf(file), isPackage: true }))
}

/** Whether a path is there, and is neither the module itself nor a folder that it lies in. */
function isBeside(path: string, file: string): boolean {
  const isAbove = file === path || file.startsWith(path.endsWith(sep) ? path : path + sep)
  return !isAbove && statSync(path, { throwIfNoEntry: false }) !== undefined
}

function ownerOf(file: string): string {
  return packageOf(file.split(`${sep}node_modules${sep}`).at(-1)!.split(sep).join('/'))
}

function problemOf({ path, reader, isPackage, units }: Lacking, dir: string): Problem {
  const told = { code: 'FILE_NOT_SHIPPED', severity: 'warning', where: placeOf(units) } as const
  if (isPackage || isInPackages(path)) {
    const owner = ownerOf(path)
    const inside = path.slice(
      path.lastIndexOf(`${sep}node_modules${sep}${owner.split('/').join(sep)}${sep}`) +
        `${sep}node_modules${sep}`.length,
    )
    return {
      ...told,
      what: `${reader} reads ${inside.split(sep).join('/')}, which the artifact does not have`,
      remedy: `If your code reaches that line, ship the package as it is: external: ['${owner}'].`,
    }
  }
  const name = relative(dir, path).split(sep).join('/')
  const what = `${reader} reads ${name}, which the artifact does not have`
  const remedy = name.startsWith('../')
    ? "Move it into the topology's folder and name it in include."
    : `Ship it: include: ['${name}'].`
  return { ...told, what, remedy }
}

function placed(code: CodePart, file: string, dir: string): string {
  const at = locationOf(code, file, { dir, read: readFileSync })
  return `${at.file.split(sep).join('/')}:${at.line}:${at.column + 1}`
}
