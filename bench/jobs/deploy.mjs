import { createLimiter, deploymentsOf, topologyOf } from '../dist/deploy.js'

const PER_SECOND = 15
const NS_PER_MS = 1e6

/**
 * `{ processors: 100, time: 'spent' }` gives `{ value: 94.1e9 }`: virtual nanoseconds of a first deploy with 15 calls a
 * second, less those that it takes when calls are not paced; with `time: 'limit'` its calls / 15 s.
 */
export async function measure({ processors, time }) {
  const free = await deploy(processors, undefined)
  const limiter = createLimiter(PER_SECOND)
  const paced = await deploy(processors, (nowMs) => limiter.reserve(nowMs))
  for (const [index, startMs] of paced.startsMs.entries()) {
    const before = paced.startsMs[index - PER_SECOND]
    if (startMs - before < 1000 - 1e-6) throw new Error(`more than ${PER_SECOND} calls in a second, at ${startMs} ms`)
  }
  const limitMs = (paced.startsMs.length / PER_SECOND) * 1000
  const value = (time === 'spent' ? paced.tookMs - free.tookMs : limitMs) * NS_PER_MS
  return { value, events: paced.startsMs.length }
}

async function deploy(processors, pace) {
  const world = deploymentsOf(1)
  const wanted = topologyOf(Array.from({ length: processors }, (_, index) => `p${index}`))
  const cloud = world.cloud.open(pace === undefined ? {} : { pace })
  const startMs = world.clock.now()
  const { problems } = await world.clock.until(world.deployBy(cloud, wanted))
  if (problems.length > 0 || world.cloud.state().length !== wanted.length) throw new Error(JSON.stringify(problems))
  return { tookMs: world.clock.now() - startMs, startsMs: [...cloud.startsMs].sort((a, b) => a - b) }
}
