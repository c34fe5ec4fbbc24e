import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openInput } from '../../project/input.ts'
import type { Triggered } from '../../providers/aws/trigger.ts'
import { type Command, flagOf, JSON_OPTION, PATH_ARGUMENT, textOf } from '../command.ts'
import { STAGE_OPTIONS } from '../deploy/options.ts'
import { accountOf, drawPlace, loadStage, type Stage, withAws } from '../deploy/stage.ts'
import { drawCount } from '../duration.ts'
import { type Host, interruptCode } from '../host.ts'
import { drawEntry } from '../logs/draw.ts'
import { readEntry } from '../logs/entry.ts'
import { followLines } from '../logs/follow.ts'
import { colorsOf, drawJsonLine } from '../print.ts'
import { awaitCode, warn } from '../project.ts'
import { toldInput } from '../simulate/input.ts'
import { quietMsOf } from '../trigger/quiet.ts'
import { sendAll } from '../trigger/send.ts'

const LOOK_MS = 1000
/** How much longer than usual it is waited for the first lines of an event: a function may have to start. */
const UNHEARD = 3
/** What is followed one by one; of more events, all that is logged is shown. */
const MOST_TRACES = 10_000

/** Feeds the live topology. */
export const trigger: Command = {
  name: 'trigger',
  summary: 'feed events to the live topology',
  arguments: [PATH_ARGUMENT],
  options: [
    { flags: '-i, --input <file>', summary: 'the events: a .json or .jsonl file, or - for lines on stdin' },
    { flags: '--to <processor>', summary: 'who the events of --input are for, when they do not say it' },
    { flags: '--skip-bad-lines', summary: 'go on past lines that are no events, instead of stopping there' },
    { flags: '-f, --follow', summary: 'show what becomes of them until it is quiet' },
    { flags: '--quiet-after <seconds>', summary: 'it is quiet when nothing was logged for so long (default 10)' },
    ...STAGE_OPTIONS,
    { ...JSON_OPTION, summary: 'print one JSON object a line: of each event, and of what follows' },
  ],
  notes: `Takes the same input as attak simulate, and hands each event to the function of its processor. An
event that was accepted will be handled, at least once. Exits with 1 when one was refused or, with
--follow, failed. While an event has not been heard of at all, --follow waits three times as long.`,
  examples: [
    'attak trigger',
    'attak trigger --follow',
    'attak trigger --input slow.json --follow --quiet-after 120',
    'cat events.jsonl | attak trigger --input - --to spout --stage production',
  ],
  async run(args, host) {
    const quietMs = quietMsOf(args)
    const stage = await loadStage(args, host)
    const { topology, dir } = stage.project
    const inputOptions = {
      ...{ given: textOf(args, 'input'), to: textOf(args, 'to'), stdin: host.stdin as AsyncIterable<Uint8Array> },
      ...{ topology, dir, cwd: host.cwd },
      badLines: flagOf(args, 'skipBadLines') ? 'skip' : 'stop',
    } as const
    const input = await awaitCode("the topology's input", host, () => openInput(inputOptions))
    warn(input.warnings, host)
    return withAws(stage, host, async (aws) => {
      const { createTrigger } = await import('../../providers/aws/trigger.ts')
      const opened: Stage = { ...stage, aws }
      const startedMs = host.date()
      const send = createTrigger(accountOf(stage, aws), { seed: randomUUID(), now: host.date })
      const json = flagOf(args, 'json')
      const roots = new Set<string>()
      let accepted = 0
      try {
        await sendAll(input.chunks, send, host.signal, (triggered) => {
          accepted++
          if (roots.size <= MOST_TRACES) roots.add(triggered.root)
          if (json) host.out.write(drawJsonLine({ kind: 'accepted', ...triggered }))
        })
      } catch (error) {
        host.err.write(accepted === 0 ? 'Nothing was accepted:\n' : `${drawCount(accepted, 'event')} accepted, then:\n`)
        throw error
      }
      for (const note of toldInput(input).notes()) host.err.write(`${note}\n`)
      if (!json) host.out.write(drawAccepted(accepted, roots, opened, host))
      const following = flagOf(args, 'follow') && accepted > 0
      const failed = following ? await follow(opened, { roots, startedMs, quietMs, json }, host) : 0
      return interruptCode(host.signal) ?? (failed > 0 ? 1 : 0)
    })
  },
}

function drawAccepted(
  accepted: number,
  roots: ReadonlySet<Triggered['root']>,
  { aws, ...stage }: Stage,
  host: Host,
): string {
  const [root] = roots
  const traced = accepted === 1 ? `trace ${root}` : ''
  const colors = colorsOf(host.out)
  const line = `${colors.green('✓')} ${drawCount(accepted, 'event')} accepted by ${drawPlace(stage, aws)}`
  return `${line}${traced === '' ? '' : colors.dim(` (${traced})`)}\n`
}

interface Following {
  readonly roots: ReadonlySet<string>
  readonly startedMs: number
  readonly quietMs: number
  readonly json: boolean
}

/** Shows what becomes of events until it is quiet. Gives how many messages failed for good. */
async function follow(
  { project, aws, ...stage }: Stage,
  { roots, startedMs, quietMs, json }: Following,
  host: Host,
): Promise<number> {
  const { readLogLines } = await import('../../providers/aws/logLines.ts')
  const processors = project.graph.processors.map(({ name }) => name)
  const width = Math.max(...processors.map(({ length }) => length))
  const account = accountOf(stage, aws)
  let quietSinceMs = host.now()
  let failed = 0
  const unheard = new Set<string | undefined>(roots.size > MOST_TRACES ? [] : roots)
  const lines = followLines((fromMs) => readLogLines(account, { processors, fromMs }), {
    ...{ fromMs: startedMs, signal: host.signal },
    over: () => host.now() - quietSinceMs >= (unheard.size > 0 ? UNHEARD * quietMs : quietMs),
    pause: () => sleep(LOOK_MS, undefined, { signal: host.signal }).catch(() => {}),
  })
  for await (const fresh of lines) {
    for (const entry of fresh.map(readEntry)) {
      const ours = entry.root === undefined ? entry.kind === 'text' : roots.size > MOST_TRACES || roots.has(entry.root)
      if (!ours) continue
      quietSinceMs = host.now()
      unheard.delete(entry.root)
      if (entry.kind === 'error') failed++
      const { processor, kind, fields } = entry
      if (json) host.out.write(drawJsonLine({ processor, kind, ...fields }))
      else host.out.write(drawEntry(entry, width, colorsOf(host.out)))
    }
  }
  return failed
}
