import { describe, expect, it } from 'vitest'
import type { Progress } from '../../src/deploy/apply.ts'
import { failureOf } from '../../src/deploy/deploy.ts'
import { createLimiter } from '../../src/deploy/limiter.ts'
import type { Resource } from '../../src/graph/resource.ts'
import { deploymentsOf } from '../contract/deployments.ts'
import { resourceOf, topologyOf } from '../contract/resources.ts'

const BEFORE = topologyOf(['a', 'b'])
const AFTER = topologyOf(['b', 'c'], { memory: 512 })
const MAPPING_ANEW = 'update mapping/a needs function/a, which is created again'
const FUNCTION_ANEW = 'update function/a needs role/a, which is created again'

describe('an existing resource', () => {
  it('is adopted if it is ours, even if no listing has it', async () => {
    const world = deploymentsOf(1, { lagMs: 60_000 })
    await world.deploy(BEFORE)
    const { plan } = await world.plan(BEFORE)
    expect(plan.changes).toEqual([])
  })

  it('is not changed if it is not ours, and nothing is created', async () => {
    const world = deploymentsOf(2)
    world.cloud.makeStranger({ kind: 'role', name: 't--dev--a' })
    world.cloud.makeStranger({ kind: 'stream', name: 't--dev--b' })
    const error = await world.deploy(BEFORE).catch((thrown: unknown) => thrown)
    const where = (name: string) => expect.objectContaining({ where: name })
    expect(error).toMatchObject({
      code: 'RESOURCE_NOT_OURS',
      problems: [where('role t--dev--a'), where('stream t--dev--b')],
    })
    expect(world.cloud.state()).toHaveLength(2)
  })

  it('does not prevent destroying if it is not ours', async () => {
    const world = deploymentsOf(3)
    world.cloud.makeStranger({ kind: 'role', name: 't--dev--c' })
    await world.deploy(BEFORE)
    await world.deploy([], { known: AFTER })
    expect(world.cloud.state()).toMatchObject([{ kind: 'role', name: 't--dev--c' }])
  })

  it('is found to be changed by hand with --refresh', async () => {
    const world = deploymentsOf(4)
    await world.deploy(BEFORE)
    world.cloud.changeByHand({ kind: 'function', name: 't--dev--a' }, { memory: 1024 })
    expect((await world.plan(BEFORE)).plan.changes).toEqual([])
    const { plan } = await world.plan(BEFORE, { refresh: true })
    expect(plan.changes).toMatchObject([{ id: 'function/a', reason: 'changed by hand: memory' }])
    await world.deploy(BEFORE, { refresh: true })
    expect(world.cloud.state()).toEqual(world.stateOf(BEFORE))
    expect((await world.plan(BEFORE, { refresh: true })).plan.changes).toEqual([])
  })
})

describe('data', () => {
  it('is not lost by a deploy without --allow-data-loss', async () => {
    const world = deploymentsOf(5)
    await world.deploy(BEFORE)
    const { problems } = await world.deploy(AFTER, { allowDataLoss: false })
    expect(problems).toEqual([])
    const streams = world.cloud.state().filter(({ kind }) => kind === 'stream')
    expect(streams.map(({ name }) => name)).toEqual(['t--dev--a', 't--dev--b', 't--dev--c'])
    expect((await world.plan(AFTER, { allowDataLoss: false })).plan.changes).toEqual([])
  })

  it('is not replaced: the deploy refuses before anything is created', async () => {
    const world = deploymentsOf(6)
    const queueOf = (fifo: boolean) => resourceOf('queue/a', { config: { fifo }, fixed: ['fifo'] })
    await world.deploy([...BEFORE, queueOf(false)])
    const before = world.cloud.state()
    const deploying = world.deploy([...AFTER, queueOf(true)], { allowDataLoss: false })
    await expect(deploying).rejects.toMatchObject({ code: 'DATA_LOSS_REFUSED' })
    expect(world.cloud.state()).toEqual(before)
    expect((await world.deploy([...AFTER, queueOf(true)])).problems).toEqual([])
    expect(world.cloud.state()).toEqual(world.stateOf([...AFTER, queueOf(true)]))
  })
})

