import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EVENTS } from '../pipeline/size.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILES = { '100B': {}, '1KB': { text: 'x'.repeat(900) } }

const ENGINES = {
  attak: (file) => [...SIMULATE, 'bench/pipeline/topology.mjs', '--input', file],
  retrying: (file) => [...SIMULATE, 'bench/pipeline/retrying.mjs', '--input', file],
  embedded: (file) => [...RUN, 'bench/pipeline/topology.mjs', '--input', file],
  loop: (file) => ['bench/pipeline/loop.mjs', file],
  rxjs: (file) => ['bench/pipeline/rxjs.mjs', file],
}
const RUN = ['bin/attak.js', 'run', '--quiet', '--to', 'parse']
const SIMULATE = ['bin/attak.js', 'simulate', '--quiet', '--to', 'parse']

/**
 * Returns `{ value: 1523.1 }` for `{ engine: 'loop', size: '100B' }`: nanoseconds of processor time of a whole process,
 * its start included, for each event that it reads from a file. Bash reports the time of its children.
 */
export async function measure({ engine, size }) {
  const file = fileURLToPath(new URL(`../dist/pipeline-${size}.jsonl`, import.meta.url))
  if (!existsSync(file)) writeLines(file, FILES[size])
  const argv = [process.execPath, ...ENGINES[engine](file)]
  const { status, stdout, stderr } = spawnSync('bash', ['-c', '"$@" >/dev/null && times', 'bash', ...argv], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`)
  return { value: (secondsIn(stdout) / EVENTS) * 1e9, events: EVENTS }
}

/** The second line is that of the children: `0m1.204s 0m0.112s`. */
function secondsIn(times) {
  const [, children] = times.trim().split('\n')
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, s]) => sum + minutes * 60 + Number(s), 0)
}

function writeLines(file, more) {
  const lines = []
  for (let id = 0; id < EVENTS; id++) {
    const user = { name: 'Ada Lovelace', city: 'London' }
    lines.push(JSON.stringify({ id, value: id % 1000, kind: 'order', paid: true, user, ...more }))
  }
  writeFileSync(`${file}.${process.pid}`, `${lines.join('\n')}\n`)
  renameSync(`${file}.${process.pid}`, file)
}
