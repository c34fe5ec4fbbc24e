import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../dist/servers.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HOPS = 3

/**
 * Returns `{ value: 8123.4 }` for `{ worker: 'bare', pack: 25, events: 100000 }`: nanoseconds of processor time of a worker process
 * for each message of three hops, from its first event on. Redis is a fresh one.
 */
export async function measure({ worker, pack, events }) {
  const redis = await startRedis()
  const folder = mkdtempSync(join(tmpdir(), 'attak-bench-'))
  try {
    const { args } = WORKERS[worker]({ url: redis.url, folder, events })
    const env = { ...process.env, EVENTS: String(events), PACK: String(pack), RESULT: join(folder, 'result') }
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}${stdout.slice(-2000)}`)
    const { microseconds } = JSON.parse(readFileSync(env.RESULT, 'utf8'))
    return { value: (microseconds * 1000) / (events * HOPS), events }
  } finally {
    rmSync(folder, { recursive: true })
    await redis.stop()
  }
}

const WORKERS = {
  attak({ url, folder, events }) {
    const input = join(folder, 'input.json')
    const parts = Array.from({ length: events / 1000 }, (_, part) => ({ to: 'start', event: part }))
    writeFileSync(input, JSON.stringify(parts))
    return { args: ['bin/attak.js', 'run', 'bench/broker/topology.mjs', '--quiet', '--broker', url, '--input', input] }
  },
  bare: ({ url }) => ({ args: ['bench/broker/bare.mjs', url] }),
  bullmq: ({ url }) => ({ args: ['bench/broker/bullmq.mjs', url] }),
}
