import { expect, test } from 'vitest'
import { applyShown, tasksTo } from '../../../src/cli/deploy/apply.ts'
import type { Write } from '../../../src/deploy/change.ts'
import { deploymentsOf } from '../../contract/deployments.ts'
import { topologyOf } from '../../contract/resources.ts'
import { fakeHost } from '../fake-host.ts'

const WANTED = topologyOf(['a', 'b'])

test('an interrupt lets running changes end, and prints what is left', async () => {
  const world = deploymentsOf(1)
  const abort = new AbortController()
  const onErr = (text: string) => {
    if (text.includes('✓')) abort.abort('SIGINT')
  }
  const host = fakeHost('.', { signal: abort.signal, onErr })
  const plan = await world.plan(WANTED)
  const { done } = await world.clock.until(applyShown(plan, host))
  const left = WANTED.length - done.length
  expect(done.length).toBeGreaterThan(0)
  const { out, err } = host.ran(130)
  expect(out).toBe('')
  expect(err).toContain('\nInterrupted: finishing the changes that have begun. Interrupt again to end at once.\n')
  expect(err).toMatch(
    new RegExp(`\\n${done.length} changes done, ${left} not\\.\\n\\[DEPLOY_CANCELLED\\] this run: .*\\n$`),
  )
})

test('a failure is thrown after all else is done, with how far it got', async () => {
  const world = deploymentsOf(2)
  const plan = await world.plan(WANTED)
  world.cloud.makeStranger({ kind: 'stream', name: 't--dev--b' })
  const host = fakeHost('.')
  const failed = world.clock.until(applyShown(plan, host))
  await expect(failed).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS', problems: [{ where: 'stream t--dev--b' }] })
  expect(host.ran(1).err).toMatch(/ {2}✗ stream b: .*\n[\s\S]*\n\d+ changes done, \d+ not\.\n$/)
})

test('a plan without changes does nothing', async () => {
  const world = deploymentsOf(3)
  const host = fakeHost('.')
  expect(await applyShown(await world.plan([]), host)).toEqual({ done: [] })
  expect(host.ran(0).err).toBe('')
})

const change = (id: string): Write => ({
  ...{ kind: 'create', id, fingerprint: 'f', settings: [], reason: '', made: [] },
  resource: { id, kind: 'function', name: id, needs: [], config: {}, fixed: [], holdsData: false },
})
const problem = {
  code: 'TOPOLOGY_INVALID' as const,
  severity: 'error' as const,
  where: 'function b',
  what: 'AWS said no',
  remedy: 'Try again.',
}

test('without a terminal, each task is a line when it ends, and each wait a line when it begins', () => {
  const host = fakeHost('.')
  const tasks = tasksTo(host.err, () => 0)
  const a = change('function/a')
  tasks.show({ kind: 'started', change: a, atMs: 0 })
  tasks.show({ kind: 'waiting', change: a, for: 'IAM to propagate', atMs: 0 })
  tasks.show({ kind: 'waiting', change: a, for: undefined, atMs: 0 })
  tasks.tick()
  tasks.show({ kind: 'done', change: a, atMs: 2100, tookMs: 2100 })
  tasks.show({ kind: 'failed', change: change('stream/b'), atMs: 0, problem })
  tasks.clear()
  expect(host.ran(0).err).toBe(
    '  … function a: waiting for IAM to propagate\n  ✓ function a created 2.1 s\n  ✗ stream b: AWS said no\n',
  )
})

test('on a terminal, running tasks stand below finished ones with their time, and are drawn over', () => {
  const host = fakeHost('.', { isTTY: true })
  let at = 0
  const tasks = tasksTo(host.err, () => at)
  tasks.show({ kind: 'started', change: change('function/a'), atMs: 0 })
  tasks.show({ kind: 'started', change: change('function/b'), atMs: 0 })
  at = 1600
  tasks.show({ kind: 'done', change: change('function/a'), atMs: at, tookMs: at })
  tasks.clear()
  const up = (lines: number) => `\x1b[${lines}A\x1b[J`
  expect(host.ran(0).err).toBe(
    [
      '  ⠋ creating function a 0 ms\n',
      up(1),
      '  ⠋ creating function a 0 ms\n  ⠋ creating function b 0 ms\n',
      up(2),
      '  ✓ function a created 1.6 s\n',
      '  ⠋ creating function b 1.6 s\n',
      up(1),
    ].join(''),
  )
})

test('the first ten of many running tasks are drawn', () => {
  const host = fakeHost('.', { isTTY: true })
  const tasks = tasksTo(host.err, () => 0)
  for (let index = 0; index < 12; index++) tasks.show({ kind: 'started', change: change(`function/${index}`), atMs: 0 })
  expect(host.ran(0).err).toMatch(/function 9 0 ms\n {2}and 2 more\n$/)
})
