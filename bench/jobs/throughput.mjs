import { workloadOf } from '../workload.mjs'

/**
 * Runs one engine on one workload: `{ engine: 'rxjs', shape: 'linear', size: 'small', events: 1000000 }` gives
 * `{ value: 153.2, events: 1000000 }`, nanoseconds of processor time for each input event, from the first to the last that
 * arrives, in all threads of the process: compiling and collecting count, waiting for a processor does not. A wrong count
 * or sum is an error. One run and nothing before it, since an engine that has run is optimized for that run.
 */
export async function measure(job) {
  const { run } = await import(`../engines/${job.engine}.mjs`)
  const workload = workloadOf(job)
  const start = process.cpuUsage()
  await run(workload, job)
  const { user, system } = process.cpuUsage(start)
  const value = ((user + system) * 1000) / job.events
  const { counted, expected } = workload
  if (counted.count !== expected.count || counted.sum !== expected.sum) {
    throw new Error(`${JSON.stringify(job)} gave ${JSON.stringify(counted)}, not ${JSON.stringify(expected)}`)
  }
  return { value, events: job.events }
}
