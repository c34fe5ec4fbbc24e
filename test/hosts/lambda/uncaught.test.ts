import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import { takeUncaught } from '../../../src/hosts/lambda/host.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import { createFakeStore, recordsIn } from '../../contract/fake-store.ts'
import { fastHost, type LogLine } from './cloud.ts'

const later = (call: () => void) => setTimeout(call, 5)

/** A function in a process whose uncaught errors are a test's: `uncaught` runs what throws them. */
function open(handler: (uncaught: (call: () => void) => void) => Handler) {
  const lines: LogLine[] = []
  const store = createFakeStore()
  let take: (error: unknown) => boolean = () => false
  const uncaught = (call: () => void) => {
    try {
      call()
    } catch (error) {
      if (!take(error)) throw error
    }
  }
  const host = {
    ...fastHost((line) => lines.push(line)),
    now: Date.now,
    after(ms: number, call: () => void) {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    onUncaught(given: typeof take) {
      take = given
    },
  }
  const baked = {
    ...{ topology: 'test', stage: 'dev', hopLimit: 9, streams: [], carriers: {}, errors: { store: 'sqs' as const } },
    processors: { a: BAKED },
  } as const
  const load = () => ({ name: 'a', handler: handler(uncaught) })
  const client = { endpoint: () => '', close: () => {}, call: () => Promise.reject(new Error('nobody is there')) }
  const entry = createEntry({ ...baked, load }, { carriers: {}, openStore: () => store }, { host, client })
  const invokedFunctionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:a'
  const invoke = (event: unknown) =>
    entry(event, { awsRequestId: `r-${event}`, invokedFunctionArn, getRemainingTimeInMillis: () => 60_000 })
  return { invoke, store, lines, take: (error: unknown) => take(error) }
}

const BAKED = {
  ...{
    timeoutMs: 30_000,
    callback: false,
    outputs: true,
    invokes: [],
    logEvents: false,
    retryVia: 'sqs',
    retryQueue: false,
  },
  ...{ retries: 0, backoff: { firstMs: 1, factor: 2, maxMs: 10, jitter: false } },
  ...{ routes: { all: [], byTopic: {} }, hears: [] },
}

describe('an uncaught error', () => {
  it('fails only the handler that still runs', async () => {
    const { invoke, store } = open((uncaught) => () => {
      later(() =>
        uncaught(() => {
          throw new Error('in a timer')
        }),
      )
      return new Promise(() => {})
    })
    await invoke({ n: 1 })
    expect(recordsIn(store)).toEqual([
      expect.objectContaining({ kind: 'failed', error: expect.objectContaining({ message: 'in a timer' }) }),
    ])
    expect(recordsIn(store)[0]?.message?.data).toEqual({ n: 1 })
  })

  it('is recorded as late after the handler was done', async () => {
    const { invoke, store, lines } = open((uncaught) => async (event) => {
      if (event === 'first')
        later(() =>
          uncaught(() => {
            throw new Error('forgotten')
          }),
        )
      else await new Promise((resolve) => setTimeout(resolve, 20))
    })
    await invoke('first')
    await invoke('second')
    expect(recordsIn(store).map(({ kind, error, message }) => [kind, error.message, message?.data])).toEqual([
      ['late', 'forgotten', 'first'],
    ])
    expect(lines.filter(({ attak }) => attak === 'log').map(({ text }) => text)).toEqual(['forgotten'])
  })

  it('is recorded for its message, even if its handler returned from many at once', async () => {
    const { invoke, store } = open((uncaught) => (event) => {
      if (event === 'wait') return new Promise((resolve) => setTimeout(resolve, 20))
      if (event === 100)
        later(() =>
          uncaught(() => {
            throw new Error('forgotten')
          }),
        )
      return undefined
    })
    for (let event = 1; event <= 100; event++) await invoke(event)
    await invoke('wait')
    expect(recordsIn(store).map(({ kind, error, message }) => [kind, error.message, message?.data])).toEqual([
      ['late', 'forgotten', 100],
    ])
  })

  it('goes to the platform if it belongs to no handler', async () => {
    const { invoke, take } = open(() => () => {})
    await invoke(1)
    expect(take(new Error('of a module'))).toBe(false)
  })
})

it('earlier listeners still receive errors that attak does not take', () => {
  const emitter = new EventEmitter()
  const heard: unknown[] = []
  emitter.on('unhandledRejection', (...args) => heard.push(args))
  takeUncaught(emitter, (error) => error === 'ours')
  emitter.emit('unhandledRejection', 'ours', 'promise')
  emitter.emit('unhandledRejection', 'other', 'promise')
  expect(heard).toEqual([['other', 'promise']])
  expect(() => emitter.emit('uncaughtException', new Error('nobody listens'))).toThrow('nobody listens')
})
