const ALIAS = /(?<![\w$.])([A-Za-z_$][\w$]*)\s*=\s*require\s*(?=[;,\n])/g

/**
 * Replaces aliases of `require` in CommonJS, as moment uses for its locales:
 * `load = require; load('./locale/' + name)`. Only calls with a literal path or name change.
 */
export function withPlainRequires(source: string): string {
  const called = [...source.matchAll(ALIAS)].map(([, name]) => name!).filter((name) => isOnlyRequire(source, name))
  const names = [...new Set([...called, 'module.require'])].map((name) => name.replaceAll(/[$.]/g, '\\$&'))
  const calls = new RegExp(
    `(?<![\\w$.])(?:${names.join('|')})(?=\\(\\s*(?:["'\`]\\.{1,2}/|(["'])[^"'\\n]+\\1\\s*\\)))`,
    'g',
  )
  return source.replaceAll(calls, 'require')
}

/** Whether nothing else is ever assigned to a name, and no function has a parameter of that name. */
function isOnlyRequire(source: string, name: string): boolean {
  const word = name.replaceAll('$', '\\$&')
  const assigned = source.match(new RegExp(`(?<![\\w$.])${word}\\s*=(?![=>])`, 'g')) ?? []
  const required = source.match(new RegExp(`(?<![\\w$.])${word}\\s*=\\s*require\\s*(?=[;,\\n])`, 'g')) ?? []
  const isParameter = new RegExp(
    `function\\b[^(]*\\([^)]*(?<![\\w$.])${word}\\b[^)]*\\)|(?<![\\w$.])${word}\\s*=>`,
  ).test(source)
  return assigned.length === required.length && !isParameter
}
