import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { AttakError } from '../../errors.ts'
import type { Counts } from '../../hosts/worker/embedded.ts'
import type { Outcome } from '../../runtime/deliver/round.ts'
import { listenOn } from '../../sources/http/listen.ts'

/** What a service does: it takes events when it is `ready`. */
export type Readiness = 'not ready' | 'ready' | 'stopping'

/** The state of a service, for those who watch it. */
export interface ServiceState {
  readonly processors: readonly string[]
  readiness(): Readiness
  counts(): Counts
  /** Records of a broker that wait, by channel; empty without one. */
  lag(): Promise<Readonly<Record<string, number>>>
}

/** Serves the health and the metrics of a service. */
export interface Admin {
  /** `http://localhost:9000` */
  readonly address: string
  /** Counts one attempt. */
  ended(processor: string, outcome: Outcome, tookMs: number): void
  close(): Promise<void>
}

/** In seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]

/**
 * Opens a server: `/healthz` while the process works, `/readyz` while it takes events, `/metrics` as Prometheus reads them. It
 * listens on all addresses, since probes come from outside of a container. Throws SOURCE_FAILED for a port in use.
 */
export async function openAdmin(port: number, state: ServiceState): Promise<Admin> {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['processor'] as const
  const handled = new Counter({
    name: 'attak_handled_total',
    help: 'Messages that were handled.',
    labelNames,
    registers,
  })
  const failed = new Counter({
    name: 'attak_failed_total',
    help: 'Messages that failed for good.',
    labelNames,
    registers,
  })
  const retried = new Counter({
    name: 'attak_retried_total',
    help: 'Attempts that are repeated.',
    labelNames,
    registers,
  })
  const seconds = new Histogram({
    ...{ name: 'attak_handler_seconds', help: 'How long handlers take.', labelNames, buckets: BUCKETS, registers },
  })
  for (const processor of state.processors)
    for (const counter of [handled, failed, retried]) counter.inc({ processor }, 0)
  gauge(registry, 'attak_running', 'Handlers that run.', () => state.counts().running)
  gauge(registry, 'attak_waiting', 'Messages that wait for a handler.', () => state.counts().waiting)
  gaugeLag(registry, state)
  gauge(registry, 'attak_open_events', 'Events that are not done.', () => state.counts().roots)
  const server = createServer((request, response) => {
    const [path] = (request.url ?? '/').split('?')
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type }).end(text)
    }
    if (path === '/healthz') answer(200, 'ok\n')
    else if (path === '/readyz') answer(state.readiness() === 'ready' ? 200 : 503, `${state.readiness()}\n`)
    else if (path === '/metrics') {
      void registry.metrics().then((text) => answer(200, text, registry.contentType))
    } else answer(404, 'There are /healthz, /readyz and /metrics.\n')
  })
  await listen(server, port)
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    ended(processor, outcome, tookMs) {
      seconds.observe({ processor }, tookMs / 1000)
      if (outcome === 'ok') handled.inc({ processor })
      else if (outcome === 'failed') failed.inc({ processor })
      else if (outcome === 'retry') retried.inc({ processor })
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const made: Gauge = new Gauge({
    ...{ name, help, registers: [registry] },
    collect: () => made.set(read()),
  })
}

function gaugeLag(registry: Registry, { lag }: ServiceState): void {
  const made: Gauge<'channel'> = new Gauge({
    ...{ name: 'attak_lag_records', help: 'Records that wait on the broker.', labelNames: ['channel'] },
    registers: [registry],
    async collect() {
      for (const [channel, records] of Object.entries(await lag())) made.set({ channel }, records)
    },
  })
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await listenOn(server, { port })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'another program listens there' : String(code)
    throw new AttakError('SOURCE_FAILED', `--port ${port}: ${why}`, 'End that program, or give another port.', {
      cause,
    })
  }
}
