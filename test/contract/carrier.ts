import { describe, expect } from 'vitest'
import type { Sender, SendLimits } from '../../src/runtime/carrier.ts'
import { idOf, type Message } from '../../src/runtime/message.ts'
import { lawsIn, type Skip } from './law.ts'
import { messageOf } from './message.ts'

/** A way that messages are carried. */
export interface Way {
  readonly limits: Pick<SendLimits, 'messageBytes' | 'orderedByKey'>
  /** Opens the way to one address. */
  open(address: string): Sender
}

/** A carrier in its own world, and what arrived over it. */
export interface CarrierWorld {
  readonly way: Way
  /** What has arrived at an address so far, once everything that is in flight is there. */
  arrived(address: string): Promise<readonly ArrivedMessage[]>
  close(): Promise<void>
}

/** What a message must still be when it arrives. */
export type ArrivedMessage = Pick<Message, 'data' | 'topic' | 'key' | 'hop' | 'attempt'> & { readonly id: string }

const KEYS = ['k', 'l ü', 'm'.repeat(300), '', undefined]
const LARGE_MESSAGES = 40
const LARGE_BYTES = 32 * 1024

/** What every carrier does: the definition of the `Sender` interface. A skip's reason shows in the test's name. */
export function carrierContract(
  name: string,
  make: () => Promise<CarrierWorld> | CarrierWorld,
  skips: readonly Skip[] = [],
): void {
  const law = lawsIn({ make, skips })

  describe(`the carrier ${name}`, () => {
    law('has limits', async ({ way }) => {
      expect(way.limits.messageBytes).toBeGreaterThan(0)
      expect(typeof way.limits.orderedByKey).toBe('boolean')
    })

    law('delivers messages as they were sent', async ({ way, arrived }) => {
      const sender = way.open('a')
      const messages = [undefined, null, 0, '', 'ä\u2028\uFFFF', [1, [2]], { n: { m: 'x' } }].map((data, ordinal) =>
        messageOf({ data, topic: 'a topic, any text: ü', key: keysOf(way)[ordinal], ordinal }),
      )
      expect(await sendAll(sender, messages)).toEqual([])
      expect(byId(await arrived('a'))).toEqual(byId(messages.map(arrivedForm)))
      await sender.close()
    })

    law('delivers characters of every plane of Unicode', async ({ way, arrived }) => {
      const sender = way.open('a')
      const message = messageOf({ data: '𝄞', topic: '𝄞' })
      expect(await sendAll(sender, [message])).toEqual([])
      expect(await arrived('a')).toEqual([arrivedForm(message)])
      await sender.close()
    })

    law('accepts an empty list', async ({ way, arrived }) => {
      const sender = way.open('a')
      expect(await sendAll(sender, [])).toEqual([])
      expect(await arrived('a')).toEqual([])
      await sender.close()
    })

    law('keeps the order of each key, over many sends', async ({ way, arrived }) => {
      expect(way.limits.orderedByKey).toBe(true)
      const sender = way.open('a')
      const messages = Array.from({ length: 200 }, (_, index) =>
        messageOf({ data: index, key: KEYS[index % KEYS.length], ordinal: index }),
      )
      for (let from = 0; from < 60; from += 7) await sender.send(messages.slice(from, Math.min(from + 7, 60)))
      await sender.send(messages.slice(60))
      const got = await arrived('a')
      expect(got).toHaveLength(messages.length)
      for (const key of KEYS.filter((said) => said !== undefined)) {
        const sent = messages.filter((message) => message.key === key).map(({ data }) => data)
        expect(got.filter((message) => message.key === key).map(({ data }) => data)).toEqual(sent)
      }
      await sender.close()
    })

    law('delivers more large messages than fit into some calls', async ({ way, arrived }) => {
      const sender = way.open('a')
      const data = 'x'.repeat(LARGE_BYTES)
      const messages = Array.from({ length: LARGE_MESSAGES }, (_, ordinal) => messageOf({ data, ordinal }))
      expect(await sendAll(sender, messages)).toEqual([])
      expect((await arrived('a')).map(({ id }) => id).sort()).toEqual(messages.map(idOf).sort())
      await sender.close()
    })

    law('delivers a message again that is sent again, with the same id', async ({ way, arrived }) => {
      const sender = way.open('a')
      const message = messageOf({ data: 1 })
      await sender.send([message])
      await sender.send([{ ...message, attempt: 2 }])
      const got = await arrived('a')
      expect(got.map(({ id }) => id)).toEqual([idOf(message), idOf(message)])
      expect(got.at(-1)?.attempt).toBe(2)
      await sender.close()
    })

    law('refuses a message that is too large, by its id, and accepts the others', async ({ way, arrived }) => {
      const sender = way.open('a')
      const large = messageOf({ data: 'x'.repeat(way.limits.messageBytes), ordinal: 1 })
      const small = [messageOf({ data: 'before' }), messageOf({ data: 'after', ordinal: 2 })]
      expect(await sendAll(sender, [small[0]!, large, small[1]!])).toEqual([idOf(large)])
      expect(byId(await arrived('a'))).toEqual(byId(small.map(arrivedForm)))
      await sender.close()
    })

    law('can be closed more than once, after its messages are sent', async (world) => {
      const sender = world.way.open('a')
      const sent = sendAll(sender, [messageOf({ data: 1 })])
      await sender.close()
      await sender.close()
      expect(await sent).toEqual([])
      expect(await world.arrived('a')).toHaveLength(1)
    })

    law('opens an address again after it was closed', async ({ way, arrived }) => {
      for (const data of [1, 2]) {
        const sender = way.open('a')
        await sender.send([messageOf({ data, ordinal: data })])
        await sender.close()
      }
      expect((await arrived('a')).map(({ data }) => data).sort()).toEqual([1, 2])
    })
  })
}

/** Sends messages; gives the ids of those that were refused. */
async function sendAll(sender: Sender, messages: readonly Message[]): Promise<readonly string[]> {
  return ((await sender.send(messages)) ?? []).map(({ index }) => idOf(messages[index]!))
}

/** Keys that a carrier can carry. */
function keysOf({ limits }: Way): readonly (string | undefined)[] {
  return limits.orderedByKey ? KEYS : []
}

/** What of a message must be the same when it arrives. */
export function arrivedForm(message: Message): ArrivedMessage {
  const { data, topic, key, hop, attempt } = message
  return { data, topic, key, hop, attempt, id: idOf(message) }
}

function byId(messages: readonly ArrivedMessage[]): readonly ArrivedMessage[] {
  return [...messages].sort((a, b) => (a.id < b.id ? -1 : 1))
}
