import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureRow } from './measure.mjs'
import { buildPackage, compileEngine, compileServers, installPeers } from './prepare.mjs'
import { linesOf, linesWith, markdownTable, readTable, terminalTable } from './report.mjs'
import { ROWS } from './rows.mjs'

const DOCS = new URL('../docs/contributing/benchmarks.md', import.meta.url)
const MARK = '<!-- table -->'
const MIN_ROUNDS = 1

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
})
const rounds = Math.max(MIN_ROUNDS, Number.parseInt(values.rounds, 10))
const rows = positionals.length === 0 ? ROWS : ROWS.filter(({ id }) => positionals.includes(id))
const unknown = positionals.filter((id) => !ROWS.some((row) => row.id === id))
if (unknown.length > 0 || Number.isNaN(rounds)) {
  process.stderr.write(`usage: npm run bench -- [${ROWS.map(({ id }) => id).join('|')}]… [--rounds 5] [--write]\n`)
  process.exit(2)
}

installPeers()
await compileEngine()
const WHOLE_PROCESSES = ['command', 'pipeline', 'broker', 'workers']
const kinds = new Set(rows.flatMap(({ comparisons }) => comparisons.map(({ ours }) => ours.kind)))
if (WHOLE_PROCESSES.some((kind) => kinds.has(kind))) buildPackage()
if (kinds.has('broker') || kinds.has('workers')) await compileServers()

process.stdout.write(`${machine()}\n`)
const lines = []
for (const row of rows) {
  const results = measureRow(row, rounds, showProgress)
  showProgress('')
  const rowLines = linesOf(row, results)
  process.stdout.write(`\n${row.id}: ${row.what} (${row.unit}).\n\n${terminalTable(rowLines)}\n`)
  lines.push(...rowLines)
}
if (values.write) writeDocs()

function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text.slice(0, process.stderr.columns - 1)}`)
}

function machine() {
  const cores = cpus()
  return `Node ${process.version}, ${cores.length} × ${cores[0]?.model.trim()}, ${rounds} rounds`
}

/** Puts the rows that were run into the table, in the place of what was there of them; all else there is written by hand. */
function writeDocs() {
  const text = readFileSync(DOCS, 'utf8')
  const [table] = /^\|.*\|$(\n^\|.*\|$)*/m.exec(text.slice(text.indexOf(MARK)))
  writeFileSync(
    DOCS,
    text.replace(table, () => markdownTable(linesWith(readTable(table), lines))),
  )
}
