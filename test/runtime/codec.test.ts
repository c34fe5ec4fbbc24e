import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBytes, decodeText } from '../../src/runtime/codec.ts'
import { encodeMessage } from '../../src/runtime/event.ts'
import {
  emitterOf,
  idOf,
  type Message,
  parentIdOf,
  rootIdOf,
  traceparentOf,
  type Wait,
} from '../../src/runtime/message.ts'
import { createPack } from '../../src/runtime/pack.ts'
import { textOf } from '../../src/runtime/text.ts'
import { messageOf, rootOf } from '../contract/message.ts'
import { at } from '../contract/position.ts'

const ORIGIN = { topology: 'orders', stage: 'dev', time: '2026-11-21T13:20:57.123Z' }
const PLACE = { position: at('orders--dev--b/shardId-000000000000/49'), key: undefined, to: 'b' }

/** What of a message has to be the same on both sides of a wire. */
function travelled(message: Message) {
  return {
    data: message.data === undefined ? undefined : JSON.parse(JSON.stringify(message.data)),
    topic: message.topic,
    key: message.key,
    from: emitterOf(message),
    to: message.edge?.to,
    parent: parentIdOf(message),
    root: rootIdOf(message.root),
    hop: message.hop,
    attempt: message.attempt,
    id: idOf(message),
    traceparent: traceparentOf(message),
  }
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\uD800', '\uFFFE\uFFFF', '\u2028', '"\\', 'ü𝄞'),
)
const topic = fc.string({ unit: 'binary', minLength: 1 }).filter((said) => said !== 'attak.input')
const key = fc.option(text, { nil: undefined })
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/)
const count = fc.integer({ min: 1, max: 100 })
const data = fc.option(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { nil: undefined })

const emitted = fc.record({
  data,
  topic,
  from: name,
  parent: text,
  position: fc.nat(3),
  hop: count,
  attempt: count,
  ordinal: fc.nat(),
})
const emit = fc.tuple(emitted, fc.boolean()).map(([{ from, position, parent, ...said }, isFirstHop]) => {
  const root = rootOf(position)
  return messageOf({ ...said, root, edge: { from, to: 'b' }, parent: isFirstHop ? rootIdOf(root) : parent })
})
const input = fc
  .record({ data, topic: fc.option(topic, { nil: undefined }), position: fc.nat(), attempt: count })
  .map(({ position, ...said }) =>
    messageOf({ ...said, root: rootOf(position), parent: undefined, hop: 1, edge: { from: undefined, to: 'b' } }),
  )
const given = fc.tuple(emit, text).map(([message, id]): Message => ({ ...message, ordinal: -1, id }))
const message = fc.oneof({ weight: 4, arbitrary: emit }, input, given)

function packed(messages: readonly Message[], packKey: string | undefined) {
  const pack = createPack(ORIGIN, packKey)
  for (const said of messages) expect(pack.add(said, textOf(said.data), Number.POSITIVE_INFINITY)).toBe(true)
  return pack
}

describe('a message that travels alone', () => {
  it('arrives as it was sent, whatever its data, key and topic', () => {
    fc.assert(
      fc.property(message, key, (said, ownKey) => {
        const sent = { ...said, key: ownKey }
        const body = encodeMessage(sent, ORIGIN)
        expect(decodeText(body, PLACE).map(travelled)).toEqual([travelled(sent)])
        expect(decodeBytes(Buffer.from(body), PLACE).map(travelled)).toEqual([travelled(sent)])
      }),
    )
  })

  it('is a CloudEvent that other programs can read', () => {
    const event = JSON.parse(encodeMessage(messageOf({ data: { total: 3 }, topic: 'order', key: 'k' }), ORIGIN))
    expect(event).toMatchObject({
      specversion: '1.0',
      source: '/orders/dev/a',
      type: 'order',
      time: ORIGIN.time,
      partitionkey: 'k',
      attakparent: 'the id of its parent',
      attakhop: 2,
      attakattempt: 1,
      data: { total: 3 },
    })
    expect(event.traceparent).toBe(`00-${event.attakroot}-${event.id.slice(0, 16)}-01`)
  })

  it('is read from another program if it has only an id, a type and a root', () => {
    const said = { id: '1', type: 'order', attakroot: 'r', source: 'https://example.com/shop', data_base64: 'kA==' }
    const [read] = decodeText(JSON.stringify(said), PLACE)
    expect(read).toMatchObject({
      id: '1',
      topic: 'order',
      hop: 1,
      attempt: 1,
      parent: undefined,
      data: { data_base64: 'kA==' },
    })
    expect(read?.edge).toEqual({ from: undefined, to: 'b' })
  })
})

