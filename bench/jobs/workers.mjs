import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openBroker, startRedis } from '../dist/servers.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOOK_MS = 5

/**
 * Returns `{ value: 2612.5 }` for `{ workers: 2, events: 4000 }`: microseconds for each message, from the first one until all are
 * handled, where handlers wait and a worker runs 16 of them at once. The lanes are shared out before.
 */
export async function measure({ workers, events }) {
  const redis = await startRedis()
  const children = new Set()
  const { broker } = await openBroker({
    ...{ url: redis.url, topology: 'waiting', stage: 'dev', dir: ROOT, now: Date.now, tell: () => {} },
  })
  try {
    for (let count = 0; count < workers; count++) children.add(attak(redis.url, ['--only', 'work']))
    await until(async () => ownersOf(await broker.status()).length === workers)
    children.add(attak(redis.url, ['--only', 'start', '--input', '-', '--to', 'start'], events))
    await until(async () => recordsOf(await broker.status()) > 0)
    const began = process.hrtime.bigint()
    await until(async () => recordsOf(await broker.status()) === 0)
    return { value: Number(process.hrtime.bigint() - began) / 1000 / events, events }
  } finally {
    for (const child of children) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    await broker.close()
    await redis.stop()
  }
}

function attak(url, args, input = '') {
  const argv = [
    'bin/attak.js',
    'run',
    'bench/broker/waiting.mjs',
    '--quiet',
    '--broker',
    url,
    '--lease',
    '1',
    '--concurrency',
    '16',
  ]
  const child = spawn(process.execPath, [...argv, ...args], { cwd: ROOT, stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(String(input))
  return child
}

const channelOf = ({ channels }) => channels.find(({ name }) => name === 'work') ?? { lanes: [] }

/** The workers that own lanes, if all own as many; else none. */
function ownersOf(status) {
  const counts = new Map()
  for (const { owner } of channelOf(status).lanes) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return counts.has(undefined) || new Set(counts.values()).size !== 1 ? [] : [...counts.keys()]
}

function recordsOf(status) {
  return channelOf(status).lanes.reduce((sum, { records }) => sum + records, 0)
}

async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
