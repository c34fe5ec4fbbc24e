import { setTimeout as wait } from 'node:timers/promises'
import type { Channel } from 'rabbitmq-client'

const LOOKS = { most: 20, pauseMs: 50 }

/** Returns the one message of a queue, and leaves it there. Tries again if someone else is about to give it back. */
export async function peek(channel: Channel, queue: string, looks = LOOKS.most): Promise<string | undefined> {
  for (let count = 1; ; count++) {
    const message = await channel.basicGet({ queue })
    if (message !== undefined) {
      channel.basicNack({ deliveryTag: message.deliveryTag, requeue: true })
      return bodyOf(message)
    }
    if (count >= looks) return undefined
    await wait(LOOKS.pauseMs)
  }
}

/** The text of a message, whoever sent it. */
export function bodyOf({ body }: { readonly body: unknown }): string {
  if (typeof body === 'string') return body
  return Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body)
}
