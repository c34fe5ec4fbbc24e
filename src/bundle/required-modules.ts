import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Plugin, ResolveOptions } from 'esbuild'
import { kindOf } from '../code/kinds.ts'
import { CODE } from '../code/places.ts'
import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import { variablesOf } from '../graph/variables.ts'
import type { CompiledUnit } from './compile.ts'
import { placeOf } from './extras.ts'
import { expectsNone, fileBeside } from './packages.ts'
import { escaped } from './refusals.ts'
import type { Unit } from './units.ts'

/** A unit, and what its artifact is made of. */
interface UnitCode {
  readonly unit: Unit
  readonly code: CompiledUnit
}

/**
 * Has Lambda leave `require()` of ES modules on, which it switches off by itself. Source: Lambda's guide, "Building with
 * Node.js", experimental features; read 2026-11-28.
 */
const ALLOWED = '--experimental-require-module'
/** The artifact's code: users' code and bundled packages. */
const OWN_CODE = 'code of the artifact'
const ENTRY = 'attak-entry.js'
const RESOLVING = Symbol('resolving')

/**
 * Warns of each external package in which CommonJS requires an ES module: Node does that here, and Lambda does not. Reads
 * code alone: what a package requires by a computed name is not found.
 */
export async function requiredModules(
  units: readonly UnitCode[],
  graph: Graph,
  dir: string,
): Promise<readonly Problem[]> {
  const found = new Map<string, { readonly what: string; readonly name: string; readonly units: Unit[] }>()
  const known = new Map<string, Promise<string | undefined>>()
  const find = (entry: string) => {
    const before = known.get(entry) ?? requireIn(entry, dir)
    known.set(entry, before)
    return before
  }
  for (const { unit, code } of units.filter((one) => !isAllowed(one.unit, graph))) {
    for (const name of unit.external) {
      const what = await find(entryOf(name, code))
      if (what === undefined) continue
      const before = found.get(`${name} ${what}`) ?? { what, name, units: [] }
      found.set(`${name} ${what}`, before)
      before.units.push(unit)
    }
  }
  return [...found.values()].map(({ what, name, units: all }) => ({
    code: 'PACKAGE_REQUIRES_MODULE',
    severity: 'warning',
    where: placeOf(all),
    what: `${what}, an ES module, which Lambda does not let require() load`,
    remedy: `${what.startsWith(OWN_CODE) ? 'Import it' : `Install a version of ${name} that requires none`}, or set environment: { NODE_OPTIONS: '${ALLOWED}' }.`,
  }))
}

function isAllowed({ processors }: Unit, graph: Graph): boolean {
  const all = graph.processors.filter(({ name }) => processors.includes(name))
  return all.every((processor) => variablesOf(processor, {}).NODE_OPTIONS?.includes(ALLOWED))
}

/** A module that asks for a package as the code of an artifact does; imports it if no code asks for it by its name. */
function entryOf(name: string, { files }: CompiledUnit): string {
  const asks = new RegExp(
    `(?:\\b(from|import)\\s*\\(?\\s*|[\\w$]\\(\\s*)(["'\`])(${escaped(name)}(?:/[^"'\`\\s]*)?)\\2`,
    'g',
  )
  const asked = [...files].flatMap(([path, contents]) =>
    /\.[cm]?js$/.test(path) ? [...Buffer.from(contents).toString().matchAll(asks)] : [],
  )
  const calls = asked.map(([, imports, , specifier]) =>
    callOf(imports === undefined ? 'require' : 'import', specifier!),
  )
  return calls.length === 0 ? callOf('import', name) : [...new Set(calls)].sort().join('')
}

function callOf(call: string, specifier: string): string {
  return `${call}(${JSON.stringify(specifier)})\n`
}

/** Follows an entry through packages to the first `require` of an ES module: `pkg/index.js requires "other"`. */
async function requireIn(entry: string, dir: string): Promise<string | undefined> {
  const { build } = await import('esbuild')
  const found: string[] = []
  try {
    await build({
      stdin: { contents: entry, resolveDir: dir, sourcefile: ENTRY },
      absWorkingDir: dir,
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      mainFields: ['main'],
      // Without `module-sync`, which Node takes only where it lets `require` load ES modules.
      conditions: [],
      logLevel: 'silent',
      plugins: [following(dir, found)],
    })
  } catch {
    // A file that esbuild cannot read is followed no further; the package is shipped as it is.
  }
  return found.sort()[0]
}

function following(dir: string, found: string[]): Plugin {
  return {
    name: 'attak-required-modules',
    setup(build) {
      const modules = new Map<string, boolean>()
      const isModule = (file: string) => {
        const known = modules.get(file) ?? kindOf(file, () => readFileSync(file, 'utf8')) === 'module'
        modules.set(file, known)
        return known
      }
      const resolved = async (path: string, options: ResolveOptions) => {
        const { errors, external, namespace, path: file } = await build.resolve(path, options)
        return errors.length > 0 || external || namespace !== 'file' ? undefined : file
      }
      build.onResolve({ filter: /./ }, async ({ path, kind, pluginData, importer, resolveDir }) => {
        if (pluginData === RESOLVING || kind === 'entry-point') return undefined
        const isEntry = importer === join(dir, ENTRY)
        const asking = kind.startsWith('require') ? 'require' : 'import'
        const beside = isEntry ? undefined : fileBeside({ specifier: path, asking, importer })
        const to = beside ?? (await resolved(path, { resolveDir, importer, kind, pluginData: RESOLVING }))
        if (to === undefined || !CODE.test(to)) return { path, external: true }
        if (kind === 'require-call' && isModule(to)) {
          if (isEntry || !expectsNone(readFileSync(importer, 'utf8'), path))
            found.push(`${isEntry ? OWN_CODE : shown(importer, dir)} requires "${path}"`)
        }
        return { path: to }
      })
    },
  }
}

/** Returns a file as its package names it: `pkg/lib/index.js`; a linked file, relative to the topology's folder. */
function shown(file: string, dir: string): string {
  return relative(dir, file)
    .split(sep)
    .join('/')
    .split(/(?:^|\/)node_modules\//)
    .at(-1)!
}
