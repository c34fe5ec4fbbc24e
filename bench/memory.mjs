import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildPackage } from './prepare.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SAMPLE_MS = 100
const GOAL = { peakMb: 110, growth: 1.05 }

/**
 * Row M1: JSON lines, made while they are read, through the three hops of memory/topology.mjs by `attak simulate
 * --input -`, first 1 GB, then 10 GB (`--gb 1,10`). Peak memory is what Linux keeps as VmHWM of the process.
 */
const { values } = parseArgs({ options: { gb: { type: 'string', default: '1,10' } } })
buildPackage()
const runs = []
for (const gb of values.gb.split(',').map(Number)) {
  const run = await peakOf(gb * 1e9)
  runs.push(run)
  const rate = (gb * 1e3) / run.seconds
  print(`M1  ${gb} GB: peak ${run.peakMb.toFixed(1)} MB, ${run.seconds.toFixed(0)} s, ${rate.toFixed(0)} MB/s`)
}
const [small, large] = [runs[0], runs.at(-1)]
const growth = large.peakMb / small.peakMb
const met = large.peakMb <= GOAL.peakMb && growth <= GOAL.growth
print(
  `M1  largest to smallest ${growth.toFixed(3)}; goal: ≤ ${GOAL.peakMb} MB and ≤ ${GOAL.growth}: ${met ? 'met' : 'not met'}`,
)

async function peakOf(bytes) {
  const start = process.hrtime.bigint()
  const lines = spawn(process.execPath, [`${ROOT}bench/memory/lines.mjs`, String(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const attak = spawn(
    process.execPath,
    [`${ROOT}bin/attak.js`, 'simulate', `${ROOT}bench/memory`, '--input', '-', '--quiet'],
    {
      stdio: [lines.stdout, 'pipe', 'inherit'],
    },
  )
  lines.stdout.destroy()
  let out = ''
  attak.stdout.setEncoding('utf8').on('data', (text) => {
    out = (out + text).slice(-2000)
  })
  let peakKb = 0
  const sampling = setInterval(() => {
    peakKb = Math.max(peakKb, highWaterKb(attak.pid))
  }, SAMPLE_MS)
  const [code] = await once(attak, 'close')
  lines.kill()
  clearInterval(sampling)
  if (code !== 0) throw new Error(`attak simulate ended with ${code}: ${out}`)
  return { peakMb: peakKb / 1000, seconds: Number(process.hrtime.bigint() - start) / 1e9, out }
}

function highWaterKb(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function print(text) {
  process.stdout.write(`${text}\n`)
}