describe('while it runs, a deploy', () => {
  it('reports the start, the waits and the end of each change', async () => {
    const world = deploymentsOf(7)
    const events: Progress[] = []
    await world.deploy(BEFORE, { onProgress: (event) => events.push(event) })
    for (const { id } of BEFORE) {
      const own = events.filter(({ change }) => change.id === id)
      expect(own[0]?.kind).toBe('started')
      expect(own.at(-1)?.kind).toBe('done')
      expect(own.slice(1, -1).every(({ kind }) => kind === 'waiting')).toBe(true)
    }
    expect(events).toContainEqual(expect.objectContaining({ kind: 'waiting', for: 'it to be ready' }))
  })

  it('makes independent changes at the same time, and dependencies first', async () => {
    const world = deploymentsOf(8)
    const events: string[] = []
    await world.deploy(BEFORE, { onProgress: ({ kind, change }) => events.push(`${kind} ${change.id}`) })
    const at = (event: string) => events.indexOf(event)
    expect(at('started role/b')).toBeLessThan(at('done role/a'))
    for (const { id, needs } of BEFORE) {
      for (const need of needs) expect(at(`done ${need}`)).toBeLessThan(at(`started ${id}`))
    }
  })

  it('makes no more changes at once than allowed', async () => {
    const world = deploymentsOf(9)
    let running = 0
    let most = 0
    const onProgress = ({ kind }: Progress) => {
      if (kind === 'waiting') return
      running += kind === 'started' ? 1 : -1
      most = Math.max(most, running)
    }
    await world.deploy(BEFORE, { concurrency: 2, onProgress })
    expect(most).toBe(2)
  })

  it('continues with changes that do not need the failed one, removes nothing, and reports all failures', async () => {
    const world = deploymentsOf(10)
    await world.deploy(BEFORE)
    const cloud = world.cloud.open()
    const failing = {
      ...cloud,
      write: (...[change, report]: Parameters<typeof cloud.write>) =>
        ['role/c', 'mapping/b'].includes(change.id)
          ? Promise.reject(new Error(`no ${change.id}`))
          : cloud.write(change, report),
    }
    const wanted = AFTER.map((one) => (one.id === 'mapping/b' ? { ...one, config: { ...one.config, batch: 7 } } : one))
    const outcome = await world.clock.until(world.deployBy(failing, wanted))
    expect(outcome.problems.map(({ code, where, what }) => [code, where, what])).toEqual([
      ['DEPLOY_FAILED', 'role t--dev--c', 'no role/c'],
      ['DEPLOY_FAILED', 'mapping t--dev--b', 'no mapping/b'],
    ])
    expect(outcome.done.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['create stream/c', 'update function/b'])
    expect(outcome.left.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'create role/c',
      'create function/c',
      'update mapping/b',
      'create mapping/c',
      'remove mapping/a',
      'remove function/a',
      'remove role/a',
      'remove stream/a',
    ])
    expect(failureOf(outcome)).toMatchObject({ code: 'DEPLOY_FAILED', problems: outcome.problems })
    expect((await world.deploy(wanted)).problems).toEqual([])
    expect(world.cloud.state()).toEqual(world.stateOf(wanted))
  })

  it('stops when it is cancelled: waits for running changes, and reports what is left', async () => {
    const world = deploymentsOf(11)
    const abort = new AbortController()
    const begun: string[] = []
    const outcome = await world.deploy(BEFORE, {
      signal: abort.signal,
      onProgress({ kind, change }) {
        if (kind === 'started') begun.push(change.id)
        if (kind === 'done') abort.abort()
      },
    })
    expect(outcome.done.map(({ id }) => id).sort()).toEqual(begun.sort())
    expect([...outcome.done, ...outcome.left].map(({ id }) => id).sort()).toEqual(BEFORE.map(({ id }) => id).sort())
    expect(outcome.problems).toMatchObject([{ code: 'DEPLOY_CANCELLED' }])
    expect((await world.deploy(BEFORE)).problems).toEqual([])
    expect(world.cloud.state()).toEqual(world.stateOf(BEFORE))
  })

  it('begins nothing if it is cancelled before', async () => {
    const world = deploymentsOf(12)
    const outcome = await world.deploy(BEFORE, { signal: AbortSignal.abort() })
    expect(outcome.left).toHaveLength(BEFORE.length)
    expect(world.cloud.state()).toEqual([])
  })
})

describe('what was removed by hand', () => {
  it.each([
    ['function a', { kind: 'function', name: 't--dev--a' }, ['create function/a was removed by hand', MAPPING_ANEW]],
    ['role a', { kind: 'role', name: 't--dev--a' }, ['create role/a was removed by hand', FUNCTION_ANEW]],
    ['mapping a', { kind: 'mapping', name: 't--dev--a' }, ['create mapping/a was removed by hand']],
  ])('%s is created again and named, and its references are written again', async (_, gone, expected) => {
    const world = deploymentsOf(20)
    await world.deploy(topologyOf(['a', 'b'], { memory: 1 }))
    await world.deploy(BEFORE)
    world.cloud.removeByHand(gone)
    const { plan } = await world.plan(BEFORE)
    expect(plan.changes.map(({ kind, id, reason }) => `${kind} ${id} ${reason}`.trim())).toEqual(expected)
  })

  it('is not reported for new resources', async () => {
    const world = deploymentsOf(21)
    await world.deploy(topologyOf(['a']))
    const { plan } = await world.plan(BEFORE)
    expect(plan.changes.map(({ kind, reason }) => `${kind} ${reason}`.trim())).toEqual(Array(4).fill('create'))
    const withoutMapping = BEFORE.filter(({ id }) => id !== 'mapping/a' && id !== 'stream/a')
    await world.deploy(withoutMapping)
    const added = (await world.plan(BEFORE)).plan
    expect(added.changes.map(({ reason }) => reason)).toEqual(['', ''])
  })
})

