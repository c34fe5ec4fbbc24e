import { format } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Receive, ReceiverContext, ReceiverFactory } from '../../src/topology/receiver.ts'

/** A receiver in a test, with the lines that it wrote. */
export interface Received {
  send(message: unknown, context?: Partial<ReceiverContext>): Promise<unknown>
  close(): Promise<void>
  readonly lines: readonly string[]
}

let ids = 0

/** Makes a receiver; it is closed at the end of the test. `client` stands for the package of its client. */
export async function receiver(
  factory: ReceiverFactory,
  config: Readonly<Record<string, unknown>>,
  client: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<Received> {
  const lines: string[] = []
  const line =
    (level: string) =>
    (...args: unknown[]) =>
      void lines.push(`${level} ${format(...args)}`)
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const parts = { log: { ...log, log: (level: string, ...args: unknown[]) => line(level)(...args) }, config, client }
  const receive: Receive = await factory(parts)
  const close = async () => {
    await receive.close?.()
  }
  onTestFinished(close)
  return {
    lines,
    close,
    async send(message, context = {}) {
      const id = `id-${ids++}`
      return receive(message, { id, root: id, requestId: id, gts: new Date(), ...context } as ReceiverContext)
    },
  }
}