describe('a message that waits outside of its stream', () => {
  const sentMs = Date.parse('2026-11-21T13:00:00.000Z')
  const waiting = (wait: Wait) => messageOf({ data: [1], attempt: 3, time: '2026-11-21T12:00:00.000Z', wait })

  it('carries its due time, its number of Retries, and when it was sent', () => {
    const text = encodeMessage(waiting({ dueMs: sentMs, asked: 2 }), ORIGIN)
    expect(JSON.parse(text)).toMatchObject({
      time: '2026-11-21T12:00:00.000Z',
      attakattempt: 3,
      attakdue: '2026-11-21T13:00:00.000Z',
      attakasked: 2,
    })
    expect(decodeText(text, PLACE)[0]).toMatchObject({ attempt: 3, data: [1], wait: { dueMs: sentMs, asked: 2 } })
  })

  it('has no unneeded fields, and other messages have none of these', () => {
    expect(encodeMessage(waiting({ dueMs: sentMs, asked: 0 }), ORIGIN)).not.toMatch(/attakasked|attakchannel/)
    const [message] = decodeText(encodeMessage(messageOf({ data: 1 }), ORIGIN), PLACE)
    expect(message).not.toHaveProperty('wait')
  })

  it('arrives as it was sent after any wait, and invalid fields are ignored', () => {
    for (const dueMs of [0, sentMs + 1, 1e300]) {
      const [arrived] = decodeText(encodeMessage(waiting({ dueMs, asked: 100, channel: 'b' }), ORIGIN), PLACE)
      expect(arrived?.wait).toEqual({ dueMs: Math.min(dueMs, 8.64e15), asked: 100, channel: 'b' })
    }
    const said = {
      ...JSON.parse(encodeMessage(messageOf(), ORIGIN)),
      attakdue: 'soon',
      attakasked: -5,
      attakchannel: 1,
    }
    expect(decodeText(JSON.stringify(said), PLACE)[0]?.wait).toEqual({ dueMs: 0, asked: 0 })
  })
})

