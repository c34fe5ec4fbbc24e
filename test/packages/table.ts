import { readFileSync } from 'node:fs'
import { CASES, type PackageCase } from './cases.ts'

/** Returns the rows of the table in docs/reference/packages.md: package, version, what it needs to work in an artifact. */
export function packageRows(): string[][] {
  const manifest = readFileSync(new URL('package.json', import.meta.url), 'utf8')
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Readonly<Record<string, string>> }
  return Object.values(CASES).flatMap((cases) =>
    Object.entries(cases).map(([name, one]) => [`\`${name}\``, dependencies[name] ?? '', resultOf(one)]),
  )
}

function resultOf({ remedy, why, isUnseen, node }: PackageCase): string {
  const since = node === undefined ? '' : ` (needs Node ${node})`
  if (remedy === undefined) return `the same${since}`
  const external = `\`external: [${remedy.external.map((name) => `'${name}'`).join(', ')}]\``
  return `the same with ${external}: ${why}${isUnseen ? '; `attak check` does not see that' : ''}${since}`
}
