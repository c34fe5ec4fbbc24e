import { expect, it } from 'vitest'
import { cleanStackText } from '../../src/project/stack.ts'
import { runTopology } from './run-topology.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function deep(calls: number, ms: number): Promise<void> {
  if (calls === 0) {
    await sleep(ms)
    throw new Error('no')
  }
  await deep(calls - 1, ms)
}

it.each([6, 40, 90])('a stack of %i calls has the same calls in each run, with any timers', async (calls) => {
  const a = (ms: number) => deep(calls, ms)
  const input = Array.from({ length: 20 }, (_, index) => ({ to: 'a', event: 1 + (index % 3) }))
  const stacks = new Set<string>()
  for (const _ of [1, 2, 3]) {
    const run = await runTopology({ processors: { a } }, input)
    for (const { error } of run.of('end')) stacks.add(cleanStackText(error!.stack!, import.meta.dirname))
  }
  expect(stacks.size).toBe(1)
  expect([...stacks][0]!.split('\n')).toHaveLength(1 + Math.min(50, calls + 1))
})

it('the limit of stacks is restored at the end of a run', async () => {
  const before = Error.stackTraceLimit
  await runTopology({ processors: { a: () => {} } }, { a: 1 })
  expect(Error.stackTraceLimit).toBe(before)
})
