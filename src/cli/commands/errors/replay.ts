import { AttakError, errorOf } from '../../../errors.ts'
import { eventOf } from '../../../runtime/event.ts'
import { drawCount } from '../../../view/duration.ts'
import { colorsOf, drawJsonLine } from '../../../view/print.ts'
import { drawWord } from '../../../view/value.ts'
import { type Arguments, type Command, flagOf, textOf } from '../../command.ts'
import { confirmed } from '../../confirm.ts'
import { drawErrors } from '../../errors/draw.ts'
import { chooseErrors } from '../../errors/filter.ts'
import { type Errors, hintOn, look, type Seen, withErrors } from '../../errors/open.ts'
import { makeReady, type ReadyOptions, type Send, type Unit } from '../../errors/ready.ts'
import { outcomesOf, type ReplayOutcomes, senderTo, sendUnits } from '../../errors/send.ts'
import { followTraces } from '../../follow.ts'
import { type Hint, hintOf } from '../../hint.ts'
import { type Host, interruptCode } from '../../host.ts'
import { isInspecting, waitForDebugger } from '../../inspect.ts'
import { BROKER_OPTION, FILTER_OPTIONS, IDS_ARGUMENT, PLACE_OPTIONS, quietMsOf, YES_OPTION } from '../../options.ts'
import { settingOption } from '../../project.ts'
import type { Terminal } from '../../terminal.ts'

/** Runs what has failed again. */
export const replay: Command = {
  name: 'replay',
  summary: 'run failed messages again',
  arguments: [IDS_ARGUMENT],
  options: [
    { flags: '--all', summary: 'all errors' },
    ...FILTER_OPTIONS,
    ...PLACE_OPTIONS,
    BROKER_OPTION,
    { flags: '--dry-run', summary: 'show what would run and what prevents it; run nothing' },
    { flags: '--local', summary: 'run them in a simulation on this machine; the deployed topology does not change' },
    { flags: '--inspect [port]', summary: 'with --local: wait for a debugger and pause at the start of each handler' },
    {
      flags: '--force',
      summary: 'also replay errors that were replayed before, or that only the copy on this machine has',
    },
    {
      flags: '--quiet-after <seconds>',
      summary: 'stop following after so many seconds without a log line (default 10)',
    },
    settingOption('concurrency'),
    { ...YES_OPTION, summary: 'do not ask' },
    {
      flags: '--json',
      summary: 'print one JSON object per line: each accepted error, log lines, and the counts',
    },
  ],
  notes: `Sends each message to its processor again, with the same id, trace and event, as a first attempt. Removes
its record when the function accepts it, then follows the logs until nothing more is logged. For a crash, all
messages of the invocation run again. Exit code: 1 when a message was not handled.

--local, --simulated and --run run the messages in a simulation. With --simulated and --run, errors that are
handled now are removed.`,
  examples: [
    'attak errors replay 3fa1b2c4',
    'attak errors replay --processor bill --since 2h --dry-run',
    'attak errors replay --all --yes --stage production',
    'attak errors replay 3fa1b2c4 --local --inspect',
  ],
  async run(args, host) {
    checkFlags(args)
    await waitForDebugger(args, 'It pauses at the start of each handler; step into it.', host)
    return withErrors(args, host, (errors) => replayErrors(errors, args, host), ['quietAfter'])
  },
}

/** Replays the errors that a command line selects. Throws USAGE, and every reason why one of them cannot run. */
export async function replayErrors(errors: Errors, args: Arguments, host: Host): Promise<number> {
  checkFlags(args)
  const quietMs = quietMsOf(args, { isFollowing: true })
  const { live, broker, stage } = errors
  const isLocal = (live === undefined && broker === undefined) || flagOf(args, 'local')
  if (isLocal && stage.project === undefined) throw withoutCode(args)
  const seen = await look(errors, host)
  const chosen = chooseErrors('attak errors replay', args, seen, errors, host.date())
  const ready = await makeReady(chosen.records, readyOptions(errors, isLocal))
  const problems = [...chosen.problems, ...ready.problems]
  if (flagOf(args, 'dryRun')) tellDryRun(ready.units, args, host)
  if (problems.length > 0) throw errorOf(problems)
  if (flagOf(args, 'dryRun')) return 0
  if (!isLocal) await takeLeft(seen, errors)
  if (ready.units.length === 0) {
    host.err.tell(`There are no errors of ${errors.place} to replay.\n`)
    return 0
  }
  if (isLocal) {
    const { replayHere } = await import('./replay-here.ts')
    return replayHere(errors, ready.units, args, host)
  }
  const json = flagOf(args, 'json')
  if (!json) host.err.tell(drawUnits(ready.units, host.err))
  const question = `Replay ${drawCount(ready.units.length, 'error')} on ${errors.place}?`
  if (!(await confirmed(question, { yes: flagOf(args, 'yes') }, host))) {
    host.err.tell('Nothing was replayed.\n')
    return interruptCode(host.signal) ?? 1
  }
  const startedMs = host.date()
  const mark = { time: new Date(startedMs).toISOString(), forced: flagOf(args, 'force') }
  const send: Send = broker === undefined ? senderTo(live!, mark) : broker.sender(mark)
  const accepted = await sendUnits(ready.units, errors, send, host)
  if (json) for (const unit of accepted) host.out.write(jsonOfUnit('accepted', unit))
  if (!json)
    host.out.tell(
      `${colorsOf(host.out).green('✓')} ${drawCount(accepted.length, 'error')} accepted by ${errors.place}\n`,
    )
  if (live === undefined) {
    if (!json) host.out.tell(`Workers handle them now. ${hintOn(errors)('errors list')} shows what fails again.\n`)
    return interruptCode(host.signal) ?? 0
  }
  const outcomes = outcomesOf(accepted)
  const roots = new Set(accepted.flatMap(({ events }) => events.map(({ attakroot }) => attakroot)))
  const awaited = new Set(accepted.flatMap(({ events }) => events.map((event) => event.id)))
  await followTraces(
    live,
    { processors: errors.processors, roots, awaited, startedMs, quietMs, json, onEntry: outcomes.take },
    host,
  )
  return interruptCode(host.signal) ?? tellOutcomes(outcomes, hintOf(stage.given), json, host)
}

