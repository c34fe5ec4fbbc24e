import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RUNS = 10

/** `{ argv: ['bin/attak.js', '--help'] }` gives `{ value: 41.2e6 }`: the median nanoseconds of whole processes. */
export async function measure({ argv }) {
  const times = []
  for (let index = 0; index < RUNS; index++) {
    const start = process.hrtime.bigint()
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
    times.push(Number(process.hrtime.bigint() - start))
    if (status !== 0) throw new Error(`node ${argv.join(' ')} ended with ${status}: ${stderr}`)
  }
  return { value: times.sort((a, b) => a - b)[RUNS / 2], events: RUNS }
}
