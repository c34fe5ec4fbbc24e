import { join } from 'node:path'
import type { CloudStage } from '../../deploy/cloud.ts'
import { AttakError, type ErrorCode } from '../../errors.ts'
import type { BrokerRules } from '../../runtime/broker.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import type { ErrorReader, KeptErrors } from '../../runtime/store.ts'
import { openMonths } from '../../stores/file/months.ts'
import {
  errorsFile,
  type FileStore,
  openFileStore,
  RUN_PART,
  SIMULATED_PART,
  topologiesIn,
} from '../../stores/file/store.ts'
import { isName } from '../../topology/name.ts'
import { drawCount } from '../../view/duration.ts'
import { colorsOf, drawProblems } from '../../view/print.ts'
import { type Arguments, flagOf, textOf } from '../command.ts'
import { type Hint, hintOf } from '../hint.ts'
import type { Host } from '../host.ts'
import { hasBrokerFlag, isOnBroker, senderOn, withBroker } from '../on-broker.ts'
import { withTopology } from '../options.ts'
import { type NamedStage, nameKept, nameStage, processorsOf, withLive } from '../stage.ts'
import { type Copies, isReplayed, KEPT_MS, openCopies } from './copies.ts'
import { type ReplayMark, replayed, type Send } from './ready.ts'

/** The errors that a command line selects: their store, and the local copies. */
export interface Errors {
  /** `orders (dev) in eu-west-1 of account 123456789012`, `the last simulation of orders` */
  readonly place: string
  readonly stage: NamedStage
  /** The processors of the stage: from its project, or else from its live resources. */
  readonly processors: readonly string[]
  /** Absent for errors that are kept here. */
  readonly live?: CloudStage
  /** What ran here; absent for a deployed topology. */
  readonly local?: LocalErrors
  readonly store: ErrorReader
  readonly copies: Copies
  /** Present for errors of the workers of a broker. */
  readonly broker?: ErrorsBroker
}

/** The broker that errors are kept on. */
export interface ErrorsBroker {
  readonly rules: BrokerRules
  /** Returns what puts the messages of an error into the channel of its processor again. */
  sender(mark: ReplayMark): Send
}

/** Returns what writes commands on these errors, such as `errors list`, for the same errors. */
export function hintOn({ local, stage }: Pick<Errors, 'local' | 'stage'>): Hint {
  const hint = hintOf(stage.given)
  return local === undefined ? hint : (words) => hint(`${words} --${local.flag}`)
}

/** Errors that are kept in the project's folder. */
export interface LocalErrors {
  /** The flag that selects them. */
  readonly flag: 'simulated' | 'run'
  /** See `errorsFile`. */
  readonly part: string
  /** `the last simulation`, before `of orders` */
  readonly what: string
}

const SIMULATED: LocalErrors = { flag: 'simulated', part: SIMULATED_PART, what: 'the last simulation' }
const RUN: LocalErrors = { flag: 'run', part: RUN_PART, what: 'attak run' }

/**
 * Opens the errors of a command line, live or kept here, and runs `use` with them. `awsOptions` are options of the command that have
 * no meaning with a broker.
 */
export async function withErrors(
  args: Arguments,
  host: Host,
  use: (errors: Errors) => Promise<number>,
  awsOptions: readonly string[] = [],
): Promise<number> {
  const [local, other] = [SIMULATED, RUN].filter(({ flag }) => flagOf(args, flag))
  if (other !== undefined) {
    throw new AttakError('USAGE', '--simulated and --run contradict each other', 'Give one of them.')
  }
  if (local !== undefined) {
    if (hasBrokerFlag(args)) {
      throw new AttakError('USAGE', `--${local.flag} and --broker contradict each other`, 'Give one of them.')
    }
    const named = await nameKept(withTopology(args), host, (dir) => topologiesIn(dir, local.part))
    const stage = inStageOfRun(named, local)
    if (textOf(args, 'name') !== undefined) tellOfOthers(stage, local, host)
    return use(errorsHere(stage, local, host))
  }
  const stage = await nameStage(withTopology(args), host)
  if (isOnBroker(args, stage, host, awsOptions)) return withBrokerErrors(stage, host, use)
  const reach = withLive(stage, host, async ({ live, place }) => {
    const copies = copiesOf(stage, host.date())
    const processors = await live.processors()
    const store = await live.errors((id) => copies.all.get(id))
    return use({ place, stage, processors, live, store, copies })
  })
  return reach.catch((error: unknown) => {
    if (error instanceof AttakError && HAS_NO_ACCOUNT.has(error.code)) tellOfLocal(stage, host)
    throw error
  })
}

/** What is not deployed keeps no copies. */
const NO_COPIES = { list: () => ({ records: [] }), append: () => 0 }