describe('messages that travel as a pack', () => {
  it('arrive as they were sent, in order, whatever their data, topics and key', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), key, (list, ownKey) => {
        const sent = list.map((said) => ({ ...said, key: ownKey }))
        expect(decodeText(packed(sent, ownKey).encode(ORIGIN.time), PLACE).map(travelled)).toEqual(sent.map(travelled))
      }),
    )
  })

  it('have no more bytes than the pack allows, and a message beyond that is left out', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), key, fc.nat(4000), (list, ownKey, most) => {
        const pack = createPack(ORIGIN, ownKey)
        const taken = list.filter((said) => pack.add({ ...said, key: ownKey }, textOf(said.data), most))
        expect(pack.messages).toHaveLength(taken.length)
        if (taken.length === 0) return
        expect(pack.bytes()).toBeLessThanOrEqual(most)
        if (taken.length === 1) return
        expect(Buffer.byteLength(pack.encode(ORIGIN.time))).toBeLessThanOrEqual(pack.bytes())
      }),
    )
  })

  it('arrive the same if their receiver packs them again or sends them alone', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), key, (list, ownKey) => {
        const sent = list.map((said) => ({ ...said, key: ownKey }))
        const once = decodeText(packed(sent, ownKey).encode(ORIGIN.time), PLACE)
        const alone = once.flatMap((said) => decodeText(encodeMessage(said, ORIGIN), PLACE))
        expect(decodeText(packed(alone, ownKey).encode(ORIGIN.time), PLACE).map(travelled)).toEqual(sent.map(travelled))
      }),
    )
  })

  it('have shared values once, and different ones in a list', () => {
    const [r, p] = [rootIdOf(rootOf()), 'the id of its parent']
    const sent = [1, 2].map((total, ordinal) => messageOf({ data: { total }, topic: 'order', key: 'k', ordinal }))
    expect(JSON.parse(packed(sent, 'k').encode(ORIGIN.time))).toEqual({
      attakpack: 1,
      time: ORIGIN.time,
      partitionkey: 'k',
      source: '/orders/dev/a',
      type: 'order',
      attakroot: r,
      attakparent: p,
      attakhop: 2,
      attakordinal: [0, 1],
      data: [{ total: 1 }, { total: 2 }],
    })
  })

  it('have at most 40 bytes of metadata each if they share their root or are children of it', () => {
    const ofOneParent = Array.from({ length: 100 }, (_, ordinal) => messageOf({ data: 1, ordinal }))
    const ofManyInputs = Array.from({ length: 100 }, (_, position) => {
      const root = rootOf(position)
      return messageOf({ data: 1, root, parent: rootIdOf(root) })
    })
    for (const sent of [ofOneParent, ofManyInputs]) {
      const bytes = Buffer.byteLength(packed(sent, undefined).encode(ORIGIN.time))
      expect(bytes / sent.length - 1).toBeLessThanOrEqual(40)
    }
  })
})

describe('the code in docs/reference/messages.md', () => {
  const docs = readFileSync(new URL('../../docs/reference/messages.md', import.meta.url), 'utf8')

  it('reads a pack', () => {
    const code = /```js\n([\s\S]*?)```/.exec(docs)![1]
    const read = new Function('pack', `${code}; return messages`)
    fc.assert(
      fc.property(fc.array(emit, { minLength: 2, maxLength: 8 }), (list) => {
        const pack = JSON.parse(packed(list, undefined).encode(ORIGIN.time))
        const said = list.map(travelled).map(({ topic, root, parent, data = null }) => ({ topic, root, parent, data }))
        expect(read(pack)).toEqual(said.map((each) => ({ ...each, key: undefined })))
      }),
    )
  })
})

describe('a foreign record', () => {
  const bare = (body: Buffer | string) => decodeBytes(Buffer.from(body as string), { ...PLACE, key: 'k' })[0]!

  it('is bare data: its JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const read = bare(JSON.stringify(value))
        expect(read.data).toEqual(JSON.parse(JSON.stringify(value)))
        expect(read).toMatchObject({ topic: undefined, key: 'k', hop: 1, attempt: 1, parent: undefined })
      }),
    )
  })

  it.each([
    ['its text, if it is not JSON', 'order 3 für Ü', 'order 3 für Ü'],
    ['its text, if it contains U+FFFD', '\uFFFD', '\uFFFD'],
    ['an empty text', '', ''],
    ['JSON after a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['its bytes in base64, if they are not UTF-8', Buffer.from([0x90, 0xd8, 0xd8]), { data_base64: 'kNjY' }],
    ['a CloudEvent of someone else, whole', '{"id":"1","type":"t"}', { id: '1', type: 't' }],
  ])('is %s', (_, body, data) => {
    expect(bare(body as string).data).toEqual(data)
  })

  it('is never more than one message, and reading any bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeBytes(Buffer.from(bytes), PLACE)).toHaveLength(1)
      }),
    )
  })

  it('has an id from its position, the same when it is delivered again', () => {
    expect(idOf(decodeText('1', PLACE)[0]!)).toBe(idOf(decodeText('2', PLACE)[0]!))
    expect(idOf(decodeText('1', { ...PLACE, position: at('else') })[0]!)).not.toBe(idOf(decodeText('1', PLACE)[0]!))
  })
})
