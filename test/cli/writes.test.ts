import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { cleanWrites } from '../../src/cli/writes.ts'

function openStream({ isTTY = true, inHandler = true, color = true } = {}) {
  let shown = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      shown += chunk
      done()
    },
  })
  const given = Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream
  const own = cleanWrites(given, { inHandler: () => inHandler, hasColor: () => color })
  return { stream: given, own, shown: () => shown }
}

const HOSTILE = 'a\x1b]0;title\x07b\x9bc\r\n\td \x1b[31mred\x1b[0m é'

test('what a handler writes to a terminal itself has visible control characters, and its colors', () => {
  const { stream, shown } = openStream()
  stream.write(HOSTILE)
  expect(shown()).toContain('a\\x1b]0;title\\x07b\\x9bc\\x0d\n\td \x1b[31mred\x1b[0m é')
  const plain = openStream({ color: false })
  plain.stream.write(HOSTILE)
  expect(plain.shown()).toBe('a\\x1b]0;title\\x07b\\x9bc\\x0d\n\td red é')
})

test('it may write bytes, in pieces, in another encoding and with a callback', async () => {
  const { stream, shown } = openStream()
  const bytes = Buffer.from('é\x1b[2J€')
  for (const byte of bytes) stream.write(Buffer.from([byte]))
  stream.write('1b5b324a', 'hex')
  await new Promise<void>((resolve) => stream.write('1', () => resolve()))
  await new Promise<void>((resolve) => stream.write('2', 'utf8', () => resolve()))
  expect(shown()).toBe('é\\x1b[2J€\\x1b[2J12')
  expect(() => stream.write(7 as never)).toThrow('chunk')
})

test('what else is written stays as it is: by attak, outside of handlers, and where no terminal is', () => {
  const { own, shown } = openStream()
  own.write(HOSTILE)
  expect(shown()).toBe(HOSTILE)
  for (const not of [{ isTTY: false }, { inHandler: false }]) {
    const { stream, shown } = openStream(not)
    stream.write(HOSTILE)
    expect(shown()).toBe(HOSTILE)
  }
})

test('attak learns of errors of the stream', async () => {
  const { stream, own } = openStream()
  const failed = new Promise((resolve) => own.on('error', resolve))
  const error = new Error('no')
  stream.destroy(error)
  expect(await failed).toBe(error)
})
