import { expect, it } from 'vitest'
import type { Context } from '../../../src/topology/handler.ts'
import { recordsIn } from '../../contract/fake-store.ts'
import { openFunctionOf, recordOf } from './one-function.ts'

const records = (...events: readonly unknown[]) => ({
  Records: events.map((event, index) => {
    const message = {
      specversion: '1.0',
      id: `m${index}`,
      source: '/test/dev/a',
      type: 't',
      data: event,
      attakroot: 'r',
    }
    return recordOf('sqs', `m${index}`, JSON.stringify({ ...message, attakhop: 2, attakattempt: 1 }))
  }),
})

it('setup of a function runs once before its first event, and its lines belong to no message', async () => {
  const seen: unknown[] = []
  let calls = 0
  const { invoke, lines } = openFunctionOf(
    'sqs',
    (event, { resources }: Context) => void seen.push([event, resources]),
    { logEvents: false },
    {
      setup({ processor, stage, log }) {
        log.warn('connects')
        return `${processor} ${stage} ${++calls}`
      },
    },
  )
  expect(await invoke(records('1', '2'))).toEqual({ batchItemFailures: [] })
  expect(await invoke(records('3'))).toEqual({ batchItemFailures: [] })
  expect(seen.map((one) => (one as unknown[])[1])).toEqual(['b dev 1', 'b dev 1', 'b dev 1'])
  expect(lines[0]).toMatchObject({ attak: 'log', level: 'warn', processor: 'b', text: 'connects' })
  expect(lines[0]).not.toHaveProperty('message')
})

it('if setup fails, the delivery fails, and the next one runs setup again', async () => {
  let calls = 0
  const seen: unknown[] = []
  const { invoke, store } = openFunctionOf(
    'sqs',
    (event) => void seen.push(event),
    {},
    {
      setup() {
        if (++calls === 1) throw new Error('no database')
      },
    },
  )
  await expect(invoke(records('1'))).rejects.toMatchObject({ code: 'SETUP_FAILED' })
  expect([seen, recordsIn(store)]).toEqual([[], []])
  expect(await invoke(records('1'))).toEqual({ batchItemFailures: [] })
  expect(seen.length).toBe(1)
})

it('if setup hangs, the delivery fails after the timeout of the processor', async () => {
  const { invoke, clock } = openFunctionOf('sqs', () => {}, {}, { setup: () => new Promise(() => {}) })
  const startMs = clock.now()
  await expect(invoke(records('1'))).rejects.toMatchObject({ code: 'SETUP_FAILED' })
  expect(clock.now() - startMs).toBe(1000)
})
