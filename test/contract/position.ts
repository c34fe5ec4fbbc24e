import type { Position } from '../../src/runtime/position.ts'

/** A position from its text: `at('orders--dev--b/shardId-000000000000/49')`; `at('orders--dev--b/5d1e', 'sqs')`. */
export function at(text: string, carrier = 'kinesis'): Position {
  const [channel = '', ...ref] = text.split('/')
  return { carrier, channel, ref: ref.join('/') }
}
