import type { Graph } from '../../graph/graph.ts'
import type { LogLevel } from '../../runtime/invocation.ts'
import type { WorkerHost } from '../../runtime/worker-host.ts'
import { createLog, type WorkerLog } from '../../runtime/worker-log.ts'
import { type LogEntry, readEntry } from '../../view/log-entry.ts'
import { drawEntry } from '../../view/log-line.ts'
import { colorsOf } from '../../view/print.ts'
import type { Host } from '../host.ts'

/** What a service prints: its log lines, and sentences about itself. */
export interface ServiceLog {
  readonly lines: WorkerLog
  /** Prints a sentence about the service. */
  say(text: string, level?: LogLevel): void
}

/** How a service prints. */
export interface ServiceLogParts {
  readonly graph: Graph
  readonly host: Host
  /** What a worker of this process is given. */
  readonly workerHost: Omit<WorkerHost, 'write'>
  readonly level: LogLevel | 'none'
  /** Of messages, print failures alone. */
  readonly quiet: boolean
}

/** Lines for people on a terminal, as `attak logs` draws them; otherwise the JSON lines of deployed functions. */
export function openServiceLog({ graph, host, workerHost, level, quiet }: ServiceLogParts): ServiceLog {
  const width = Math.max(0, ...graph.processors.map(({ name }) => name.length))
  const isForPeople = host.out.isTTY
  const colors = colorsOf(host.out)
  const read = (text: string) => {
    const entry = readEntry({ timeMs: host.date(), processor: '', text })
    return { ...entry, processor: String(entry.fields.processor ?? '') }
  }
  const tell = (entries: readonly LogEntry[]) => {
    for (const [index, entry] of entries.entries()) {
      if (!isToldNext(entry, entries[index + 1])) host.out.tell(drawEntry(entry, { width, colors, short: true }))
    }
  }
  const write = (text: string) => {
    if (!isForPeople) host.out.writeJson(text)
    else tell(text.split('\n').flatMap((line) => (line === '' ? [] : [read(line)])))
  }
  const isShown = (lineLevel: LogLevel) => RANKS.indexOf(lineLevel) >= RANKS.indexOf(level)
  const messageLevel = quiet && isShown('error') ? 'error' : level
  const lines = createLog({ ...workerHost, write }, messageLevel, { timed: true })
  return {
    // Outputs are no failures.
    lines: isShown('info') && !quiet ? lines : { ...lines, output: () => {} },
    say(text, lineLevel = 'info') {
      if (!isShown(lineLevel)) return
      lines.flush()
      const time = new Date(host.date()).toISOString()
      if (isForPeople) host.out.tell(`${lineLevel === 'info' ? colors.dim(text) : colors.yellow(text)}\n`)
      else host.out.writeJson(`${JSON.stringify({ time, level: lineLevel, attak: 'service', text })}\n`)
    },
  }
}

/** Whether the next line tells of a failure again, with its stack: what is recorded has a line of its own. */
function isToldNext({ kind, message, fields }: LogEntry, next: LogEntry | undefined): boolean {
  return kind === 'end' && fields.outcome === 'failed' && next?.kind === 'error' && next.message === message
}

const RANKS: readonly (LogLevel | 'none')[] = ['debug', 'info', 'warn', 'error', 'none']
