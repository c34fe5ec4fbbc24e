import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { compileFunction } from 'node:vm'
import { parse } from 'es-module-lexer/js'

/** How Node treats a file. `other`: it cannot load it directly. */
export type ModuleKind = 'module' | 'commonjs' | 'json' | 'other'

/** Endings of code that may be of either kind. */
const EITHER: ReadonlySet<string> = new Set(['.js', '.ts', '.jsx', '.tsx'])
const BY_ENDING: Readonly<Record<string, ModuleKind>> = {
  '.mjs': 'module',
  '.mts': 'module',
  '.cjs': 'commonjs',
  '.cts': 'commonjs',
  '.json': 'json',
}

/** The wrapper that Node puts around CommonJS. */
const WRAPPER = ['exports', 'require', 'module', '__filename', '__dirname']

/**
 * Returns the kind of a file as Node decides it: by its extension, then by `type` in the nearest package.json, then by
 * its syntax. TypeScript has the kind of its JavaScript, which `textOf` returns. A file with `import` or `export` is a
 * module even if its package is `commonjs`, which Node would refuse.
 */
export function kindOf(file: string, textOf: () => string): ModuleKind {
  const ending = extname(file)
  if (!EITHER.has(ending)) return BY_ENDING[ending] ?? 'other'
  if (packageTypeOf(file) === 'module') return 'module'
  return hasModuleSyntax(textOf()) ? 'module' : 'commonjs'
}

/** Whether JavaScript can only be a module: it imports, exports, or awaits at its top. */
function hasModuleSyntax(text: string): boolean {
  if (!/\b(?:import|export|await)\b/.test(text)) return false
  try {
    if (parse(text)[3]) return true
    if (!/\bawait\b/.test(text)) return false
    compileFunction(text.replace(/^#!.*/, ''), WRAPPER)
    return false
  } catch (error) {
    return error instanceof SyntaxError && /await/.test(error.message)
  }
}

/** Reads `type` of the package.json that a file belongs to. */
function packageTypeOf(file: string): unknown {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (basename(folder) === 'node_modules') return undefined
    const manifest = join(folder, 'package.json')
    if (statSync(manifest, { throwIfNoEntry: false })?.isFile()) return typeIn(manifest)
    if (folder === dirname(folder)) return undefined
  }
}

function typeIn(manifest: string): unknown {
  try {
    const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'))
    return typeof parsed === 'object' && parsed !== null && 'type' in parsed ? parsed.type : undefined
  } catch {
    return undefined
  }
}
