import { expect, it } from 'vitest'
import type { RunProbe } from '../../src/simulator/options.ts'
import { runTopology } from './run-topology.ts'

it('a look into a run finds the oldest handler that has not settled', async () => {
  let probe: RunProbe | undefined
  const seen: (string | undefined)[] = []
  const look = () => seen.push(probe?.oldest()?.processor)
  const a = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    look()
  }
  const b = look
  const onProbe = (given: RunProbe) => {
    probe = given
  }
  await runTopology({ processors: { a, b } }, { a: 1, b: 1 }, { onProbe })
  expect(seen).toEqual(['a', 'a'])
  expect(probe?.oldest()).toBeUndefined()
})
