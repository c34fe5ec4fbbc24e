import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openIntake } from '../../src/simulator/intake.ts'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const event = (value: number) => ({ to: 'a', event: value })

it('takes available events without waiting, past empty chunks, to the end', () => {
  const intake = openIntake([[event(1)], [], [event(2), event(3)], []])
  const taken: unknown[] = []
  while (intake.ask() && !intake.ended()) taken.push(intake.next()?.event)
  expect(taken).toEqual([1, 2, 3])
  expect(intake.next()).toBeUndefined()
})

it('waits for later input', async () => {
  async function* later() {
    yield [event(1)]
  }
  const intake = openIntake(later())
  expect([intake.ask(), intake.next()]).toEqual([false, undefined])
  await intake.fill()
  expect(intake.next()).toEqual(event(1))
  await intake.fill()
  expect(intake.ended()).toBe(true)
})

it('closes without waiting for an event that may never come', async () => {
  async function* never() {
    yield [event(1)]
    await new Promise(() => {})
  }
  const intake = openIntake(never())
  await intake.fill()
  intake.next()
  void intake.fill()
  await intake.close()
  expect(intake.ended()).toBe(true)
})

it('console lines of an input belong to no handler', async () => {
  let shown = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      shown += chunk
      done()
    },
  })
  const terminal = new Console(stdout)
  function* input() {
    for (let value = 0; value < 3; value++) {
      terminal.log(`making ${value}`)
      yield [event(value)]
    }
  }
  const a = (value: unknown) => terminal.log(`handling ${value}`)
  const run = await runTopology({ processors: { a } }, [], { input: input(), console: terminal })
  expect(run.of('log').map(({ text }) => text)).toEqual(['handling 0', 'handling 1', 'handling 2'])
  expect(shown).toBe('making 0\nmaking 1\nmaking 2\n')
})

describe('an input never has more events in flight than allowed', () => {
  const streams = [['a', 'b', 't']]
  const a = (value: number, context: Context) => void context.emit('t', value)

  it('and the next as soon as all handlers of one are done', async () => {
    let taken = 0
    let done = 0
    const under: number[] = []
    function* input() {
      for (; taken < 10; taken++) {
        under.push(taken - done)
        yield [event(taken)]
      }
    }
    const b = async () => {
      await new Promise(setImmediate)
      done++
    }
    await runTopology({ processors: { a, b }, streams }, [], { input: input(), openRoots: 3 })
    expect(done).toBe(10)
    expect(Math.max(...under)).toBe(2)
  })

  it('and nothing waits for an event that cannot be taken yet', async () => {
    let handled = () => {}
    async function* input() {
      for (let value = 0; value < 3; value++) {
        const wait = new Promise<void>((resolve) => {
          handled = resolve
        })
        yield [event(value)]
        // A program that sends the next line when it has seen what became of the last.
        await wait
      }
    }
    const slowly = async (value: number, context: Context) => {
      await new Promise(setImmediate)
      a(value, context)
    }
    const run = await runTopology({ processors: { a: slowly, b: () => handled() }, streams }, [], {
      ...{ input: input(), openRoots: 1 },
    })
    expect(run.summary.handled).toEqual({ a: 3, b: 3 })
  })
})
