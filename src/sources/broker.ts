import type { OpenSources } from '../runtime/source.ts'
import { type Connecting, stayConnected } from './connection.ts'
import type { Taking } from './taking.ts'

/** A source of a broker. */
export interface BrokerSource extends Connecting {
  readonly taking: Taking
  /** What it reads: `stream orders`. */
  readonly what: string
  /** Acknowledges what is done and not acknowledged yet. */
  acknowledge(): Promise<void>
}

/** Connects a source. It stops in order: takes nothing more, waits for what it took, acknowledges that, closes. */
export async function openBrokerSource(broker: BrokerSource): Promise<OpenSources> {
  const { source, address, what, taking, acknowledge } = broker
  const connection = await stayConnected(broker)
  return {
    lines: [`${what} of ${address} → ${source.to}`],
    async stop() {
      await connection.quiet()
      await taking.settled()
      await acknowledge().catch(() => {})
      await connection.close()
    },
  }
}
