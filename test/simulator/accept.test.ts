import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../src/runtime/event.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { Recorder } from '../../src/simulator/recorder.ts'
import type { Context } from '../../src/topology/handler.ts'
import { runTopology } from './run-topology.ts'

const MOST_BYTES = 1_048_576
const ORIGIN = { topology: 'test', stage: 'dev', time: new Date(0).toISOString() }

/** Emits `data` and returns the message as it was sent, or the error that refused it. */
async function emitted(data: unknown, { key, ...stream }: { readonly key?: string } & Record<string, unknown>) {
  const messages: Message[] = []
  const recorder: Recorder = {
    begin() {},
    commit: ({ emits }) => void messages.push(...emits),
    line() {},
    end() {},
  }
  let error: { readonly code?: string; readonly message?: string; readonly cause?: unknown } | undefined
  const a = async (_: unknown, context: Context) => {
    await context.emit('t', data, key === undefined ? {} : { key }).catch((refused: Error) => {
      error = refused
    })
  }
  const streams = stream.nobody === true ? [] : [{ from: 'a', to: 'b', ...stream }]
  await runTopology({ processors: { a, b: () => {} }, streams }, { a: 0 }, { recorder })
  return { message: messages[0], error }
}

/** The bytes of a message as it travels, with its key, or with its id where it has none. */
function bytesOf(message: Message): number {
  return Buffer.byteLength(encodeMessage(message, ORIGIN)) + Buffer.byteLength(message.key ?? 'i'.repeat(32))
}

describe('an emit is refused if its message is larger than its stream carries', () => {
  const over = [
    { via: 'kinesis' },
    { via: 'kinesis', key: 'k' },
    { via: 'kinesis', key: 'ключ "\u0001"' },
    { via: 'kinesis', key: '\u0001'.repeat(200) },
    { via: 'sqs' },
    { via: 'sqs', fifo: true },
    { via: 'sqs', fifo: true, key: 'k' },
    { nobody: true },
    { nobody: true, key: 'k' },
  ]
  const texts = ['x', '"', 'é', '\u0001'].flatMap((text) => over.map((way) => [text, way] as const))

  it.each(texts)('%j over %j: a message of exactly the limit passes, and one byte more does not', async (text, way) => {
    const empty = await emitted({ text: '', fill: '' }, way)
    const each = Buffer.byteLength(JSON.stringify(text)) - 2
    const left = MOST_BYTES - bytesOf(empty.message!)
    const fitting = { text: text.repeat(Math.floor(left / each)), fill: 'f'.repeat(left % each) }
    const { message, error } = await emitted(fitting, way)
    expect(error).toBeUndefined()
    expect(bytesOf(message!)).toBe(MOST_BYTES)
    const more = await emitted({ ...fitting, fill: `${fitting.fill}f` }, way)
    expect(more.message).toBeUndefined()
    expect(more.error).toMatchObject({ code: 'EMIT_TOO_LARGE' })
    expect(more.error?.message).toContain(`${MOST_BYTES + 1} bytes`)
  })
})

describe('an emit of many small values is refused by the bytes that they take together', () => {
  it.each<[string, unknown]>([
    ['numbers', -1.2345678901234567e-100],
    ['nulls', null],
    ['booleans', false],
    ['empty texts', ''],
    ['empty lists', []],
    ['empty objects', {}],
    ['objects', { id: 1, name: null }],
  ])('%s', async (_, value) => {
    const each = JSON.stringify(value).length + 1
    const most = Math.floor(MOST_BYTES / each)
    const fitting = await emitted(Array(Math.floor(most * 0.99)).fill(value), {})
    expect(fitting.error).toBeUndefined()
    expect(fitting.message).toBeDefined()
    expect((await emitted(Array(most).fill(value), {})).error).toMatchObject({ code: 'EMIT_TOO_LARGE' })
  })
})

describe('an emit whose data cannot be copied is refused with its topic', () => {
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const thrown = new Error('of a getter')
  it.each<[string, unknown, string]>([
    ['a BigInt', { a: [1n] }, 'data.a[0] is a BigInt'],
    ['a proxy that was revoked', { a: revoked() }, "Cannot perform 'get' on a proxy that has been revoked"],
    [
      'a getter that throws',
      {
        get a() {
          throw thrown
        },
      },
      'of a getter',
    ],
    [
      'a getter that throws no error',
      {
        get a() {
          throw Object.create(null)
        },
      },
      '',
    ],
    ['too many levels', JSON.parse(`${'['.repeat(1001)}${']'.repeat(1001)}`), 'the data nests deeper than 1000 levels'],
    [
      'no end',
      (() => {
        const a: unknown[] = []
        a.push(a)
        return a
      })(),
      'data[0] refers back to an object that holds it',
    ],
  ])('%s', async (_, data, said) => {
    const { message, error } = await emitted(data, {})
    expect(message).toBeUndefined()
    expect(error).toMatchObject({ code: 'EMIT_REFUSED' })
    expect(error?.message).toMatch(/^emit of "t": /)
    expect(error?.message).toContain(said)
  })
})
