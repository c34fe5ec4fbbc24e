import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { openLed } from '../../src/sources/led.ts'
import { fakeWorld } from './world.ts'

/** Counts how often something is open; `faults` are thrown by the first tries. */
function counted(faults: number[] = []) {
  const seen: string[] = []
  let tries = 0
  let stopping = Promise.resolve()
  return {
    seen,
    holdStops(until: Promise<void>) {
      stopping = until
    },
    async open() {
      if (faults.includes(++tries)) throw new AttakError('SOURCE_FAILED', `try ${tries}`, 'Wait.')
      seen.push('open')
      return {
        lines: [],
        async stop() {
          await stopping
          seen.push('stopped')
        },
      }
    },
  }
}

describe('sources that one worker opens', () => {
  test('are open while it leads', async () => {
    const { seen, open } = counted()
    const led = openLed(open, fakeWorld())
    expect(seen).toEqual([])
    led.begin()
    await turn()
    await led.end()
    led.begin()
    await turn()
    await led.end()
    expect(seen).toEqual(['open', 'stopped', 'open', 'stopped'])
  })

  test('are opened again only after they have stopped', async () => {
    const { seen, open, holdStops } = counted()
    let go = () => {}
    holdStops(
      new Promise((resolve) => {
        go = resolve
      }),
    )
    const led = openLed(open, fakeWorld())
    led.begin()
    await turn()
    const ended = led.end()
    led.begin()
    await turn()
    expect(seen).toEqual(['open'])
    go()
    await ended
    await turn()
    await led.end()
    expect(seen).toEqual(['open', 'stopped', 'open', 'stopped'])
  })

  test('are tried again when they could not be opened, with longer and longer waits', async () => {
    const world = fakeWorld()
    const { seen, open } = counted([1, 2])
    const led = openLed(open, world)
    led.begin()
    await turn()
    await world.pass(1000)
    await turn()
    expect(seen).toEqual([])
    await world.pass(2000)
    await turn()
    await led.stop()
    expect(seen).toEqual(['open', 'stopped'])
    expect(world.said).toEqual(['error try 1 It is tried again.', 'error try 2 It is tried again.'])
  })

  test('do not open once they are stopped for good', async () => {
    const { seen, open } = counted()
    const led = openLed(open, fakeWorld())
    await led.stop()
    led.begin()
    await led.end()
    expect(seen).toEqual([])
  })
})
