import { createRequire } from 'node:module'

/** Gives signs of life from a second thread, so that a handler that blocks the first one does not lose its lanes. */
export interface Heart {
  close(): void
}

/** Where and how often. */
export interface HeartParts {
  /** The file of the client's package. */
  readonly file: string
  readonly url: string
  /** The key that exists while the worker lives. */
  readonly key: string
  readonly leaseMs: number
}

/** Renews a key until it is closed, or the process ends or stands still. */
export function startHeart(parts: HeartParts): Heart {
  const { Worker }: typeof import('node:worker_threads') = createRequire(import.meta.url)('node:worker_threads')
  const worker = new Worker(SECOND_THREAD, { eval: true, workerData: parts, execArgv: [], stderr: true })
  worker.unref()
  // Each look for lanes is a sign of life, too.
  worker.on('error', () => {})
  return { close: () => void worker.terminate() }
}

/** CommonJS text, since a worker's file would have to be found from a bundle as well as from the sources. */
const SECOND_THREAD = `
const { workerData: { file, url, key, leaseMs } } = require('node:worker_threads')
const { Redis } = require(file)
const retryStrategy = (times) => Math.min(1000, 50 * times)
const client = new Redis(url, { retryStrategy, maxRetriesPerRequest: null, enableOfflineQueue: false, socketTimeout: leaseMs })
client.on('error', () => {})
// A full Redis still lets a key live longer, but makes none.
const beat = () => client.pexpire(key, leaseMs).then((known) => known || client.set(key, '1', 'PX', leaseMs)).catch(() => {})
client.on('ready', beat)
setInterval(beat, leaseMs / 4)
`