describe('another deploy of the same stage', () => {
  it('overtakes a running one, which stops and reports it', async () => {
    const world = deploymentsOf(13)
    const first = world.deployBy(world.cloud.open(), BEFORE)
    const second = world.clock.sleep(300).then(() => world.deployBy(world.cloud.open(), AFTER))
    const [overtaken, winner] = await world.clock.until(Promise.all([first, second]))
    expect(overtaken.problems).toMatchObject([{ code: 'DEPLOY_OVERTAKEN' }])
    expect(winner.problems).toEqual([])
    const held = winner.held.map(({ live }) => `${live.kind} ${live.name}`)
    expect(world.cloud.state().filter(({ kind, name }) => !held.includes(`${kind} ${name}`))).toEqual(
      world.stateOf(AFTER),
    )
    expect((await world.deploy(AFTER)).problems).toEqual([])
    expect(world.cloud.state()).toEqual(world.stateOf(AFTER))
  })

  it('keeps what the other created since the plan, reports it, and the next deploy removes it', async () => {
    const world = deploymentsOf(18)
    await world.deploy(topologyOf(['a']))
    const prepared = await world.plan(topologyOf(['a'], { memory: 1 }))
    const running = world.deployBy(world.cloud.open(), BEFORE)
    await world.clock.pass(1_000)
    const late = prepared.apply({ deployId: 'late' })
    const [overtaken, { problems, held }] = await world.clock.until(Promise.all([running, late]))
    expect(overtaken.problems).toMatchObject([{ code: 'DEPLOY_OVERTAKEN' }])
    expect(problems).toEqual([])
    expect(held.length).toBeGreaterThan(0)
    expect(held[0]!.reason).toBe('another deploy created it meanwhile')
    await world.deploy(topologyOf(['a'], { memory: 1 }))
    expect(world.cloud.state()).toEqual(world.stateOf(topologyOf(['a'], { memory: 1 })))
  })

  it('delays the next one by seconds if it was killed, and not if it has ended', async () => {
    const world = deploymentsOf(19)
    const tookMs = async (wanted: readonly Resource[]) => {
      const sinceMs = world.clock.now()
      expect((await world.deploy(wanted)).problems).toEqual([])
      return world.clock.now() - sinceMs
    }
    await world.deploy(BEFORE)
    expect(await tookMs(topologyOf(['a', 'b'], { memory: 1 }))).toBeLessThan(3_000)
    await world.deploy(BEFORE, { process: { killAt: 8 } }).catch(() => undefined)
    const afterDeath = await tookMs(topologyOf(['a', 'b'], { memory: 2 }))
    expect(afterDeath).toBeGreaterThan(7_000)
    expect(afterDeath).toBeLessThan(12_000)
  })

  it('is noticed before any change if it began and ended since the plan', async () => {
    const world = deploymentsOf(14)
    await world.deploy(BEFORE)
    const prepared = await world.plan(topologyOf(['a', 'b'], { memory: 1 }))
    await world.clock.pass(60_000)
    await world.deploy(AFTER)
    const { problems } = await world.clock.until(
      prepared.apply({ deployId: 'late' }).catch((error: unknown) => ({ problems: [error] })),
    )
    expect(problems).toMatchObject([{ code: 'DEPLOY_OUTDATED' }])
    expect(world.cloud.state()).toEqual(world.stateOf(AFTER))
  })

  it('causes a new plan if it was still running during the plan', async () => {
    const world = deploymentsOf(15)
    await world.deploy(BEFORE)
    const running = world.deployBy(world.cloud.open(), topologyOf(['a', 'b'], { memory: 1 }))
    await world.clock.pass(400)
    const prepared = await world.plan(BEFORE)
    await world.clock.until(running)
    expect((await world.clock.until(prepared.apply({ deployId: 'late' }))).problems).toEqual([])
    expect(world.cloud.state()).toEqual(world.stateOf(BEFORE))
  })
})

it('a deploy without changes reads only the marks and one listing', async () => {
  const world = deploymentsOf(16)
  await world.deploy(BEFORE)
  const cloud = world.cloud.open()
  await world.clock.until(world.deployBy(cloud, BEFORE))
  expect(cloud.startsMs).toHaveLength(2)
})

it('a deploy takes hardly longer than its calls at the allowed rate', async () => {
  const wanted = topologyOf(Array.from({ length: 10 }, (_, index) => `p${index}`))
  const deployAt = async (pace: (nowMs: number) => number) => {
    const world = deploymentsOf(17)
    const cloud = world.cloud.open({ pace })
    const startMs = world.clock.now()
    expect((await world.clock.until(world.deployBy(cloud, wanted))).problems).toEqual([])
    return { tookMs: world.clock.now() - startMs, startsMs: [...cloud.startsMs].sort((a, b) => a - b) }
  }
  const limiter = createLimiter(15)
  const waiting = await deployAt(() => 0)
  const paced = await deployAt((nowMs) => limiter.reserve(nowMs))
  const calls = paced.startsMs.length
  const gaps = paced.startsMs.slice(15).map((startMs, index) => startMs - paced.startsMs[index]!)
  expect(Math.min(...gaps)).toBeGreaterThan(1000 - 1e-6)
  expect(paced.tookMs).toBeLessThan(1.3 * (calls / 15) * 1000 + waiting.tookMs)
})
