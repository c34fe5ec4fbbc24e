import { expect, it } from 'vitest'
import {
  AMQP_ADDRESS,
  addressIn,
  KAFKA_ADDRESS,
  REDIS_ADDRESS,
  readAddress,
  withoutPassword,
} from '../../src/runtime/address.ts'

it.each([
  ['redis://h', REDIS_ADDRESS, { nodes: [{ host: 'h', port: 6379 }], path: '', user: undefined, place: 'redis://h' }],
  ['rediss://:p%40:w@h:1/3?family=6', REDIS_ADDRESS, { isSecure: true, path: '3', password: 'p@:w', user: undefined }],
  ['redis://u@[::1]:1/', REDIS_ADDRESS, { nodes: [{ host: '::1', port: 1 }], user: 'u', place: 'redis://[::1]:1' }],
  ['amqp://u:p@h/a%2Fb', AMQP_ADDRESS, { path: 'a/b', user: 'u', password: 'p', place: 'amqp://h/a%2Fb' }],
  ['kafka://a:1,b', KAFKA_ADDRESS, { nodes: [{ port: 1 }, { host: 'b', port: 9092 }], place: 'kafka://a:1,b' }],
])('an address has its parts, decoded: %s', (url, rules, parts) => {
  expect(readAddress(url, rules)).toMatchObject(parts)
})

it.each([
  ['redis://', REDIS_ADDRESS, 'it has no host'],
  ['redis:///0', REDIS_ADDRESS, 'it has no host'],
  ['http://h', REDIS_ADDRESS, 'the address of Redis cannot be read'],
  ['redis://u:s3cret%@h', REDIS_ADDRESS, 'redis://h cannot be read: a "%" stands before no code'],
  ['redis://u:%zzs3cret@h', REDIS_ADDRESS, 'redis://h cannot be read: a "%" stands before no code'],
  ['redis://u:s3cret@h/abc', REDIS_ADDRESS, 'redis://h/abc has a wrong path: it must be the number of a database'],
  ['redis://h/-1', REDIS_ADDRESS, 'wrong path'],
  ['redis://h/1/2', REDIS_ADDRESS, 'wrong path'],
  ['redis://a,b', REDIS_ADDRESS, 'names several servers'],
  ['redis://h:99999', REDIS_ADDRESS, 'cannot be read'],
  ['redis://h:s3cret', REDIS_ADDRESS, 'cannot be read'],
  ['redis://h?keyPrefix=s3cret', REDIS_ADDRESS, 'has a query that is not known: ?keyPrefix'],
  ['redis://h?family=7', REDIS_ADDRESS, 'has a query that is not known: ?family'],
  ['redis://h?__proto__=1', REDIS_ADDRESS, 'has a query that is not known'],
  ['redis://u:12/s3cret@h', REDIS_ADDRESS, 'cannot be read'],
  ['redis://u:12?s3cret@h', REDIS_ADDRESS, 'cannot be read'],
  ['redis://u:12#s3cret@h', REDIS_ADDRESS, 'cannot be read'],
  ['redis://u:s3@cret@h', REDIS_ADDRESS, 'cannot be read'],
  ['amqp://h/%zz', AMQP_ADDRESS, 'cannot be read: a "%" stands before no code'],
  ['amqp://h?heartbeat=0', AMQP_ADDRESS, 'has a query that is not known: ?heartbeat'],
  ['kafka://h/topic', KAFKA_ADDRESS, 'has a wrong path: it must be empty'],
])('an address that is wrong is refused with USAGE, and without a password: %s', (url, rules, what) => {
  const refuse = () => addressIn(url, rules, '--broker')
  expect(refuse).toThrow(expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(what) }))
  expect(refuse).not.toThrow(/s3|cret/)
  expect(withoutPassword(url)).not.toMatch(/s3|cret/)
})

it.each([
  ['redis://u:p@h:1/0?family=4', 'redis://h:1/0'],
  ['kafka://u:p@a:1,b:2', 'kafka://a:1,b:2'],
  ['redis://', '(an address that cannot be read)'],
  ['nonsense', '(an address that cannot be read)'],
])('%s is shown as %s', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown)
})
