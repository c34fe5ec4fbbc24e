import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { confirmPlan } from '../../src/cli/confirm.ts'
import { interruptCode } from '../../src/cli/host.ts'
import type { Change } from '../../src/deploy/change.ts'
import type { Plan } from '../../src/deploy/plan.ts'
import { fakeHost } from './fake-host.ts'

const live = { id: 'stream/a', kind: 'stream', name: 'a', address: 'a', fingerprint: 'f', holdsData: false }
const made: Change = {
  ...{ kind: 'create', id: 'stream/a', fingerprint: 'f', settings: [], reason: '', made: [] },
  resource: { id: 'stream/a', kind: 'stream', name: 'a', needs: [], config: {}, fixed: [], holdsData: true },
}
const removed: Change = { kind: 'remove', id: 'stream/a', live, reason: '' }
const planOf = (...changes: Change[]): Plan => ({ changes, unchanged: [], kept: [], refused: [] })

/** A host whose user types these keys when asked. */
function answering(keys: string) {
  const stdin = new PassThrough()
  let asked = false
  const onErr = (text: string) => {
    if (asked || !text.includes('Apply')) return
    asked = true
    setImmediate(() => stdin.write(keys))
  }
  return fakeHost('.', { stdin, interactive: true, isTTY: true, onErr })
}

test('asks on a terminal, and no is the default', async () => {
  expect(await confirmPlan(planOf(made), false, answering('\r'))).toBe(false)
  expect(await confirmPlan(planOf(made), false, answering('y'))).toBe(true)
  const host = answering('n')
  expect(await confirmPlan(planOf(made, removed), false, host)).toBe(false)
  expect(host.ran(0).err).toContain('Apply 2 changes?')
})

test('Ctrl-C at a question is an interrupt, an answer of no is not', async () => {
  const refusing = answering('n')
  expect(await confirmPlan(planOf(made), false, refusing)).toBe(false)
  expect(interruptCode(refusing.signal)).toBeUndefined()
  const interrupting = answering('\u0003')
  expect(await confirmPlan(planOf(made), false, interrupting)).toBe(false)
  expect(interruptCode(interrupting.signal)).toBe(130)
})

test('asks nothing with --yes', async () => {
  const host = answering('')
  expect(await confirmPlan(planOf(removed), true, host)).toBe(true)
  expect(host.ran(0)).toMatchObject({ out: '', err: '' })
})

test('asks nothing without changes', async () => {
  expect(await confirmPlan(planOf(), false, answering(''))).toBe(true)
})

test('without a terminal, additions are applied and removals need --yes', async () => {
  const host = fakeHost('.')
  expect(await confirmPlan(planOf(made), false, host)).toBe(true)
  await expect(confirmPlan(planOf(made, removed), false, host)).rejects.toMatchObject({
    code: 'USAGE',
    message: 'the plan removes 1 resource, and there is no terminal to ask in',
    remedy: expect.stringContaining('--yes'),
  })
  expect(await confirmPlan(planOf(made, removed), true, host)).toBe(true)
})
