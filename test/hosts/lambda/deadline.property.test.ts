import { Console } from 'node:console'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CARRIERS } from '../../../src/carriers/table.ts'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import { rememberHandled } from '../../../src/hosts/lambda/handled.ts'
import { invokeBy } from '../../../src/hosts/lambda/invoker.ts'
import { describeThrown } from '../../../src/runtime/thrown.ts'
import { createSqsStore } from '../../../src/stores/sqs/store.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import { bakedOf } from '../../contract/graph.ts'
import { answerWith, endsWithin, scriptedServer, type Trouble } from '../../contract/scripted-server.ts'
import { recordOf } from './one-function.ts'

const INVOCATION_MS = 400
/** Fires after all timers of the invocation, which are set before and are shorter, however slow the machine is. */
const REFERENCE_MS = 1.5 * INVOCATION_MS

const LATE: Trouble = { kind: 'reset', afterMs: 0.7 * INVOCATION_MS }
const trouble = fc.constantFrom<Trouble>(
  ...(['answer', 'fault', 'hang', 'hang in the answer', 'drip'] as const).map((kind) => ({ kind })),
  ...[{ kind: 'reset', afterMs: 0 } as const, LATE],
)

/** Takes everything, in the words of Kinesis, SQS, DynamoDB and Lambda at once. */
const ALL_WELL = {
  Records: [{ SequenceNumber: '1', ShardId: 'shardId-000000000000' }],
  Successful: [{ Id: '0', MessageId: '0' }],
  result: 1,
}

/** Emits, invokes, or fails, by what an event says. */
const handler: Handler = async (event, context) => {
  if (event === 'emit') await context.emit('t', 1)
  else if (event === 'invoke') await context.invoke('c', 1)
  else throw new Error('no')
}

const work = fc.array(fc.constantFrom('emit', 'invoke', 'fail'), { minLength: 1, maxLength: 4 })

it('an invocation answers in time, whatever happens to its connections', async () => {
  const definition = {
    name: 'test',
    processors: { a: () => {}, b: { handler, invokes: ['c'], idempotent: true }, c: () => {} },
    streams: [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c', topics: ['t'] },
    ],
    retryQueue: true,
    retries: 0,
  }
  const baked = bakedOf(definition, 'b')
  const host = {
    env: {},
    console: new Console(new Writable({ write: (_chunk, _encoding, done) => done() })),
    write: () => {},
    now: Date.now,
    after(ms: number, call: () => void) {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    ...{ random: Math.random, describe: describeThrown, onUncaught: () => {} },
  }
  const parts = {
    carriers: CARRIERS,
    invokeBy,
    rememberHandled,
    openStore: createSqsStore as never,
  }
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { minLength: 1, maxLength: 6 }), work, async (script, events) => {
      const { client, close, requests } = await scriptedServer((request, response, place) =>
        answerWith(script[place % script.length]!, JSON.stringify(ALL_WELL), request, response),
      )
      const entry = createEntry({ ...baked, load: () => ({ name: 'b', handler }) }, parts, { host, client })
      const endMs = Date.now() + INVOCATION_MS
      const context = {
        awsRequestId: '00000000-0000-0000-0000-000000000001',
        invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:test--dev--b',
        getRemainingTimeInMillis: () => endMs - Date.now(),
      }
      try {
        const Records = events.map((event, index) => recordOf('kinesis', `${100 + index}`, JSON.stringify(event)))
        const answered = entry({ Records }, context)
        expect(await endsWithin(answered, REFERENCE_MS)).toBe(true)
        expect(await answered).toHaveProperty('batchItemFailures')
        expect(requests()).toBeGreaterThan(0)
      } finally {
        close()
      }
    }),
    {
      numRuns: 12,
      examples: [
        [[{ kind: 'answer' }, LATE, { kind: 'hang' }], ['fail']],
        [
          [{ kind: 'answer' }, { kind: 'drip' }],
          ['emit', 'fail'],
        ],
      ],
    },
  )
})
