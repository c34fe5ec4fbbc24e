import { type LogEntry, readEntries } from '../../view/log-entry.ts'
import { drawEntry } from '../../view/log-line.ts'
import { colorsOf, drawJsonLine } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, listOf, PATH_ARGUMENT, textOf } from '../command.ts'
import { followLines, LOOK_MS } from '../follow.ts'
import { hintOf } from '../hint.ts'
import { type Host, interruptCode } from '../host.ts'
import { knownProcessor, NAME_OPTION, parseSince, STAGE_OPTIONS } from '../options.ts'
import { nameStage, processorsOf, withLive } from '../stage.ts'

/** Prints what the functions of a stage have logged, merged by time. */
export const logs: Command = {
  name: 'logs',
  summary: 'print the logs of deployed processors, merged by time',
  arguments: [PATH_ARGUMENT],
  options: [
    NAME_OPTION,
    ...STAGE_OPTIONS,
    { flags: '--processor <name>', summary: 'only lines of this processor', repeatable: true },
    { flags: '--message <id>', summary: 'only lines of this message and its descendants' },
    { flags: '--trace <id>', summary: 'only lines of this trace' },
    { flags: '--since <time>', summary: 'lines since then: 30s, 10m, 2h, 1d or a date (default 10m)' },
    { flags: '-f, --follow', summary: 'keep printing new lines until interrupted' },
    { flags: '--all', summary: "also lines for each handled or skipped message, and the platform's own lines" },
    { ...JSON_OPTION, summary: 'print one JSON object per line' },
  ],
  notes: `Prints lines that handlers write, outputs, failures and crashes. CloudWatch Logs delivers lines after
some seconds.`,
  examples: ['attak logs', 'attak logs --follow --processor bill', 'attak logs --trace 4bf92f35 --since 1d --json'],
  async run(args, host) {
    const stage = await nameStage(args, host)
    const given = listOf(args, 'processor')
    if (stage.project !== undefined) for (const name of given) knownProcessor(name, processorsOf(stage.project))
    const fromMs = parseSince(textOf(args, 'since') ?? '10m', host.date())
    await withLive(stage, host, async ({ live }) => {
      const names = await live.processors()
      for (const name of given) knownProcessor(name, names)
      const print = printerOf(args, names, host)
      const processors = given.length === 0 ? names : given
      const read = (sinceMs: number) => live.logs({ processors, fromMs: sinceMs })
      const following = flagOf(args, 'follow')
      const pause = () => host.sleep(LOOK_MS)
      const lines = followLines(read, {
        fromMs,
        signal: host.signal,
        over: () => !following || host.out.isClosed,
        pause,
      })
      let printed = 0
      for await (const fresh of lines) printed += readEntries(fresh).filter(print).length
      if (printed === 0 && !following && !host.signal.aborted)
        host.err.tell(
          `There are no such lines. Look further back with --since; ${hintOf(stage.given)('status')} shows what is deployed.\n`,
        )
    })
    // An interrupt is how --follow ends.
    return flagOf(args, 'follow') ? 0 : (interruptCode(host.signal) ?? 0)
  },
}

/** Outcomes that are not printed by default. */
const QUIET: ReadonlySet<unknown> = new Set(['ok', 'skipped'])

/** Returns a function that prints the entries that a command line selects. It returns whether it printed the entry. */
function printerOf(args: Arguments, names: readonly string[], host: Host): (entry: LogEntry) => boolean {
  const [message, trace] = [textOf(args, 'message'), textOf(args, 'trace')]
  const isMeant = (id: string | undefined, wish: string | undefined) =>
    wish === undefined || id?.startsWith(wish) === true
  // A search for one message or trace includes its outcome.
  const outcomes = flagOf(args, 'all') || message !== undefined || trace !== undefined
  const width = Math.max(...names.map((name) => name.length))
  const colors = colorsOf(host.out)
  return (entry) => {
    if (!isMeant(entry.message, message) || !isMeant(entry.root, trace)) return false
    if (entry.kind === 'platform' && !flagOf(args, 'all')) return false
    if (entry.kind === 'end' && !outcomes && QUIET.has(entry.fields.outcome)) return false
    const { timeMs, processor, kind, fields } = entry
    if (!flagOf(args, 'json')) host.out.tell(drawEntry(entry, { width, colors }))
    else host.out.write(drawJsonLine({ time: new Date(timeMs).toISOString(), processor, kind, ...fields }))
    return true
  }
}
