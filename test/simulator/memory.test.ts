import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'
import { Retry } from '../../src/topology/handler.ts'
import type { InputEvent } from '../../src/topology/topology.ts'
import { runTopology } from './run-topology.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const OPEN_ROOTS = 100

it('keeps no events, keys or retry counts of finished roots', async () => {
  const alive: WeakRef<object>[] = []
  let most = 0
  async function* input(): AsyncGenerator<InputEvent[]> {
    for (let chunk = 0; chunk < 100; chunk++) {
      const events = Array.from({ length: 100 }, (_, index) => ({
        to: 'a',
        event: { chunk, text: 'x'.repeat(100) },
        key: `${chunk} ${index}`,
      }))
      for (const { event } of events) alive.push(new WeakRef(event))
      yield events
      await new Promise(setImmediate)
      if (chunk % 10 === 9) {
        collect()
        most = Math.max(most, alive.filter((one) => one.deref() !== undefined).length)
      }
    }
  }
  const a = (event: { chunk: number }, { attempt, emit, key }: Context) => {
    if (attempt === 1) throw new Retry(event.chunk)
    emit('t', event, { key: `${key}` })
  }
  const b = async (event: object, { emit }: Context) => emit('out', event)
  const run = await runTopology({ processors: { a, b }, streams: [['a', 'b']] }, [], {
    input: input(),
    openRoots: OPEN_ROOTS,
    recorder: undefined as never,
  })
  expect(run.summary).toMatchObject({ handled: { a: 10_000, b: 10_000 }, failed: 0 })
  // Those that are open, the current chunk, and the one before it, which this generator still holds.
  expect(most).toBeLessThanOrEqual(OPEN_ROOTS + 300)
})