function withoutCode(args: Arguments): AttakError {
  const isNamed = textOf(args, 'name') !== undefined
  const why = isNamed ? '--name loads no code' : 'the project does not load'
  const remedy = isNamed ? 'Run it in the project, without --name.' : 'Fix what the warnings above report.'
  const code = isNamed ? 'USAGE' : 'TOPOLOGY_LOAD_FAILED'
  return new AttakError(code, `attak errors replay: a replay here runs the code of the project, and ${why}`, remedy)
}

function checkFlags(args: Arguments): void {
  if (isInspecting(args) && !flagOf(args, 'local') && !flagOf(args, 'simulated') && !flagOf(args, 'run')) {
    throw new AttakError('USAGE', 'attak errors replay: --inspect needs a run on this machine', 'Add --local.')
  }
}

function readyOptions(errors: Errors, isLocal: boolean): ReadyOptions {
  const { stage, live, broker } = errors
  const hint = hintOn(errors)
  // Without its project, what a schema refuses now shows when the message is handled.
  const ready = { names: errors.processors, processors: stage.project?.processors ?? new Map(), hint }
  if (broker !== undefined) return { ...ready, ...(!isLocal && { mostBytes: broker.rules.messageBytes - MARK_BYTES }) }
  if (live === undefined) return ready
  return {
    ...ready,
    async readAgain(position, processor) {
      const { messages, isForeign } = await live.readBack(position, processor)
      return isForeign ? undefined : messages.map((message) => eventOf(message, stage.scope))
    },
    ...(!isLocal && { mostBytes: live.mostSendBytes - MARK_BYTES }),
  }
}

/** The most bytes that a replay adds to a message. */
const MARK_BYTES = 100

/** Removes errors that were replayed before and are still in their store, because removing them failed then. */
async function takeLeft({ left }: Seen, { store }: Errors): Promise<void> {
  if (left.length > 0) await store.remove(left)
}

function drawUnits(units: readonly Unit[], terminal: Terminal): string {
  const records = units.map(({ record }) => record)
  return drawErrors(records, terminal)
}

function jsonOfUnit(kind: 'accepted' | 'ready', { record: { id, processor }, events }: Unit): string {
  return drawJsonLine({ kind, id, processor, messages: events.map((event) => event.id) })
}

function tellDryRun(units: readonly Unit[], args: Arguments, host: Host): void {
  if (flagOf(args, 'json')) {
    for (const unit of units) host.out.write(jsonOfUnit('ready', unit))
    return
  }
  const messages = units.reduce((sum, { events }) => sum + events.length, 0)
  if (units.length > 0) host.out.tell(drawUnits(units, host.out))
  host.out.tell(
    `${drawCount(units.length, 'error')} with ${drawCount(messages, 'message')} can be replayed; nothing was replayed.\n`,
  )
}

function tellOutcomes(outcomes: ReplayOutcomes, hint: Hint, json: boolean, host: Host): number {
  const counts = outcomes.counts()
  const { handled, failed, unheard, further } = counts
  const fine = failed + unheard + further === 0
  if (json) {
    host.out.write(drawJsonLine({ kind: 'replayed', ...counts }))
    return fine ? 0 : 1
  }
  const colors = colorsOf(host.out)
  const results = [`${drawCount(handled, 'message')} handled`]
  if (failed > 0) results.push(colors.red(`${failed} failed again`))
  if (further > 0) results.push(colors.red(`${drawCount(further, 'failure')} in later processors`))
  if (unheard > 0) results.push(colors.yellow(`${unheard} not confirmed`))
  host.out.tell(`${fine ? colors.green('✓') : colors.red('✗')} ${results.join(', ')}\n`)
  if (failed + further > 0) host.out.tell(`${hint('errors list')} shows what failed now.\n`)
  const [first] = outcomes.unheard()
  if (first !== undefined)
    host.out.tell(`${hint(`logs --message ${drawWord(first)}`)} shows if one is handled later.\n`)
  return fine ? 0 : 1
}
