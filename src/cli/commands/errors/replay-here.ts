import { sharedVariables } from '../../../graph/variables.ts'
import type { Project } from '../../../project/project.ts'
import type { ErrorRecord, RecordedSettings } from '../../../runtime/error-record.ts'
import { type CloudEvent, emitterIn, messageOfEvent, topicOf } from '../../../runtime/event.ts'
import type { LoadedProcessor } from '../../../runtime/invocation.ts'
import { idOf, type Message } from '../../../runtime/message.ts'
import type { ResumedEvent } from '../../../simulator/intake.ts'
import type { FileStore } from '../../../stores/file/store.ts'
import { isName } from '../../../topology/name.ts'
import { type Arguments, flagOf } from '../../command.ts'
import type { Errors } from '../../errors/open.ts'
import { hintOn, inStage, localErrors } from '../../errors/open.ts'
import type { Unit } from '../../errors/ready.ts'
import { type Host, interruptCode } from '../../host.ts'
import { isInspecting, withoutTimeouts } from '../../inspect.ts'
import { prepareForAfter } from '../../simulate/after.ts'
import { loadArtifacts } from '../../simulate/artifacts.ts'
import { tellRun } from '../../simulate/run.ts'

/**
 * Runs errors again in simulations, each like the run that it comes from, and prints the story. Returns the exit code. Removes
 * errors of a simulation that are handled now, and adds new ones. Does not change the errors of a deployed topology.
 */
export async function replayHere(errors: Errors, units: readonly Unit[], args: Arguments, host: Host): Promise<number> {
  prepareForAfter(host)
  let code = 0
  for (const [settings, alike] of byRun(errors, units)) {
    const stage = inStage(errors.stage, settings.stage)
    code = Math.max(code, await replayRun({ ...errors, stage }, { settings, units: alike }, args, host))
    if (host.signal.aborted) break
  }
  return code
}

/** How errors are run again. */
interface RunSettings extends RecordedSettings {
  readonly stage: string
}

/** Groups errors by the settings of the run that they come from. What the command line gives counts for all. */
function byRun({ stage: named, live }: Errors, units: readonly Unit[]): readonly [RunSettings, readonly Unit[]][] {
  const { stage, seed, concurrency } = named.settings
  const groups = new Map<string, [RunSettings, Unit[]]>()
  for (const unit of units) {
    const { record } = unit
    const run = live === undefined ? record.run : undefined
    const isOwn = live === undefined && stage.origin !== 'flag' && isName(record.stage)
    const settings = {
      stage: isOwn ? record.stage : stage.value,
      seed: run?.seed ?? seed.value,
      concurrency: concurrency.origin === 'flag' ? concurrency.value : (run?.concurrency ?? concurrency.value),
      ...(run?.built && { built: run.built }),
    }
    const key = JSON.stringify(settings)
    const group = groups.get(key) ?? [settings, []]
    groups.set(key, group)
    group[1].push(unit)
  }
  return [...groups.values()]
}

async function replayRun(
  errors: Errors,
  { settings, units }: { readonly settings: RunSettings; readonly units: readonly Unit[] },
  args: Arguments,
  host: Host,
): Promise<number> {
  const { project: source } = errors.stage
  if (source === undefined) throw new Error('a replay here needs the project')
  const built = settings.built ? await loadArtifacts(source, host, host.temporaryFolder) : undefined
  const loaded = built === undefined ? source : { ...source, processors: built.processors }
  const forced = flagOf(args, 'force')
  const unguarded = isInspecting(args)
  const project = unguarded ? stopping(loaded) : loaded
  const events = units.flatMap(({ record, events }) => events.map((event) => resumedOf(record, event, forced)))
  const input = { chunks: inOneChunk(events), live: false, readBytes: () => 0, notes: () => [] }
  const { local } = errors
  const kept = local && localErrors(errors.stage, local)
  const again = new Set<string>()
  const giveBack = built === undefined ? host.lendVariables(sharedVariables(project.graph)) : built.close
  const offExit = host.onExit(() => built?.close())
  const fine = await tellRun(
    {
      ...{ command: 'attak errors replay', project, graph: project.graph, input, signal: host.signal },
      ...{ seed: settings.seed, concurrency: settings.concurrency, built: built !== undefined },
      ...{ json: flagOf(args, 'json'), outputs: false, quiet: false, byInput: false, timings: false, unguarded },
      ...(kept && { errors: { store: noting(kept, again), anew: false, hint: hintOn(errors) } }),
    },
    host,
  ).finally(() => {
    offExit()
    giveBack()
  })
  if (!host.signal.aborted) kept?.remove(units.flatMap(({ record }) => (again.has(record.id) ? [] : [record])))
  return interruptCode(host.signal) ?? (fine ? 0 : 1)
}

/** Wraps a local store of errors so that it notes the ids of added records. */
function noting(store: FileStore, ids: Set<string>): FileStore {
  return {
    ...store,
    openRun(options) {
      const run = store.openRun(options)
      return {
        ...run,
        append(records) {
          for (const { id } of records) ids.add(id)
          return run.append(records)
        },
      }
    },
  }
}

async function* inOneChunk(events: readonly ResumedEvent[]): AsyncGenerator<readonly ResumedEvent[]> {
  yield events
}

/** Returns an event for the simulator, which continues as the same message, with the messages that led to it. */
function resumedOf(record: ErrorRecord, event: CloudEvent, forced: boolean): ResumedEvent {
  const { id, type, source, partitionkey: key, attakroot: root, attakhop: hop, data } = event
  const [topic, from, parent] = [topicOf(type, event.attakparent), emitterIn(source), parentOf(record, event)]
  const lineage = { ...(parent !== undefined && { parent }), ...(from !== undefined && { from }) }
  const resumed = { id, root, hop, ...lineage, ...(forced && { forced }) }
  return {
    to: record.processor,
    event: data,
    ...(key !== undefined && { key }),
    ...(topic !== undefined && { topic }),
    resumed,
  }
}

/**
 * Returns the parent of a record's message, with all ancestors that the record holds, so that a record of the next failure
 * holds them too. Returns the parent's id alone where the record does not hold the parent.
 */
function parentOf({ ancestors = [] }: ErrorRecord, event: CloudEvent): Message | string | undefined {
  let parent: Message | undefined
  for (const [index, ancestor] of ancestors.entries()) {
    const child = ancestors[index + 1] ?? event
    const message = messageOfEvent(ancestor, emitterIn(child.source) ?? '')
    const isNext = parent === undefined || ancestor.attakparent === idOf(parent)
    if (message !== undefined) parent = parent === undefined || !isNext ? message : { ...message, parent }
  }
  return parent !== undefined && idOf(parent) === event.attakparent ? parent : event.attakparent
}

/** Returns the project for a debugger: it stops before each handler, and no handler runs out of time. */
export function stopping(project: Project): Project {
  const stopped = [...project.processors].map(([name, loaded]) => [name, stoppingAt(loaded)] as const)
  return { ...project, graph: withoutTimeouts(project.graph), processors: new Map(stopped) }
}

/** A proxy has as many parameters as its function; their number determines how a handler settles. */
function stoppingAt(loaded: LoadedProcessor): LoadedProcessor {
  const handler = new Proxy(loaded.handler, {
    apply(target, self, args) {
      // biome-ignore lint/suspicious/noDebugger: this stops the debugger that the user requested.
      debugger
      return Reflect.apply(target, self, args)
    },
  })
  return { ...loaded, handler }
}
