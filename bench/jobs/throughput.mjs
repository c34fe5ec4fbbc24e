import { workloadOf } from '../workload.mjs'

const PROBE_EVENTS = 20_000
const SLOW_PER_SECOND = 100_000
const SLOW_SECONDS = 3

/**
 * Runs one engine on one workload: `{ engine: 'rxjs', shape: 'linear', size: 'small', events: 1000000 }` gives
 * `{ value: 153.2, events: 1000000 }`, nanoseconds for each input event. A wrong count or sum is an error. An engine
 * below 100k events a second gets as many as take it 3 s.
 */
export async function measure(job) {
  const { run } = await import(`../engines/${job.engine}.mjs`)
  await timed(run, job, PROBE_EVENTS / 10)
  const probe = await timed(run, job, PROBE_EVENTS)
  const perSecond = 1e9 / probe.value
  if (perSecond >= SLOW_PER_SECOND) return timed(run, job, job.events)
  return timed(run, job, Math.min(job.events, Math.ceil(perSecond * SLOW_SECONDS)))
}

async function timed(run, job, events) {
  const workload = workloadOf({ ...job, events })
  const start = process.hrtime.bigint()
  await run(workload, job)
  const value = Number(process.hrtime.bigint() - start) / events
  const { counted, expected } = workload
  if (counted.count !== expected.count || counted.sum !== expected.sum) {
    throw new Error(`${JSON.stringify(job)} gave ${JSON.stringify(counted)}, not ${JSON.stringify(expected)}`)
  }
  return { value, events }
}
