import fc from 'fast-check'
import type { ErrorRecord, FailureParts } from '../../src/runtime/error-record.ts'
import { errorRecordOf } from '../../src/runtime/error-record.ts'
import type { Message } from '../../src/runtime/message.ts'
import { messageOf, rootOf } from './message.ts'
import { at } from './position.ts'

/** A failure of a message to `b`, by default. */
export function failureOf(said: Partial<FailureParts> = {}): FailureParts {
  return {
    kind: 'failed',
    message: messageOf({ data: { order: 1 } }),
    error: new Error('no stock'),
    topology: 'orders',
    stage: 'dev',
    processor: 'b',
    timeMs: Date.UTC(2026, 10, 21, 13, 20, 57, 123),
    ...said,
  }
}

/** The record of {@link failureOf}. */
export function recordOf(said: Partial<FailureParts> = {}): ErrorRecord {
  return errorRecordOf(failureOf(said))
}

/** Any text, with what Unicode and JSON make hard. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'ä\u2028\uFFFE\uFFFF', '\uD800', '\u0000\u007f'),
)

/** Any event as JSON carries it (no -0), and none. */
export const anyEvent = fc.option(
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
  { nil: undefined },
)

/** Any message: of an input, of a handler with known ancestors or only their ids, or of others. */
export const anyMessage: fc.Arbitrary<Message> = fc.letrec<{ message: Message }>((tie) => ({
  message: fc
    .record({
      data: anyEvent,
      topic: fc.option(anyText, { nil: undefined }),
      key: fc.option(anyText, { nil: undefined }),
      edge: fc.constantFrom({ from: undefined, to: 'b' }, { from: 'a', to: 'b' }),
      parent: fc.oneof({ maxDepth: 3 }, fc.constant(undefined), anyText, tie('message')),
      root: fc.nat().map((position) => rootOf(position)),
      ordinal: fc.nat({ max: 3 }),
      hop: fc.integer({ min: 1, max: 100 }),
      attempt: fc.integer({ min: 1, max: 100 }),
      id: fc.option(anyText, { nil: undefined }),
      time: fc.constantFrom(undefined, '2026-11-21T13:20:57.123Z'),
    })
    .map(messageOf),
})).message

/** Anything that a handler may throw. */
export const anyThrown: fc.Arbitrary<unknown> = fc.oneof(
  fc.tuple(anyText, anyText).map(([name, message]) => Object.assign(new Error(message), { name })),
  fc.anything().map((field) => Object.assign(new Error('odd'), { name: field, message: field, stack: field })),
  fc.anything({ withBigInt: true, withNullPrototype: true }),
)

/** Any failure. */
export const anyFailure: fc.Arbitrary<FailureParts> = fc
  .record({
    kind: fc.constantFrom('failed' as const, 'late' as const),
    message: anyMessage,
    error: anyThrown,
    position: fc.constantFrom(
      ...[undefined, at('orders--dev--b/shardId-000000000000/49'), at('orders--dev--b/5d1e', 'sqs')],
      { channel: 'invoke', ref: '7c' },
    ),
    artifact: fc.constantFrom(undefined, 'f00d'),
  })
  .map(failureOf)
