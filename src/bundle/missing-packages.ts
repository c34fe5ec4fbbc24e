import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, relative, sep } from 'node:path'
import type { AnyNode } from 'acorn'
import { parse } from 'es-module-lexer/js'
import { packageFolder } from '../code/installed.ts'
import { remedyForMissing } from '../code/missing.ts'
import { isLent, packageOf } from '../code/packages.ts'
import { calledName, parseCode, walk } from '../code/tree.ts'
import type { Problem } from '../errors.ts'
import type { CompiledUnit } from './compile.ts'
import { placeOf } from './extras.ts'
import { staysOutside } from './links.ts'
import { fileBeside, isCommonJs } from './packages.ts'
import type { Unit } from './units.ts'

/** A unit, and what its artifact is made of. */
interface UnitCode {
  readonly unit: Unit
  readonly code: CompiledUnit
}

/**
 * Warns of packages that CommonJS of another package requires whenever it is loaded, and that are not installed. Many packages
 * require, in a condition, a function or a `try`, what need not be installed: those requires do not count.
 */
export function missingPackages(units: readonly UnitCode[], dir: string): readonly Problem[] {
  const found = new Map<string, { readonly file: string; readonly specifier: string; readonly units: Unit[] }>()
  for (const { unit, code } of units) {
    for (const { file, specifier } of missingIn(code, unit.external)) {
      const key = `${file} ${specifier}`
      const known = found.get(key) ?? { file, specifier, units: [] }
      found.set(key, known)
      known.units.push(unit)
    }
  }
  return [...found.values()].map(({ file, specifier, units: all }) => ({
    code: 'BUNDLE_FAILED',
    severity: 'warning',
    where: placeOf(all),
    what: `${relative(dir, file).split(sep).join('/')} requires "${specifier}", which is not installed`,
    remedy: remedyForMissing(specifier, dirname(file)),
  }))
}

interface Missing {
  readonly file: string
  readonly specifier: string
}

function missingIn({ entries, packaged }: CompiledUnit, external: readonly string[]): readonly Missing[] {
  const files = new Set(packaged)
  const missing = new Map(
    packaged.flatMap((file) => {
      const specifier = lackedBy(file, external)
      return specifier === undefined ? [] : [[file, specifier] as const]
    }),
  )
  if (missing.size === 0) return []
  const loaded = new Set(entries.filter((file) => files.has(file)))
  for (const file of loaded) {
    for (const specifier of loadedBy(file)) {
      const next = targetOf(specifier, file)
      if (next !== undefined && files.has(next)) loaded.add(next)
    }
  }
  return [...loaded].flatMap((file) => (missing.has(file) ? [{ file, specifier: missing.get(file)! }] : []))
}

const REQUIRED = /\brequire\(\s*(["'])([^."'/\\#][^"'\n]*)\1\s*\)/g

/** What a file requires whenever it is loaded, and is not installed. Parses the few files that may lack something. */
function lackedBy(file: string, external: readonly string[]): string | undefined {
  if (!/\.c?js$/.test(file)) return undefined
  const named = [...readFileSync(file, 'utf8').matchAll(REQUIRED)].map(([, , specifier]) => specifier!)
  const lacked = [...new Set(named)].filter((specifier) => isLacked(specifier, file, external))
  if (lacked.length === 0 || !isCommonJs(file)) return undefined
  const loaded = loadedBy(file)
  return lacked.find((specifier) => loaded.includes(specifier))
}

function isLacked(specifier: string, file: string, external: readonly string[]): boolean {
  if (isBuiltin(specifier) || isLent(specifier) || staysOutside(specifier, external)) return false
  return packageFolder(dirname(file), packageOf(specifier)) === undefined
}

/** The specifiers of modules that a file loads whenever it is loaded. */
function loadedBy(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  if (file.endsWith('.json')) return []
  if (isCommonJs(file)) return requiredAtOnce(text)
  return parse(text)[0].flatMap(({ n, d }) => (d === -1 && n !== undefined ? [n] : []))
}

/** Code that may not run when its module is loaded. */
const PERHAPS = /Function|^Method|^(?:Try|If|Switch|For|While|DoWhile)|^(?:Conditional|Logical)Expression$/

function requiredAtOnce(text: string): readonly string[] {
  const program = parseCode(text)
  const found: string[] = []
  const visit = (node: AnyNode): boolean => {
    if (PERHAPS.test(node.type)) return false
    const [argument] = node.type === 'CallExpression' ? node.arguments : []
    const isRequire = node.type === 'CallExpression' && calledName(node.callee) === 'require'
    if (isRequire && argument?.type === 'Literal' && typeof argument.value === 'string') found.push(argument.value)
    return true
  }
  if (program !== undefined) walk(program, visit)
  return found
}

/** The file that Node finds; where it finds another for `import`, the bundle does not hold this one. */
function targetOf(specifier: string, importer: string): string | undefined {
  try {
    return fileBeside({ specifier, asking: 'require', importer }) ?? createRequire(importer).resolve(specifier)
  } catch {
    return undefined
  }
}
