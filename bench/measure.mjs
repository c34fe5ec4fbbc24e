import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))

const PROBE_EVENTS = 20_000
const SLOW_PER_SECOND = 100_000
const SLOW_SECONDS = 3

/**
 * Measures a row's comparisons, `rounds` times. Each round runs every distinct job once, each in its own process, one after
 * the other, so that changes of the machine's speed affect all jobs equally. Ratios are taken within a round. Gives for each
 * comparison `{ comparison, ours, peer, ratio, peerEvents }`: `ours`, `peer` and `ratio` as `{ median, min, max }`.
 */
export function measureRow(row, rounds, progress) {
  const jobs = new Map(row.comparisons.flatMap(({ ours, peer }) => [ours, peer]).map((job) => [keyOf(job), job]))
  const values = new Map([...jobs.keys()].map((key) => [key, []]))
  for (const [key, job] of jobs) {
    progress(`${row.id}: ${describe(job)}`)
    jobs.set(key, asManyAsItCan(job))
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [key, job] of jobs) {
      progress(`${row.id}: round ${round} of ${rounds}: ${describe(job)}`)
      values.get(key).push(measureJob(job))
    }
  }
  return row.comparisons.map((comparison) => compare(comparison, values))
}

/**
 * What handles fewer than 100k events a second, ours too, gets as many as take it 3 s. What seems slow by few events, which
 * an engine handles while it is still being compiled, is asked again by those of a second.
 */
function asManyAsItCan(job) {
  if (job.kind !== 'throughput') return job
  const perSecondOf = (events) => 1e9 / measureJob({ ...job, events: Math.ceil(events) }).value
  let perSecond = perSecondOf(PROBE_EVENTS)
  if (perSecond < SLOW_PER_SECOND) perSecond = perSecondOf(perSecond)
  return perSecond < SLOW_PER_SECOND ? { ...job, events: Math.ceil(perSecond * SLOW_SECONDS) } : job
}

function describe(job) {
  return Object.values(job).flat().join(' ')
}

function keyOf(job) {
  return JSON.stringify(job)
}

function measureJob(job) {
  const child = spawnSync(process.execPath, ['--expose-gc', CHILD, JSON.stringify(job)], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`${JSON.stringify(job)} ended with ${child.status}\n${child.stderr}`)
  return JSON.parse(child.stdout.trim().split('\n').at(-1))
}

function compare(comparison, values) {
  const ours = values.get(keyOf(comparison.ours))
  const peer = values.get(keyOf(comparison.peer))
  const ratios = ours.map(({ value }, round) =>
    comparison.by === 'peer/ours' ? peer[round].value / value : value / peer[round].value,
  )
  return {
    comparison,
    ours: spreadOf(ours.map(({ value }) => value)),
    peer: spreadOf(peer.map(({ value }) => value)),
    ratio: spreadOf(ratios),
    peerEvents: spreadOf(peer.map(({ events }) => events)).median,
  }
}

function spreadOf(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.ceil((sorted.length - 1) / 2)]
  return { median: (low + high) / 2, min: sorted[0], max: sorted.at(-1) }
}
