import { AttakError } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import { keepBuildsForDebugger } from '../project/cache-roots.ts'
import type { Arguments } from './command.ts'
import type { Host } from './host.ts'

const PORT = 9229

/** The longest wait of a timer. It stands for none: a handler may stay paused in a debugger for as long as the user likes. */
const NEVER_MS = 2 ** 31 - 1

/** Returns whether the command line has `--inspect`. */
export function isInspecting({ options: { inspect } }: Arguments): boolean {
  return typeof inspect === 'string' || inspect === true
}

/**
 * With `--inspect`, opens Node's inspector on loopback and waits until a debugger is attached; `how` says where it stops. Call
 * it before the project loads, so that breakpoints bind in all of the code. Where the inspector is open already (`node
 * --inspect`, a debugging terminal), nothing waits. Throws USAGE.
 */
export async function waitForDebugger(args: Arguments, how: string, host: Host): Promise<void> {
  if (!isInspecting(args)) return
  const { inspect: given } = args.options
  const port = typeof given === 'string' ? Number(given) : PORT
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AttakError('USAGE', `--inspect: "${given}" is not a port`, `Give a number, or leave it out for ${PORT}.`)
  }
  keepBuildsForDebugger()
  const inspector = await import('node:inspector')
  if (inspector.url() !== undefined) return
  host.err.tell('Attach a debugger: chrome://inspect, or "attach to a Node process" of your editor.\n')
  host.err.tell(`${how} Nothing runs until then.\n`)
  inspector.open(port, '127.0.0.1')
  if (inspector.url() === undefined) {
    throw new AttakError('USAGE', `--inspect: port ${port} cannot be opened`, 'Choose another port: --inspect 0.')
  }
  inspector.waitForDebugger()
}

/** Returns the graph for a run in a debugger: no handler runs out of time. */
export function withoutTimeouts(graph: Graph): Graph {
  return { ...graph, processors: graph.processors.map((processor) => ({ ...processor, timeoutMs: NEVER_MS })) }
}
