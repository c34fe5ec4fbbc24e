import * as api from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base'
import { describe, expect, test } from 'vitest'
import { decodeText } from '../../src/runtime/codec.ts'
import { encodeMessage } from '../../src/runtime/event.ts'
import { idOf, rootIdOf, traceparentOf } from '../../src/runtime/message.ts'
import { createPack } from '../../src/runtime/pack.ts'
import { createSpans } from '../../src/runtime/spans.ts'
import type { Context, Handler } from '../../src/topology/handler.ts'
import { messageOf } from '../contract/message.ts'
import { at } from '../contract/position.ts'
import { registerTelemetry, treeOf } from '../contract/telemetry.ts'
import { deploy } from '../hosts/lambda/deploy.ts'
import { runTopology } from '../simulator/run-topology.ts'

type Processors = Readonly<Record<string, Handler>>
type Streams = readonly { readonly from: string; readonly to: string }[]

/** The two ways in which a topology runs. */
const runs: [string, (processors: Processors, streams: Streams) => Promise<unknown>][] = [
  ['simulated', (processors, streams) => runTopology({ processors, streams }, { a: 1 }, { spans: createSpans(api) })],
  [
    'deployed',
    async (processors, streams) => {
      const cloud = deploy(processors, streams, { spans: createSpans(api) })
      await cloud.invoke('a', 1)
      await cloud.drain()
    },
  ],
]

describe.each(runs)('%s', (_, run) => {
  const chain = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ]

  test('everything that one input causes is one trace, each span below its parent', async () => {
    const ended = registerTelemetry()
    const emits = (topic: string) => async (_: unknown, context: Context) => {
      await Promise.resolve()
      await context.emit(topic)
    }
    await run({ a: emits('order'), b: emits('paid'), c: () => {} }, chain)
    expect(treeOf(ended()).toSorted()).toEqual([
      'process a',
      'process b < send order',
      'process c < send paid',
      'send order < process a',
      'send paid < process b',
    ])
    expect(new Set(ended().map((span) => span.spanContext().traceId)).size).toBe(1)
  })

  test('spans have the names and attributes of messaging systems', async () => {
    const ended = registerTelemetry()
    const seen: Record<string, string> = {}
    const a: Handler = (_, { emit, root }) => {
      seen.root = root
      emit('order', 1)
    }
    const b: Handler = (_, { id }) => {
      seen.id = id
    }
    await run({ a, b }, [{ from: 'a', to: 'b' }])
    const [send, process] = ['send order', 'process b'].map((name) => ended().find((span) => span.name === name))
    const shared = { 'messaging.system': 'attak', 'messaging.message.conversation_id': seen.root }
    expect(send).toMatchObject({ kind: api.SpanKind.PRODUCER })
    expect(send?.attributes).toEqual({
      ...shared,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'order',
      'messaging.message.id': seen.id,
    })
    expect(process).toMatchObject({ kind: api.SpanKind.CONSUMER })
    expect(process?.attributes).toEqual({
      ...shared,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'order',
      'messaging.consumer.group.name': 'b',
      'messaging.message.id': seen.id,
      'attak.topology': 'test',
      'attak.stage': 'dev',
      'attak.attempt': 1,
      'attak.hop': 2,
    })
  })

  test('a handler runs within its span, also after an await, and its context has it', async () => {
    const ended = registerTelemetry()
    const seen: (string | undefined)[] = []
    const active = () => api.trace.getActiveSpan()?.spanContext().spanId
    await run(
      {
        a: async (_, { traceparent }) => {
          seen.push(traceparent.split('-')[2], active())
          await new Promise(setImmediate)
          seen.push(active())
        },
      },
      [],
    )
    const [span] = ended()
    expect(seen).toEqual(Array(3).fill(span?.spanContext().spanId))
  })

  test('the error of a handler is on its span', async () => {
    const ended = registerTelemetry()
    await run({ a: () => Promise.reject(new RangeError('too far')) }, [])
    const [span] = ended()
    expect(span?.status).toEqual({ code: api.SpanStatusCode.ERROR, message: 'too far' })
    expect(span?.attributes).toMatchObject({ 'error.type': 'RangeError' })
    expect(span?.events[0]?.attributes).toMatchObject({ 'exception.message': 'too far' })
  })

  test('an emit that is refused is on its span', async () => {
    const ended = registerTelemetry()
    await run({ a: (_, { emit }) => emit('order', 1n).catch(() => {}) }, [])
    const refused = ended().find(({ name }) => name === 'send order')
    expect(refused?.attributes).toMatchObject({ 'error.type': 'EMIT_REFUSED' })
    expect(ended().find(({ name }) => name === 'process a')?.status.code).toBe(api.SpanStatusCode.UNSET)
  })

  test('the sampler decides once for all of a trace', async () => {
    const ended = registerTelemetry(new AlwaysOffSampler())
    let traceparent = ''
    const b: Handler = (_, context) => {
      traceparent = context.traceparent
    }
    await run({ a: (_, { emit }) => emit('order'), b }, [{ from: 'a', to: 'b' }])
    expect(ended()).toEqual([])
    expect(traceparent).toMatch(/-00$/)
  })

  test('without an SDK everything is the same as without the package', async () => {
    const seen: boolean[] = []
    const isDerived: Handler = (_, { traceparent, root, id }) => {
      seen.push(traceparent === `00-${root}-${id.slice(0, 16)}-01`)
    }
    await run({ a: (_, { emit }) => emit('order'), b: isDerived }, [{ from: 'a', to: 'b' }])
    expect(seen).toEqual([true])
  })
})

describe('a message that travels', () => {
  const origin = { topology: 'shop', stage: 'dev' }
  const sent = (index: number) => `00-${'a'.repeat(32)}-${String(index).repeat(16)}-01`
  const messages = [0, 1, 2].map((ordinal) => messageOf({ topic: 'order', data: ordinal, ordinal }))
  const place = { position: at('p'), key: undefined, to: 'b' }

  const packed = (each: readonly (string | undefined)[]) => {
    const pack = createPack(origin, undefined)
    for (const [index, traceparent] of each.entries()) pack.add({ ...messages[index]!, traceparent }, '1', 10_000)
    return pack.encode('2026-11-21T13:00:00.000Z')
  }

  test('names the span that sent it, alone and in a pack', () => {
    const traced = { ...messages[0]!, traceparent: sent(1) }
    const [alone] = decodeText(encodeMessage(traced, { ...origin, time: '' }), place)
    expect(traceparentOf(alone!)).toBe(sent(1))
    const [first, second, third] = decodeText(packed([undefined, sent(1), sent(2)]), place)
    expect([second, third].map((message) => traceparentOf(message!))).toEqual([sent(1), sent(2)])
    expect(traceparentOf(first!)).toBe(`00-${rootIdOf(first!.root)}-${idOf(first!).slice(0, 16)}-01`)
  })

  test('has no field for it in a pack without spans', () => {
    const derived = traceparentOf(messages[1]!)
    expect(packed([undefined, undefined])).not.toContain('traceparent')
    expect(packed([undefined, derived])).not.toContain('traceparent')
  })
})
