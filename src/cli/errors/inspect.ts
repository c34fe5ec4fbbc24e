import { AttakError } from '../../errors.ts'
import type { Project } from '../../project/project.ts'
import type { LoadedProcessor } from '../../runtime/invocation.ts'
import type { Host } from '../host.ts'

const PORT = 9229

/** A timer's longest wait, which stands for none: who looks at a handler in a debugger takes their time. */
const NEVER_MS = 2 ** 31 - 1

/** Opens Node's inspector on loopback, says how to attach, and waits until a debugger has. Throws USAGE. */
export async function waitForDebugger(given: string | boolean, host: Host): Promise<void> {
  const port = typeof given === 'string' ? Number(given) : PORT
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AttakError('USAGE', `--inspect: "${given}" is no port`, `Give a number, or leave it out for ${PORT}.`)
  }
  const inspector = await import('node:inspector')
  host.err.write(
    'Attach a debugger: chrome://inspect, or "attach to a Node process" of your editor. It stops where each\n',
  )
  host.err.write('handler begins; step into it. Nothing runs until then.\n')
  if (inspector.url() === undefined) inspector.open(port, '127.0.0.1')
  inspector.waitForDebugger()
}

/** The same project, as it is debugged: before each handler it stops, and no handler is out of time. */
export function stopping(project: Project): Project {
  const { graph, processors } = project
  const patient = graph.processors.map((processor) => ({ ...processor, timeoutMs: NEVER_MS }))
  const stopped = [...processors].map(([name, loaded]) => [name, stoppingAt(loaded)] as const)
  return { ...project, graph: { ...graph, processors: patient }, processors: new Map(stopped) }
}

/** A proxy has as many parameters as its function, which say how a handler settles. */
function stoppingAt(loaded: LoadedProcessor): LoadedProcessor {
  const handler = new Proxy(loaded.handler, {
    apply(target, self, args) {
      // biome-ignore lint/suspicious/noDebugger: this is what stops the debugger that was asked for.
      debugger
      return Reflect.apply(target, self, args)
    },
  })
  return { ...loaded, handler }
}
