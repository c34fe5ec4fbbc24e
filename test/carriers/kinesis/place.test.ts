import { expect, test } from 'vitest'
import { shardPlaceOf } from '../../../src/carriers/kinesis/place.ts'
import { at } from '../../contract/position.ts'

test('a position in a stream has shard and sequence; other positions are in no stream', () => {
  const place = shardPlaceOf(at('orders--dev--b/shardId-000000000000/495'))
  expect(place).toEqual({ shard: 'shardId-000000000000', sequence: '495' })
  for (const text of ['orders--dev--b/5d1e', 'invoke/7c', '', '//', 'a/b/c/d', 'a/b/c', '/b/1', 'ü/b/1'])
    expect(shardPlaceOf(at(text))).toBeUndefined()
})
