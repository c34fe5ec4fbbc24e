const CREATE = 'createRequire'

/**
 * Finds what a module loads by a `require` that it makes with `createRequire`, if the call is written plainly:
 * `createRequire(import.meta.url)('pkg')`, or `const load = createRequire(import.meta.url)` and then `load('pkg')`.
 * With `resolved`, also what it only resolves: `load.resolve('pkg')`.
 */
export function createdRequires(source: string, { resolved }: { readonly resolved: boolean }): readonly string[] {
  if (!source.includes(CREATE)) return []
  const makers = [CREATE, ...[...source.matchAll(/\bcreateRequire\s+as\s+([\w$]+)/g)].map(([, name]) => name!)]
  const maker = `(?:${makers.map(escaped).join('|')})`
  const made = [...source.matchAll(new RegExp(`([\\w$]+)\\s*=\\s*(?:[\\w$]+\\s*\\.\\s*)?${maker}\\s*\\(`, 'g'))]
  const called = [
    `${maker}\\s*\\((?:[^()]|\\([^()]*\\))*\\)`,
    ...made.map(([, name]) => `(?<![\\w$.])${escaped(name!)}`),
  ]
  const calls = new RegExp(
    `(?:${called.join('|')})${resolved ? '(?:\\s*\\.\\s*resolve)?' : ''}\\s*\\(\\s*(["'\`])([^"'\`\\n$\\\\]+)\\1`,
    'g',
  )
  return [...new Set([...source.matchAll(calls)].map(([, , specifier]) => specifier!))]
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$')
}
