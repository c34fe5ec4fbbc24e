import { expect, it } from 'vitest'
import { addressOf } from '../../../src/carriers/kafka/address.ts'

it('an address names servers, and a user with a password', () => {
  expect(addressOf('kafka://localhost')).toEqual({
    ...{ nodes: [{ host: 'localhost', port: 9092 }], isSecure: false, sasl: undefined, place: 'kafka://localhost' },
  })
  expect(addressOf('kafkas://me:p%40ss@a:1,[::1]:2?mechanism=scram-sha-512')).toEqual({
    ...{
      nodes: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ],
      isSecure: true,
      place: 'kafkas://a:1,[::1]:2',
    },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'p@ss' },
  })
})

it.each([
  'kafka://',
  'kafka://me:secret@',
  'kafka://me:sec@ret@host:9092',
  'kafka://me:sec/ret@host:9092',
  'kafka://me:secret%@host',
  'kafka://me:secret@host:port',
  'kafka://me:secret@host?mechanism=other',
])('an address that cannot be read is refused, and no password is shown: %s', (url) => {
  const refuse = () => addressOf(url)
  expect(refuse).toThrow(expect.objectContaining({ code: 'USAGE' }))
  expect(refuse).toThrow(/^(?!.*sec\/?ret).*(?:cannot be read|is not known)/)
})
