import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse as parseCommonJs } from 'cjs-module-lexer'
import { parse } from 'es-module-lexer/js'

/** Every export of a module. */
export const ALL = '*'

/** Returns what a module imports of others, by the specifiers that its text has: names, or {@link ALL}. */
export function importedNames(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const [imports] = parse(text)
  const own = imports
    .filter(({ d }) => d === -1)
    .reduceRight((all, { ss, se }) => all.slice(0, ss) + all.slice(se), text)
  for (const { n, d, ss, s } of imports) {
    if (n === undefined || d === -2) continue
    const names = found.get(n) ?? new Set<string>()
    found.set(n, names)
    for (const name of d >= 0 ? [ALL] : namesIn(text.slice(ss, s - 1), own)) names.add(name)
  }
  return found
}

/** Reads the names in `import one, { two as zwei } from`, as esbuild writes it. */
function namesIn(clause: string, text: string): readonly string[] {
  const [, fallback, rest = ''] =
    /^(?:import|export)\s*([\w$]+(?=\s*(?:,|from)))?[\s,]*([\s\S]*?)\s*(?:from\s*)?$/.exec(clause)!
  const names = fallback === undefined ? [] : ['default']
  if (rest.startsWith('*')) {
    const as = /^\*\s*as\s+([^\s"']+)$/.exec(rest)?.[1]
    return [...names, ...(as === undefined || clause.startsWith('export') ? [ALL] : readOf(as, text))]
  }
  const listed = rest.replace(/^\{|\}$/g, '').split(',')
  return [...names, ...listed.map((one) => one.trim().split(/\s+as\s+/)[0]!).filter((name) => name !== '')].map(
    (name) => (/^["']/.test(name) ? ALL : name),
  )
}

/** The exports that are read of a whole module by their names, where nothing else is done with it. */
function readOf(as: string, text: string): readonly string[] {
  const word = as.replaceAll('$', '\\$')
  const uses = [...text.matchAll(new RegExp(`(?<![\\w$.])${word}(?![\\w$])(\\.[A-Za-z_$][\\w$]*)?`, 'g'))]
  const read = uses.map(([, property]) => property?.slice(1))
  return read.includes(undefined) ? [ALL] : (read as string[])
}

/** Returns the names that Node finds in a CommonJS file for modules that import it, without `default`. */
export function commonJsNames(file: string, seen: Set<string> = new Set()): readonly string[] {
  if (seen.has(file)) return []
  seen.add(file)
  if (!/\.(?:c?js)$/.test(file)) return []
  const { exports, reexports } = commonJsExports(readFileSync(file, 'utf8'))
  const more = reexports.flatMap((specifier) => {
    const found = resolved(specifier, file)
    return found === undefined ? [] : commonJsNames(found, seen)
  })
  return [...new Set([...exports, ...more])].filter((name) => name !== 'default').sort()
}

/** Returns the names that a CommonJS file exports itself, and the files whose exports it passes on. */
export function commonJsExports(text: string): {
  readonly exports: readonly string[]
  readonly reexports: readonly string[]
} {
  try {
    return parseCommonJs(text)
  } catch {
    return { exports: [], reexports: [] }
  }
}

function resolved(specifier: string, file: string): string | undefined {
  try {
    return createRequire(file).resolve(specifier)
  } catch {
    return undefined
  }
}
