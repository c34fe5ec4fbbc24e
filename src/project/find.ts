import { readdirSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { type AttakError, errorOf, nearest, type Problem } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'
import { foreignBeside, foreignRemedy } from './foreign.ts'
import type { ParsedJson } from './json.ts'
import { readJsonFile } from './json-file.ts'
import { filesFor, isFile, isFolder, isModule, isSpecial, resolveModule } from './modules.ts'
import { DATA_ENDINGS, readerOf } from './readers.ts'

const ENDINGS = ['ts', 'mts', 'js', 'mjs', 'cjs', ...DATA_ENDINGS.map((ending) => ending.slice(1))]
const CANDIDATES = [...ENDINGS.map((ending) => `topology.${ending}`), ...ENDINGS.map((ending) => `index.${ending}`)]

/** The file of a topology, absolute, and the warnings about finding it. */
export interface FoundTopology {
  readonly file: string
  readonly warnings: readonly Problem[]
}

/**
 * Finds the topology of `path` (a file or a folder; the current folder when left out). In a folder that is the `main`
 * of package.json, else `topology.*`, else `index.*`. If `main` names a file that does not exist, as `npm init` does,
 * the only one of these is used, with a warning. Throws TOPOLOGY_NOT_FOUND.
 */
export function findTopology(path: string | undefined, cwd: string): FoundTopology {
  const start = resolve(cwd, path ?? '.')
  if (isFile(start)) return { file: checkEnding(start, path ?? '.'), warnings: [] }
  if (isFolder(start)) return findInFolder(start, cwd)
  const file = resolveModule(start)
  if (file !== undefined) return { file, warnings: [] }
  const near = isFolder(dirname(start)) ? nearest(basename(start), readdirSync(dirname(start))) : undefined
  const remedy =
    near === undefined
      ? 'Give the path of a topology or of the folder that holds it.'
      : `Did you mean ${shown(join(dirname(start), near), cwd)}?`
  throw notFound(path ?? '.', 'there is no such file or folder', remedy)
}

/** The files that decide what {@link findTopology} finds, absolute, whether they are there or not. */
export function filesLookedFor(path: string | undefined, cwd: string): readonly string[] {
  const start = resolve(cwd, path ?? '.')
  if (isFile(start) || isSpecial(start)) return filesFor(start)
  const manifest = join(start, 'package.json')
  const main = isFile(manifest) ? mainIn(readJsonFile(manifest)) : undefined
  const meant = main === undefined ? [] : filesFor(join(start, main), DATA_ENDINGS)
  const inside = [manifest, ...CANDIDATES.map((name) => join(start, name)), ...meant]
  return isFolder(start) ? inside : [...filesFor(start), ...inside]
}

/** Other files would be built as code, and their faults reported as faults of code. */
function checkEnding(file: string, given: string): string {
  const ending = extname(file)
  if (isModule(file) || readerOf(file) !== undefined) return file
  const known = `.ts, ${['.js', ...DATA_ENDINGS.slice(0, -1)].join(', ')} or ${DATA_ENDINGS.at(-1)}`
  const remedy = EVENTS.has(ending)
    ? `Events are given by --input ${given}.`
    : (foreignRemedy(given, 'topology') ?? `Give a ${known} file.`)
  throw notFound(given, `a ${ending === '' ? 'file without an ending' : `${ending} file`} is not a topology`, remedy)
}

const EVENTS: ReadonlySet<string> = new Set(['.jsonl', '.ndjson', '.txt', '.log', '.csv'])

/**
 * Returns the folder of the package that `file` belongs to: the nearest one with a package.json, else the file's
 * folder.
 */
export function packageFolder(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (isFile(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return dirname(file)
  }
}

/** Returns the name of the package that `file` belongs to; undefined if it has none. */
export function nameOfPackage(file: string): string | undefined {
  const manifest = join(packageFolder(file), 'package.json')
  const parsed = isFile(manifest) ? readJsonFile(manifest) : undefined
  const name = parsed?.kind === 'value' ? fieldsOf(parsed.value)?.name : undefined
  return typeof name === 'string' ? name : undefined
}

function findInFolder(folder: string, cwd: string): FoundTopology {
  const main = mainOf(folder, cwd)
  const usual = CANDIDATES.filter((name) => isFile(join(folder, name)))
  const [first] = usual
  if (main !== undefined) {
    const file = resolveModule(join(folder, main), DATA_ENDINGS)
    if (file !== undefined) {
      return { file: checkEnding(file, shown(file, cwd)), warnings: otherTopology(file, usual, folder, cwd) }
    }
    const where = shown(join(folder, 'package.json'), cwd)
    const what = `"main" names ${JSON.stringify(main)}, which does not exist`
    if (first === undefined) throw notFound(where, what, `Create ${main}, or make "main" the path of the topology.`)
    const remedy = `Name it in "main": npm pkg set main=${first}`
    if (usual.length > 1)
      throw notFound(where, what, `Name one of ${usual.join(', ')} in "main": npm pkg set main=${first}`)
    const warning = {
      code: 'TOPOLOGY_NOT_FOUND',
      severity: 'warning',
      where,
      what: `${what}; ${first} is run`,
      remedy,
    } as const
    return { file: join(folder, first), warnings: [warning] }
  }
  if (first !== undefined) return { file: join(folder, first), warnings: [] }
  const foreign = ['topology', 'index'].flatMap((name) => foreignBeside(join(folder, name), 'topology') ?? [])[0]
  if (foreign !== undefined) {
    const remedy = foreignRemedy(foreign, 'topology') ?? `Give its path, such as attak check ${foreign}.`
    throw notFound(shown(join(folder, foreign), cwd), NOT_LOOKED_FOR, remedy)
  }
  throw notFound(
    shown(folder, cwd),
    `there is no topology here: no "main" in a package.json, no topology.{${ENDINGS}}, no index.{${ENDINGS}}`,
    'Create a new project with `attak init my-project`, or give the path of a topology.',
  )
}

const NOT_LOOKED_FOR = 'has an ending that attak does not look for in a folder'

/** A `topology.*` beside the file that `main` names is easily taken for the one that runs. */
function otherTopology(file: string, usual: readonly string[], folder: string, cwd: string): readonly Problem[] {
  const named = usual.filter((name) => name.startsWith('topology.'))
  const [other] = named
  if (other === undefined || named.some((name) => join(folder, name) === file)) return []
  return [
    {
      ...{ code: 'TOPOLOGY_AMBIGUOUS', severity: 'warning', where: shown(join(folder, 'package.json'), cwd) },
      what: `"main" names ${relative(folder, file)}, which is run; ${other} is not read`,
      remedy: `Keep one of them, or name the other: npm pkg set main=${other}`,
    },
  ]
}

function mainOf(folder: string, cwd: string): string | undefined {
  const manifest = join(folder, 'package.json')
  if (!isFile(manifest)) return undefined
  const parsed = readJsonFile(manifest)
  if (parsed.kind === 'fault') {
    const { line, column, what } = parsed.fault
    throw notFound(
      `${shown(manifest, cwd)}:${line}:${column}`,
      what,
      'Correct package.json, or give the path of a topology.',
    )
  }
  if (fieldsOf(parsed.value) === undefined) {
    throw notFound(
      shown(manifest, cwd),
      'is not a JSON object',
      'Correct package.json, or give the path of a topology.',
    )
  }
  return mainIn(parsed)
}

function mainIn(parsed: ParsedJson): string | undefined {
  const main = parsed.kind === 'value' ? fieldsOf(parsed.value)?.main : undefined
  return typeof main === 'string' && main !== '' ? main : undefined
}

/** `path` as a person in `cwd` would write it. */
export function shown(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '' ? '.' : short.startsWith('..') ? path : short
}

function notFound(where: string, what: string, remedy: string): AttakError {
  return errorOf([{ code: 'TOPOLOGY_NOT_FOUND', severity: 'error', where, what, remedy }])
}
