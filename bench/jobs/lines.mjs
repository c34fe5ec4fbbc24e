import { createReadStream, existsSync, renameSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readBlocks, readJsonLines } from '../dist/attak.js'

const LINES = 500_000
const FILE = fileURLToPath(new URL(`../dist/lines-${LINES}.jsonl`, import.meta.url))

const READERS = { attak: attakReads, bare: bareReads, readline: readlineReads }

/** `{ reader: 'bare' }` gives `{ value: 512.3 }`: nanoseconds for each of half a million lines, read and parsed. */
export async function measure({ reader }) {
  if (!existsSync(FILE)) writeLines()
  const counted = { lines: 0, sum: 0 }
  const start = process.hrtime.bigint()
  await READERS[reader]((event) => {
    counted.lines++
    counted.sum += event.value
  })
  const value = Number(process.hrtime.bigint() - start) / LINES
  const sum = (LINES / 1000) * 499_500
  if (counted.lines !== LINES || counted.sum !== sum) throw new Error(`${reader} read ${JSON.stringify(counted)}`)
  return { value, events: LINES }
}

function writeLines() {
  const lines = []
  for (let id = 0; id < LINES; id++) {
    const user = { name: 'Ada Lovelace', city: 'London' }
    lines.push(JSON.stringify({ id, value: id % 1000, kind: 'order', paid: true, user }))
  }
  writeFileSync(`${FILE}.${process.pid}`, `${lines.join('\n')}\n`)
  renameSync(`${FILE}.${process.pid}`, FILE)
}

/** Splitting at line feeds and JSON.parse, and nothing else: no line numbers, no errors, no window. */
async function bareReads(take) {
  let rest = ''
  for await (const chunk of createReadStream(FILE, { encoding: 'utf8' })) {
    const text = rest + chunk
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      take(JSON.parse(text.slice(start, end)))
      start = end + 1
    }
    rest = text.slice(start)
  }
}

async function readlineReads(take) {
  const lines = createInterface({ input: createReadStream(FILE) })
  lines.on('line', (line) => take(JSON.parse(line)))
  await new Promise((resolve) => lines.once('close', resolve))
}

/** As `simulate --input file.jsonl --to somebody` reads: by line number, every event checked, in lists. */
async function attakReads(take) {
  const options = { where: 'lines', processors: new Set(['somebody']), to: 'somebody' }
  for await (const events of readJsonLines(readBlocks(FILE), options)) {
    for (const { event } of events) take(event)
  }
}
