import { createRequire } from 'node:module'
import type { Cluster } from './client.ts'

/** A worker as a member of a generation of the group. */
export interface Membership {
  readonly id: string
  readonly generation: number
}

/** Gives signs of life from a second thread, so that a handler that blocks the first one does not lose its lanes. */
export interface Heart {
  /** Beats as this member from now on; as none without an id. */
  as(membership: Membership): void
  close(): void
}

/** Beats for a member of a group until it is closed, or the process ends or stands still. */
export function startHeart({ file, address, connecting }: Cluster, group: string, beatMs: number): Heart {
  const { Worker }: typeof import('node:worker_threads') = createRequire(import.meta.url)('node:worker_threads')
  const workerData = { file, group, beatMs, nodes: address.nodes, options: connecting }
  const worker = new Worker(SECOND_THREAD, { eval: true, workerData, execArgv: [], stderr: true })
  worker.unref()
  // The first thread beats, too.
  worker.on('error', () => {})
  return {
    as: ({ id, generation }) => worker.postMessage({ id, generation }),
    close: () => void worker.terminate(),
  }
}

/**
 * CommonJS text, since a worker's file would have to be found from a bundle as well as from the sources. What Kafka answers is for the first
 * thread, which asks the same.
 */
const SECOND_THREAD = `
const { parentPort, workerData: { file, group, beatMs, nodes, options } } = require('node:worker_threads')
let member = { id: '' }
let coordinator
parentPort.on('message', (message) => {
  member = message
})
import(file).then((kafka) => {
  const pool = new kafka.ConnectionPool('attak', options)
  pool.on('connecting', ({ connection }) => connection.on('error', () => {}))
  const beat = async () => {
    if (member.id === '') return
    try {
      if (coordinator === undefined) {
        const found = await kafka.findCoordinatorV4.api.async(await pool.getFirstAvailable(nodes), 0, [group])
        const { host, port } = found.coordinators[0]
        coordinator = { host, port }
      }
      const connection = await pool.get(coordinator)
      await kafka.heartbeatV4.api.async(connection, group, member.generation, member.id)
    } catch (error) {
      coordinator = undefined
      if (error.message === 'Request timed out') for (const [, connection] of pool) connection.close(() => {})
    }
  }
  const next = () => beat().then(() => setTimeout(next, beatMs))
  next()
})
`