/** Opens the errors that the workers of a broker have recorded, and runs `use` with them. */
function withBrokerErrors(stage: NamedStage, host: Host, use: (errors: Errors) => Promise<number>): Promise<number> {
  const { project } = stage
  return withBroker(stage, host, (there) => {
    const { broker, place, status } = there
    const send = senderOn(there)
    return use({
      ...{ place, stage, store: broker.errors, copies: openCopies(NO_COPIES, host.date()) },
      processors: project === undefined ? status.channels.map(({ name }) => name) : processorsOf(project),
      broker: { rules: broker.rules, sender: (mark) => senderBy(send, mark) },
    })
  })
}

/** Where the broker remembers ids, a record that could not be removed is not sent again, unless that is forced. */
function senderBy(send: ReturnType<typeof senderOn>, mark: ReplayMark): Send {
  return ({ id, time, processor }, event) =>
    send(
      { channel: processor, key: event.partitionkey, body: JSON.stringify(replayed(event, mark)) },
      mark.forced ? undefined : `replay ${id} ${time} ${event.id}`,
    )
}

/** A user without an account probably wants the failures of what ran here. */
const HAS_NO_ACCOUNT: ReadonlySet<ErrorCode> = new Set(['REGION_MISSING', 'CREDENTIALS_MISSING'])

function tellOfLocal(stage: NamedStage, host: Host): void {
  for (const local of [SIMULATED, RUN]) {
    const { length } = localErrors(stage, local).list().records
    if (length > 0) {
      host.err.tell(`${local.what.replace(/^t/, 'T')} left ${drawCount(length, 'error')}: add --${local.flag}.\n`)
    }
  }
}

/** Returns the same in the stage that the newest error happened in, unless the command line gives a stage. */
function inStageOfRun(named: NamedStage, local: LocalErrors): NamedStage {
  const newest = localErrors(named, local).list().records.at(-1)
  if (newest === undefined || named.settings.stage.origin === 'flag' || !isName(newest.stage)) return named
  return inStage(named, newest.stage)
}

/** Returns the same project, and what names it, in another stage. */
export function inStage(named: NamedStage, stage: string): NamedStage {
  if (named.scope.stage === stage) return named
  const { project, scope, settings, given } = named
  return {
    ...named,
    ...(project && { project: { ...project, graph: { ...project.graph, stage } } }),
    scope: { ...scope, stage },
    settings: { ...settings, stage: { ...settings.stage, value: stage } },
    given: { ...given, flags: { ...given.flags, stage } },
  }
}

/** A name without errors may be a typing error. */
function tellOfOthers({ dir, scope }: NamedStage, { part, what }: LocalErrors, host: Host): void {
  const names = topologiesIn(dir, part)
  if (names.includes(scope.topology)) return
  const others = names.length === 0 ? '' : ` There are errors of ${names.join(', ')}.`
  host.err.tell(`There are no errors of ${what} of ${scope.topology} in ${join(dir, '.attak')}.${others}\n`)
}

function errorsHere(stage: NamedStage, local: LocalErrors, host: Host): Errors {
  const { scope, project } = stage
  const store = localErrors(stage, local)
  const place = `${local.what} of ${scope.topology} (${scope.stage})`
  return {
    place,
    stage,
    local,
    processors: project === undefined ? processorsIn(store) : processorsOf(project),
    store,
    copies: openCopies(NO_COPIES, host.date()),
  }
}

function processorsIn(store: FileStore): readonly string[] {
  return [...new Set(store.list().records.map(({ processor }) => processor))].filter(isName).sort()
}

/** Returns the processors that may have errors: those of the topology, and those that it had. */
export function processorsWithErrors(
  { processors }: Pick<Errors, 'processors'>,
  { records }: Pick<Seen, 'records'>,
): readonly string[] {
  return [...new Set([...processors, ...records.map(({ processor }) => processor)])]
}

/** The listed errors. */
export interface Seen extends KeptErrors {
  /** Those that were replayed from here, and are still where they were. */
  readonly left: readonly ErrorRecord[]
}

/** Lists all errors, stores copies here, and prints on stderr what could not be reached or read. */
export async function look({ store, copies }: Pick<Errors, 'store' | 'copies'>, host: Host): Promise<Seen> {
  const { records, problems, notes, unreadable = [] } = await store.list()
  copies.keep(records)
  if (problems.length > 0) host.err.tell(drawProblems(problems, colorsOf(host.err)))
  for (const note of notes) host.err.tell(`${note}\n`)
  const left = records.filter((record) => isReplayed(record, copies))
  return { problems, notes, unreadable, left, records: records.filter((record) => !left.includes(record)) }
}

/** Opens the errors of a topology that ran here. */
export function localErrors({ dir, scope }: Pick<NamedStage, 'dir' | 'scope'>, { part }: LocalErrors): FileStore {
  return openFileStore(errorsFile(dir, part, scope.topology))
}

/** Opens the copies of the errors of a stage. `nowMs` is milliseconds since 1970. */
export function copiesOf({ dir, scope }: Pick<NamedStage, 'dir' | 'scope'>, nowMs: number): Copies {
  return openCopies(openMonths(errorsFile(dir, scope.stage, scope.topology), { nowMs, keptMs: KEPT_MS }), nowMs)
}
