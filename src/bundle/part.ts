import { APART } from './packages.ts'

/** A module whose packages were left out, and what the module beside it must hold. */
export interface Parted {
  readonly text: string
  /** The sources of the modules that give it packages, by the names they are imported by. */
  readonly beside: ReadonlyMap<string, string>
}

/** An import of a package that was left out: its clause, and its place in the list of them. */
const IMPORT_APART = new RegExp(`^import(?:\\s+([^"';]+?)\\s+from)?\\s+"${APART}(\\d+)";`, 'gm')

/**
 * Makes what one module imports of packages, whose files are `apart`, come from files beside it: `besideOf` names them. Lines
 * stay where they are. Undefined when it asks for one in a way that only a bundler follows: by `require`, or while it runs.
 * `import { z as y } from "attak-apart:7"` becomes `import { p0_z as y } from "./packages.mjs"`.
 */
export function partPackages(
  text: string,
  apart: readonly string[],
  besideOf: (file: string) => string,
): Parted | undefined {
  const own = text.replaceAll(IMPORT_APART, '')
  if (own.includes(`"${APART}`)) return undefined
  const found = new Map<number, Set<string>>()
  const parted = text.replaceAll(IMPORT_APART, (statement, clause: string | undefined, index: string) => {
    const place = Number(index)
    const names = found.get(place) ?? new Set()
    found.set(place, names)
    const prefix = `p${[...found.keys()].indexOf(place)}`
    const imported = namesIn(clause ?? '')
    for (const one of imported) for (const name of usedOf(one, own)) names.add(name)
    const wanted = imported.map(({ name, as }) => `${exportOf(prefix, name)} as ${as}`)
    const lines = '\n'.repeat(statement.split('\n').length - 1)
    return `import ${wanted.length === 0 ? '' : `{ ${wanted.join(', ')} } from `}${JSON.stringify(besideOf(apart[place]!))};${lines}`
  })
  const beside = new Map<string, string>()
  for (const [position, [place, names]] of [...found].entries()) {
    const file = apart[place]!
    const before = beside.get(besideOf(file))
    const exports = exportsText(file, names, `p${position}`)
    beside.set(besideOf(file), before === undefined ? exports : `${before}\n${exports}`)
  }
  return { text: parted, beside }
}

interface ImportedName {
  /** `*` for the whole module. */
  readonly name: string
  readonly as: string
}

/** Reads what stands between `import` and `from`, as esbuild writes it. */
function namesIn(clause: string): readonly ImportedName[] {
  const [, fallback, rest = ''] = /^([\w$]+)?\s*,?\s*([\s\S]*)$/.exec(clause)!
  const names = fallback === undefined ? [] : [{ name: 'default', as: fallback }]
  const whole = /^\*\s+as\s+([\w$]+)$/.exec(rest)
  if (whole !== null) return [...names, { name: '*', as: whole[1]! }]
  const listed = rest.replace(/[{}]/g, '').split(',')
  const named = listed.flatMap((one) => {
    const [name, as = name] = one.trim().split(/\s+as\s+/)
    return name === '' ? [] : [{ name: name!, as: as! }]
  })
  return [...names, ...named]
}

/**
 * What is used of an imported name: itself; of a whole module, as `.name`, the exports that are read of it by their
 * names, when nothing else is done with it.
 */
function usedOf({ name, as }: ImportedName, text: string): readonly string[] {
  if (name !== '*') return [name]
  const word = as.replaceAll('$', '\\$')
  const uses = [...text.matchAll(new RegExp(`(?<![\\w$.])${word}(?![\\w$])(\\.[A-Za-z_$][\\w$]*)?`, 'g'))]
  const read = uses.map(([, property]) => property)
  return read.includes(undefined) ? ['*'] : (read as string[])
}

function exportOf(prefix: string, name: string): string {
  return name === '*' ? prefix : `${prefix}_${name}`
}

function exportsText(file: string, names: ReadonlySet<string>, prefix: string): string {
  const from = JSON.stringify(file)
  const listed = [...names].sort()
  const read = listed.filter((name) => name.startsWith('.'))
  const texts = listed.filter((name) => /^[^.*]/.test(name)).map((name) => `${name} as ${exportOf(prefix, name)}`)
  return [
    ...(texts.length > 0 || names.size === 0 ? [`export { ${texts.join(', ')} } from ${from}`] : []),
    ...(names.has('*') ? [`export * as ${prefix} from ${from}`] : []),
    ...(names.has('*') || read.length === 0 ? [] : [readText(read, from, prefix)]),
  ].join('\n')
}

/** A whole module of which only some exports are read: the rest can be left out. */
function readText(read: readonly string[], from: string, prefix: string): string {
  const getters = read.map((name) => `get ${name.slice(1)}() { return ${prefix}_all${name} }`)
  return `import * as ${prefix}_all from ${from}\nexport const ${prefix} = { __proto__: null, ${getters.join(', ')} }`
}
