import { expect, it } from 'vitest'
import { acceptInto, channelRoute } from '../../../src/runtime/deliver/accept.ts'
import type { Invocation } from '../../../src/runtime/invocation.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { messageOf } from '../../contract/message.ts'

/** What a handler of a message with so many hops gets for an emit to these channels. */
function emitted(hop: number, channels: readonly string[]) {
  const sent: [channel: string, to: string | undefined][] = []
  const outputs: Message[] = []
  const accept = acceptInto({
    route: () =>
      channelRoute(
        'a',
        channels.map((channel, index) => ({ to: `to${index}`, channel })),
      ),
    hopLimit: 3,
    outbox: {
      add(channel, message) {
        sent.push([channel, message.edge?.to])
        return Promise.resolve()
      },
    },
    output: (_, message) => outputs.push(message),
  })
  const invocation = { message: messageOf({ hop }), processor: 'a', emitted: 0, emits: [] } as unknown as Invocation
  const answer = (() => {
    try {
      return accept(invocation, 't', 1, undefined, undefined)
    } catch (error) {
      return error
    }
  })()
  return { answer, sent, outputs }
}

it('a message at the hop limit is refused', () => {
  expect(emitted(2, ['b']).sent).toEqual([['b', 'to0']])
  const { answer, sent } = emitted(3, ['b'])
  expect(answer).toMatchObject({ code: 'HOP_LIMIT' })
  expect(sent).toEqual([])
})

it('the hop limit does not refuse an output', () => {
  const { answer, outputs, sent } = emitted(3, [])
  expect([answer, sent, outputs.length]).toEqual([undefined, [], 1])
})

it('an emit with a receiver is not an output, and each channel gets it once', () => {
  const { outputs, sent } = emitted(1, ['b', 'c', 'b'])
  expect(outputs).toEqual([])
  expect(sent).toEqual([
    ['b', 'to0'],
    ['c', 'to1'],
  ])
})
