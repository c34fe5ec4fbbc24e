import type { OpenSources, SourceWorld } from '../runtime/source.ts'
import type { TopologySource } from '../topology/source.ts'
import { type Connecting, stayConnected } from './connection.ts'
import type { Taking } from './taking.ts'

/** Opens each source by itself. If one cannot be opened, those before it are stopped. */
export async function openBrokerSources(
  sources: readonly TopologySource[],
  world: SourceWorld,
  openOne: (source: TopologySource, world: SourceWorld) => Promise<OpenSources>,
): Promise<OpenSources> {
  const opened: OpenSources[] = []
  const stop = async () => void (await Promise.all(opened.map((one) => one.stop())))
  try {
    for (const source of sources) opened.push(await openOne(source, world))
  } catch (error) {
    await stop()
    throw error
  }
  return { lines: opened.flatMap(({ lines }) => lines), stop }
}

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
