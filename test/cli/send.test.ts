import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sendAll } from '../../src/cli/send.ts'
import { AttakError } from '../../src/errors.ts'
import type { InputEvent } from '../../src/topology/topology.ts'

const never = new AbortController().signal
const eventOf = (event: number): InputEvent => ({ to: 'a', event }) as InputEvent
const triggered = ({ event }: InputEvent) => ({ to: 'a', id: String(event), root: String(event) })

async function* chunksOf(...chunks: number[][]) {
  for (const chunk of chunks) yield chunk.map(eventOf)
}

describe('sendAll', () => {
  test('reports each accepted event, in any list', async () => {
    const told: string[] = []
    const send = async (event: InputEvent) => triggered(event)
    await sendAll(chunksOf([1, 2], [], [3]), send, never, ({ id }) => told.push(id))
    expect(told.sort()).toEqual(['1', '2', '3'])
  })

  test('has at most 32 calls in flight', async () => {
    let [under, most] = [0, 0]
    const send = async (event: InputEvent) => {
      most = Math.max(most, ++under)
      await new Promise((resolve) => setImmediate(resolve))
      under--
      return triggered(event)
    }
    let count = 0
    await sendAll(chunksOf(Array.from({ length: 200 }, (_, index) => index)), send, never, () => count++)
    expect([most, count]).toEqual([32, 200])
  })

  test('ends with the signal while it waits for the next list', async () => {
    const stop = new AbortController()
    async function* never() {
      yield [eventOf(1)]
      await new Promise(() => {})
    }
    const send = async (event: InputEvent) => triggered(event)
    await sendAll(never(), send, stop.signal, () => stop.abort())
    expect(stop.signal.aborted).toBe(true)
  })

  test.each([1, 32, 40])('an interrupt does not wait for calls that are never answered: %i events', async (count) => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    let sent = 0
    const send = () => {
      sent++
      return new Promise<never>(() => {})
    }
    const sending = sendAll(chunksOf(Array.from({ length: count }, (_, index) => index)), send, stop.signal, () => {})
    while (sent < Math.min(count, 32)) await Promise.resolve()
    stop.abort()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await sending).toBe(sent)
  })

  test('stops at the first refusal, waits for calls in flight, and throws it', async () => {
    const [sent, told]: [unknown[], string[]] = [[], []]
    const send = async (event: InputEvent) => {
      sent.push(event.event)
      await new Promise((resolve) => setImmediate(resolve))
      if (event.event === 2) throw new Error('refused')
      return triggered(event)
    }
    const events = Array.from({ length: 100 }, (_, index) => index)
    await expect(sendAll(chunksOf(events), send, never, ({ id }) => told.push(id))).rejects.toThrow('refused')
    expect(sent.length).toBeLessThan(100)
    expect(told).toHaveLength(sent.length - 1)
  })

  test('names each refused event, and those with the same reason together', async () => {
    const reasons = ['too large', 'no such queue', 'too large', undefined]
    const send = async (event: InputEvent) => {
      const reason = reasons[event.event as number]
      if (event.event === 0) await new Promise((resolve) => setImmediate(resolve))
      if (reason !== undefined) throw new AttakError('AWS_REFUSED', reason, 'Try again.')
      return triggered(event)
    }
    const refused = await sendAll(chunksOf([0, 1, 2, 3]), send, never, () => {}).catch((error: unknown) => error)
    expect((refused as AttakError).problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'events 1, 3: too large',
      'event 2: no such queue',
    ])
  })

  test('an input that breaks off throws after all sent events are answered', async () => {
    async function* broken() {
      yield [eventOf(1)]
      throw new Error('line 2 is no JSON')
    }
    const told: string[] = []
    const send = async (event: InputEvent) => {
      await new Promise((resolve) => setImmediate(resolve))
      return triggered(event)
    }
    await expect(sendAll(broken(), send, never, ({ id }) => told.push(id))).rejects.toThrow('line 2 is no JSON')
    expect(told).toEqual(['1'])
  })

  test('ends early when it is interrupted', async () => {
    const abort = new AbortController()
    const told: string[] = []
    const send = async (event: InputEvent) => {
      abort.abort()
      return triggered(event)
    }
    await sendAll(chunksOf([1, 2, 3]), send, abort.signal, ({ id }) => told.push(id))
    expect(told).toEqual(['1'])
  })
})
