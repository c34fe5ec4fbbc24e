import { randomInt } from 'node:crypto'
import type { Refusal } from '../../src/runtime/carrier.ts'
import { idOf, type Message } from '../../src/runtime/message.ts'
import { createOutbox } from '../../src/runtime/outbox.ts'
import type { Way } from './carrier.ts'
import type { Wire } from './wire.ts'

/** How messages are sent over a wire. */
export interface OverWire {
  /** What an address of a test is called by the carrier. */
  addressOf(address: string): string
  readonly pack?: number
  readonly remainingMs?: number
}

/** Messages over a way between processes, the way a deployed function sends them: through an outbox, in real time. */
export function overWire(wire: Wire, { addressOf, pack = 25, remainingMs = 20_000 }: OverWire): Way {
  return {
    limits: wire.limits,
    open(address) {
      const startMs = performance.now()
      const outbox = createOutbox({
        topology: 'test',
        stage: 'dev',
        channel: () => ({ sender: wire.open(addressOf(address)), limits: wire.limits, pack }),
        now: Date.now,
        after(ms, call) {
          const timer = setTimeout(call, ms)
          return () => clearTimeout(timer)
        },
        random: () => randomInt(1000) / 1000,
        remainingMs: () => remainingMs - (performance.now() - startMs),
      })
      const refusalOf = async (message: Message, index: number): Promise<Refusal | undefined> => {
        try {
          await outbox.add(address, message)
          return undefined
        } catch (error) {
          return { index, passing: false, why: `${idOf(message)}: ${error instanceof Error ? error.message : error}` }
        }
      }
      return {
        async send(messages) {
          const results = messages.map(refusalOf)
          outbox.idle()
          return (await Promise.all(results)).filter((refusal) => refusal !== undefined)
        },
        close: () => outbox.close(),
      }
    },
  }
}
