import { dirname, resolve } from 'node:path'
import { AttakError } from '../../errors.ts'
import { findTopology } from '../../project/find.ts'
import { failureOptionsOf } from '../../view/failure.ts'
import { drawJsonLine } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, textOf } from '../command.ts'
import { type Errors, hintOn, look, withErrors } from '../errors/open.ts'
import { givenOf, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { hasBrokerFlag } from '../on-broker.ts'
import { BROKER_OPTION, PLACE_OPTIONS, parseSince, withTopology } from '../options.ts'
import { warn } from '../project.ts'
import { drawPath } from '../why/draw.ts'
import type { Found, Source } from '../why/fact.ts'
import { recordsSource } from '../why/fact.ts'
import { type Path, pathTo, type Step } from '../why/path.ts'
import { transcriptSource } from '../why/transcript.ts'

/** Columns of a story that is not printed to a terminal. */
const PLAIN_COLUMNS = 120

/** Prints how a message came about, and what became of it. */
export const why: Command = {
  name: 'why',
  summary: 'show the path from an input to an error or a message',
  arguments: [
    { name: 'id', summary: 'the id of an error or a message, or its first characters (default: the newest error)' },
  ],
  options: [
    ...PLACE_OPTIONS,
    BROKER_OPTION,
    { flags: '--trace <file>', summary: 'search a transcript that simulate --trace or --json wrote' },
    { flags: '--since <time>', summary: 'read logs since then: 30s, 10m, 2h, 1d or a date (default 1d)' },
    { flags: '--full', summary: 'print whole events' },
    JSON_OPTION,
  ],
  notes: `Prints each message on the path with its event. It reads a transcript, the errors of the last simulation
or, for a deployed topology, error records, logs and streams, while they keep the events. It reports
events that are no longer available.

With --broker, it reads the error records of the workers, which keep no common log. So it finds messages that
failed. The events that led to them are not known.`,
  examples: ['attak why', 'attak why 6f0f3e8a', 'attak why --simulated', 'attak why 6f0f3e8a --trace run.jsonl --json'],
  async run(args, host) {
    const [id] = args.positionals
    const tell = async (source: Source, project: Printing['project']) => {
      try {
        const found = meantBy(id, await source.find(knownId(id)), source.remedy)
        print(found, await wayTo(found, source), { args, host, project })
      } finally {
        warn(source.problems?.() ?? [], host)
      }
      return 0
    }
    const file = textOf(args, 'trace')
    if (file !== undefined && !hasBrokerFlag(args)) {
      const dir = folderOf(textOf(args, 'topology'), host)
      const hint = hintOf(givenOf(withTopology(args)))
      return tell(transcriptSource(resolve(host.cwd, file), file, hint), { dir })
    }
    const fromMs = parseSince(textOf(args, 'since') ?? '1d', host.date())
    const tellErrors = async (errors: Errors) => {
      const project = errors.stage.project ?? { dir: errors.stage.dir }
      const { records, left } = await look(errors, host)
      const remembered = [...errors.copies.all.values(), ...left]
      if (errors.broker !== undefined) {
        const code = await tell(recordsSource(records, sayOnBroker(errors)), project)
        host.err.tell('Workers keep no common log: only what error records contain is known.\n')
        return code
      }
      if (errors.live === undefined) return tell(recordsSource(records, sayWhere(errors)), project)
      const { liveSource } = await import('../why/live.ts')
      return tell(
        liveSource({
          live: errors.live,
          processors: errors.processors,
          fromMs,
          records,
          remembered,
          hint: hintOn(errors),
        }),
        project,
      )
    }
    return withErrors(args, host, tellErrors, ['since', 'trace'])
  },
}

function sayOnBroker(errors: Errors): string {
  return `Workers keep no common log, so only messages that failed are found: see ${hintOn(errors)('errors list')}.`
}

function sayWhere(errors: Errors): string {
  const simulate = hintOf(errors.stage.given)('simulate --trace FILE')
  return `List errors with ${hintOn(errors)('errors list')}, or look in a trace: ${simulate}.`
}

/** Foreign ids may contain anything; an id with characters that a search would interpret is refused. */
function knownId(id: string | undefined): string | undefined {
  if (id === undefined || /^[\w.:/+=@-]+$/.test(id)) return id
  throw new AttakError('USAGE', `"${id}" is not an id`, 'Give the id of an error or a message, or its beginning.')
}

async function wayTo(found: Found, source: Source): Promise<Path> {
  const facts = await source.trace(found)
  const details = await source.details(pathTo(found, facts).steps)
  return pathTo(found, [...facts, ...details])
}

interface Printing {
  readonly args: Arguments
  readonly host: Host
  /** Stacks are relative to its folder. */
  readonly project: Parameters<typeof failureOptionsOf>[2]
}

function print(found: Found, path: Path, { args, host, project }: Printing): void {
  if (flagOf(args, 'json')) {
    const { message, processor, root, record } = found
    host.out.write(
      drawJsonLine({ message, processor, root, record, also: path.also, steps: path.steps.map(plainStep) }),
    )
    return
  }
  const drawing = {
    ...failureOptionsOf(host.out, host, project),
    width: host.out.isTTY ? host.out.columns : PLAIN_COLUMNS,
    full: flagOf(args, 'full'),
  }
  host.out.tell(drawPath(found, path, drawing))
}

/** Returns a step as JSON with its event; if the event cannot be read, `missing` contains the reason. */
function plainStep({ event, missing, error, ...step }: Step): object {
  return { ...step, event: event?.data, missing, error }
}

/** A trace can be read without the topology that it is of. */
function folderOf(path: string | undefined, host: Host): string {
  try {
    return dirname(findTopology(path, host.cwd).file)
  } catch (error) {
    if (path !== undefined) throw error
    return host.cwd
  }
}

const SHOWN = 10

/**
 * Returns the one message of an id. If several processors handled it, returns the one where it failed. Throws
 * MESSAGE_NOT_FOUND, and USAGE if several ids begin like this or a crash had several messages.
 */
export function meantBy(prefix: string | undefined, found: readonly Found[], remedy: string): Found {
  const ids = new Map<string, Found[]>()
  for (const one of found) ids.set(givenId(one), [...(ids.get(givenId(one)) ?? []), one])
  const [meant] = ids.values()
  if (meant === undefined) {
    const what =
      prefix === undefined ? 'no error was found' : `no message and no error has an id that begins with "${prefix}"`
    throw new AttakError('MESSAGE_NOT_FOUND', what, remedy)
  }
  const exact = prefix === undefined ? undefined : ids.get(prefix)
  if (ids.size > 1 && exact === undefined) {
    const shown = [...ids.values()].slice(0, SHOWN).map(([first]) => `${givenId(first!)} (${sayFound(first!)})`)
    const more = ids.size > SHOWN ? ', and more' : ''
    const what = `"${prefix}" is the beginning of several ids: ${shown.join(', ')}${more}`
    throw new AttakError('USAGE', what, 'Give more characters.')
  }
  const same = exact ?? meant
  const messages = new Set(same.map(({ message }) => message))
  if (messages.size > 1) {
    const what = `the function of "${meant[0]?.processor}" crashed with ${messages.size} messages, and any of them may be the cause`
    throw new AttakError('USAGE', what, `Give the id of one of them: ${[...messages].slice(0, SHOWN).join(', ')}.`)
  }
  return same.find(({ outcome }) => outcome !== undefined && outcome !== 'ok') ?? same[0]!
}

function givenId({ record, message }: Found): string {
  return record ?? message
}

function sayFound({ record, processor, from, topic }: Found): string {
  if (record !== undefined) return `error of ${processor}`
  if (processor === undefined) return `${topic ?? 'an emit'} of ${from}`
  return topic === undefined ? processor : `${topic} at ${processor}`
}
