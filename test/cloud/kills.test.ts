import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import { attak, emulated, projects } from './attak.ts'
import { everythingOf } from './everything.ts'
import { openFaultProxy, randomFrom } from './fault-proxy.ts'

const SEED = Number(process.env.FAULT_SEED ?? 1)
const chance = randomFrom(SEED)
/** Where in a deploy it is killed, by the percentage of its requests that it has made. A fake cloud sees it killed at each. */
const PERCENTAGES = [0, 1, 2].map((third) => Math.ceil((100 * (third + chance())) / 3))

/** Every kind of resource. */
const BEFORE = {
  'package.json': JSON.stringify({ type: 'module', main: 'topology.js' }),
  'topology.js': `export default {
  name: 'killed',
  processors: { spout: './spout', old: './old', kept: './kept' },
  streams: [{ from: 'spout', to: 'old', via: 'sqs' }, { from: 'spout', to: 'kept' }],
}
`,
  'spout.js': 'export const handler = (event, context) => context.emit("text", event)\n',
  'old.js': 'export const handler = () => {}\n',
  'kept.js': 'export const handler = () => {}\n',
}
/** Of each something to make, to change, to leave and to remove. */
const AFTER = {
  'topology.js': `export default {
  name: 'killed',
  processors: { spout: { path: './spout', memory: 512 }, fresh: './fresh', kept: './kept' },
  streams: [{ from: 'spout', to: 'fresh', via: 'sqs' }, { from: 'fresh', to: 'kept' }],
  logRetention: 30,
}
`,
  'fresh.js': 'export const handler = (event, context) => context.emit("text", event)\n',
}

const projectOf = projects()

/** A stage behind a proxy that counts requests, and has what makes them killed. */
async function stageOf(stage: string) {
  const folder = projectOf(stage, BEFORE)
  let requests = 0
  let kill = { at: Number.POSITIVE_INFINITY, by: new AbortController() }
  const proxy = await openFaultProxy(inject('ministack'), {
    ...{ seed: SEED, share: 0 },
    onRequest() {
      if (++requests === kill.at) kill.by.abort()
    },
  })
  const run = (...argv: readonly string[]) =>
    attak(folder, [...argv, '--stage', stage], emulated(proxy.address), kill.by.signal)
  return {
    run,
    /** Deploys; returns how many requests that took. With `at` it is killed when it makes that one. */
    async deploy(at?: number): Promise<number> {
      requests = 0
      kill = { at: at ?? Number.POSITIVE_INFINITY, by: new AbortController() }
      const { code, err } = await run('deploy', '--yes', '--allow-data-loss')
      kill = { at: Number.POSITIVE_INFINITY, by: new AbortController() }
      if (code !== (at === undefined ? 0 : null)) throw new Error(`deploy exited with ${code}:\n${err}`)
      return requests
    },
    change() {
      for (const [file, content] of Object.entries(AFTER)) writeFileSync(join(folder, file), content)
    },
    everything: async () =>
      (await everythingOf(inject('ministack'), `killed--${stage}`)).map((one) => one.replaceAll(`--${stage}`, '')),
    async close() {
      await run('destroy', '--yes')
      await proxy.close()
    },
  }
}

interface Undisturbed {
  readonly requests: number
  readonly everything: readonly string[]
}
let undisturbed: readonly [first: Undisturbed, later: Undisturbed]

beforeAll(async () => {
  const { deploy, change, everything, close } = await stageOf('calm')
  const first = { requests: await deploy(), everything: await everything() }
  change()
  undisturbed = [first, { requests: await deploy(), everything: await everything() }]
  await close()
})

test.concurrent.each(PERCENTAGES)(
  'a deploy that is killed after %i percent and repeated ends like an undisturbed one',
  async (percentage) => {
    const { run, deploy, change, everything, close } = await stageOf(`at-${percentage}`)
    try {
      for (const expected of undisturbed) {
        await deploy(Math.max(1, Math.floor((expected.requests * percentage) / 100)))
        await deploy()
        expect(await everything()).toEqual(expected.everything)
        expect(await run('plan', '--refresh', '--exit-code')).toMatchObject({ code: 0 })
        change()
      }
      expect(undisturbed[0].everything).not.toEqual(undisturbed[1].everything)
    } finally {
      await close()
    }
    expect(await everything()).toEqual([])
  },
)
