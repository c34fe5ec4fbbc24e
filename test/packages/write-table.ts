// Writes the table of docs/reference/packages.md: `node test/packages/write-table.ts`, with a Node that runs TypeScript.
import { readFileSync, writeFileSync } from 'node:fs'
import { packageRows } from './table.ts'

const file = new URL('../../docs/reference/packages.md', import.meta.url)
const rows = [['package', 'version', 'out of its artifact'], ...packageRows()]
const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
const [head, ...rest] = rows.map((row) => line(row.map((text, column) => text.padEnd(widths[column]!))))
const table = [head, line(widths.map((width) => '-'.repeat(width))), ...rest].join('\n')
const before = readFileSync(file, 'utf8')
writeFileSync(
  file,
  before.replace(/^\| package(?:.*\n)+?(?=\n)/m, () => `${table}\n`),
)

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
