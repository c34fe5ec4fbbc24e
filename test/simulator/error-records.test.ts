import { expect, it } from 'vitest'
import type { ErrorRecord } from '../../src/runtime/error-record.ts'
import { recordErrors } from '../../src/simulator/error-records.ts'
import { recordToAll } from '../../src/simulator/recorder.ts'
import type { Handler } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

/** Runs one event through a chain of processors. Returns the records of failures. */
async function errorsOf(processors: Record<string, Handler | object>): Promise<readonly ErrorRecord[]> {
  const names = Object.keys(processors)
  const streams = names.slice(1).map((to, index) => ({ from: names[index], to }))
  const errors: ErrorRecord[] = []
  const place = { topology: 'test', stage: 'dev', now: () => Date.UTC(2026, 10, 21) }
  const recorder = recordToAll([recordErrors(place, (record) => errors.push(record))])
  await runTopology({ processors, streams }, { [names[0]!]: { n: 1 } }, { recorder })
  return errors
}

it('returns the record of a failure with its original event and its ancestors', async () => {
  const [error, ...others] = await errorsOf({
    a: (event: unknown, context) => context.emit('t', { ...(event as object), a: 1 }),
    b: (event: unknown, context) => context.emit('u', { ...(event as object), b: 1 }, { key: 'k' }),
    c: (event: unknown) => {
      Object.assign(event as object, { n: 'changed' })
      throw new TypeError('no')
    },
  } satisfies Record<string, Handler>)
  expect(others).toEqual([])
  expect(error).toMatchObject({
    ...{ attakerror: 1, kind: 'failed', time: '2026-11-21T00:00:00.000Z', attempt: 1 },
    ...{ topology: 'test', stage: 'dev', processor: 'c', error: { name: 'TypeError', message: 'no' } },
    message: { source: '/test/dev/b', type: 'u', partitionkey: 'k', attakhop: 3, data: { n: 1, a: 1, b: 1 } },
    ancestors: [
      { source: '/test/dev', type: 'attak.input', attakhop: 1, data: { n: 1 } },
      { source: '/test/dev/a', type: 't', attakhop: 2, data: { n: 1, a: 1 } },
    ],
  })
  expect(error?.message?.attakparent).toBe(error?.ancestors?.[1]?.id)
  expect(error?.message?.attakroot).toBe(error?.ancestors?.[0]?.id)
  expect(error).not.toHaveProperty('position')
  expect(error).not.toHaveProperty('artifact')
})

it('returns one for the last attempt of a message with retries', async () => {
  const fail = () => {
    throw new Error('no')
  }
  const errors = await errorsOf({ a: { handler: fail, retries: 2 } })
  expect(errors.map(({ attempt, message }) => [attempt, message?.attakattempt])).toEqual([[3, 3]])
})

it('returns a separate one for a late error', async () => {
  const errors = await errorsOf({
    a: (_: unknown, context) => {
      setImmediate(() => context.emit('late').catch(() => {}))
      return context.emit('t')
    },
    b: () => new Promise((resolve) => setTimeout(resolve, 10)),
  } satisfies Record<string, Handler>)
  expect(errors.map(({ kind, processor, error }) => [kind, processor, error.code])).toEqual([
    ['late', 'a', 'EMIT_AFTER_END'],
  ])
})

it('returns none for a failure that its invoker receives', async () => {
  const fail = () => {
    throw new Error('no')
  }
  const invoking: Handler = async (_, context) => {
    await context.invoke('b').catch(() => {})
  }
  const errors = await errorsOf({ a: { handler: invoking, invokes: ['b'] }, b: fail })
  expect(errors).toEqual([])
})
