import { expect, test } from 'vitest'
import { applyShown } from '../../../src/cli/deploy/apply.ts'
import { deploymentsOf } from '../../contract/deployments.ts'
import { topologyOf } from '../../contract/resources.ts'
import { fakeHost } from '../fake-host.ts'

const WANTED = topologyOf(['a', 'b'])

test('an interrupt lets what has begun end, and tells what is left', async () => {
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
  expect(err).toContain('\nInterrupted: what has begun is waited for; once more ends at once.\n')
  expect(err).toMatch(
    new RegExp(`\\n${done.length} changes done, ${left} not\\.\\n\\[DEPLOY_CANCELLED\\] this run: .*\\n$`),
  )
})

test('what fails is thrown after all else is done, and how far it got is told', async () => {
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
