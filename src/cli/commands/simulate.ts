import { resolve } from 'node:path'
import { sizeProblems } from '../../bundle/variables.ts'
import { AttakError, errorOf } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { onlyProcessors } from '../../graph/only.ts'
import { conflictProblems, sharedVariables } from '../../graph/variables.ts'
import { shown } from '../../project/find.ts'
import { inputFiles } from '../../project/input.ts'
import { isSpecial } from '../../project/modules.ts'
import { inspectProject, type Project } from '../../project/project.ts'
import { foldersOfRuns } from '../../project/temporary.ts'
import { errorsFile, openFileStore, SIMULATED_PART } from '../../stores/file/store.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, listOf, PATH_ARGUMENT, textOf } from '../command.ts'
import { hintOf } from '../hint.ts'
import { type Host, interruptCode } from '../host.ts'
import { INPUT_OPTIONS, onlyInput, openProjectInput } from '../input.ts'
import { isInspecting, waitForDebugger, withoutTimeouts } from '../inspect.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { findProject, settingOption, warn } from '../project.ts'
import { prepareForAfter } from '../simulate/after.ts'
import { loadArtifacts } from '../simulate/artifacts.ts'
import { tellRun } from '../simulate/run.ts'
import { followReads } from '../simulate/variables.ts'

/** Where a run stops in a debugger. */
const STOPS = 'It pauses at your breakpoints and at debugger statements.'

/** Runs a topology in this process and prints what happens. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'run a topology on this machine',
  arguments: [PATH_ARGUMENT],
  options: [
    ...INPUT_OPTIONS,
    { flags: '--only <processor>', summary: 'run only this processor', repeatable: true },
    { ...JSON_OPTION, summary: 'print the transcript as JSON lines, and nothing else' },
    { flags: '--outputs', summary: 'print only the outputs, as JSON lines; failures go to stderr' },
    { flags: '--by-input', summary: 'print everything that an input causes together' },
    { flags: '--trace <file>', summary: 'also write the transcript to a file' },
    { flags: '-q, --quiet', summary: 'print only failures and the summary' },
    { flags: '-w, --watch', summary: 'run again when the project or its input changes' },
    settingOption('seed'),
    settingOption('concurrency'),
    settingOption('stage'),
    { flags: '--built', summary: 'run the artifacts that a deploy would upload' },
    { flags: '--for <time>', summary: 'let schedules come for this virtual time: 30s, 10m, 2h, 1d' },
    { flags: '--timings', summary: 'measure the real time of handlers' },
    { flags: '--inspect [port]', summary: 'wait for a debugger; handlers have no timeout' },
  ],
  notes: `The input is --input, else the input of the topology, else input.json:
  { "spout": … }                      one event for each processor
  [{ "to": "spout", "event": … }, …]  many events, also with "key" and "topic"
  a .jsonl file, or stdin (-)         one such object per line, as a stream

--only runs one part of a topology. Events for other processors are skipped, and what is emitted to them
is an output of the run.

--built runs each processor from its artifact, with its own modules and environment, like the cloud does.
The result is the same, unless the code depends on something that only this machine has.

Errors are kept in .attak/errors until the next run: attak errors list --simulated.

Exit codes: 1 when an event failed, 130 when interrupted.`,
  examples: [
    'attak simulate',
    'attak simulate examples/hello-world --watch',
    'cat events.jsonl | attak simulate --input - --to spout --quiet',
    'attak simulate --json --seed 7 > transcript.jsonl',
  ],
  async run(args, host) {
    refuseTogether(args)
    prepareForAfter(host)
    if (flagOf(args, 'watch')) {
      if (textOf(args, 'input') === '-') {
        throw new AttakError('USAGE', 'attak simulate: --watch cannot read stdin again', 'Give a file as --input.')
      }
      await waitForDebugger(args, STOPS, host)
      const { watch } = await import('../watch.ts')
      const folders = foldersOfRuns(host.temporaryFolder)
      return watch((options) => {
        const giveBack = host.keepVariables()
        const temporaryFolder = folders.begin()
        return simulateOnce(args, host, { ...options, temporaryFolder, fresh: true }).finally(giveBack)
      }, host)
    }
    await waitForDebugger(args, STOPS, host)
    const fine = await simulateOnce(args, host, {
      signal: host.signal,
      temporaryFolder: host.temporaryFolder,
      fresh: false,
    })
    return interruptCode(host.signal) ?? (fine ? 0 : 1)
  },
}

/** Options for how a run is printed; only one may be given. */
const WAYS = { json: '--json', outputs: '--outputs', byInput: '--by-input' } as const

function refuseTogether(args: Arguments): void {
  const given = Object.entries(WAYS).flatMap(([name, flag]) => (flagOf(args, name) ? [flag] : []))
  if (given.length < 2) return
  throw new AttakError('USAGE', `attak simulate: ${given.join(' and ')} contradict each other`, 'Give one of them.')
}

/** The files that the input may come from; they need not be there. */
function inputFilesOf(args: Arguments, host: Host, { dir, topology }: Project): readonly string[] {
  const given = textOf(args, 'input')
  if (given !== undefined) return [resolve(host.cwd, given)]
  return [...inputFiles(dir, host.cwd), ...(typeof topology.input === 'string' ? [resolve(dir, topology.input)] : [])]
}

/** A pipe can be read once, but each run of --watch reads its input again. */
function refuseSpecial(files: readonly string[], { cwd }: Host): void {
  const special = files.find(isSpecial)
  if (special === undefined) return
  const what = `attak simulate: --watch cannot read ${shown(special, cwd)} again, which is not a file`
  throw new AttakError('USAGE', what, 'Give a file as --input.')
}

/** The part of the graph that runs. */
function graphOf({ graph }: Project, args: Arguments): Graph {
  const only = listOf(args, 'only')
  const part = only.length === 0 ? graph : onlyProcessors(graph, only)
  return isInspecting(args) ? withoutTimeouts(part) : part
}

interface OnceOptions {
  readonly signal: AbortSignal
  /** Load all modules again. */
  readonly fresh: boolean
  readonly temporaryFolder: () => string
  readonly onFiles?: (files: readonly string[]) => void
}

/** The events of a run: its input, and those of schedules. */
async function eventsOf(
  args: Arguments,
  host: Host,
  { project, graph, options }: { readonly project: Project; readonly graph: Graph; readonly options: OnceOptions },
) {
  const inputFiles = inputFilesOf(args, host, project)
  options.onFiles?.(inputFiles)
  if (options.fresh) refuseSpecial(inputFiles, host)
  const only = listOf(args, 'only')
  const ticks =
    textOf(args, 'for') === undefined ? undefined : (await import('../simulate/ticks.ts')).ticksOf(args, graph.sources)
  const input = await openProjectInput(args, project, host, { isOptional: ticks !== undefined })
  return { input: only.length === 0 ? input : onlyInput(input, only), ticks }
}

async function simulateOnce(args: Arguments, host: Host, options: OnceOptions): Promise<boolean> {
  const { signal, fresh, temporaryFolder, onFiles } = options
  const { file, settings, given } = await findProject(args, host, onFiles)
  const reads = followReads(host)
  const loaded = await awaitCode({ who: MODULES, file }, host, () =>
    inspectProject(file, {
      ...{ cwd: host.cwd, stage: settings.stage.value, fresh, temporaryFolder },
      lend: reads.lend,
      topologyOnly: flagOf(args, 'built'),
    }),
  )
  onFiles?.(loaded.files)
  const { project } = loaded
  if (project === undefined) throw errorOf(loaded.problems)
  reads.loaded()
  const tooLarge = sizeProblems(project.graph, host.env)
  if (tooLarge.length > 0) throw errorOf(tooLarge)
  const isBuilt = flagOf(args, 'built')
  warn([...project.warnings, ...(isBuilt ? [] : conflictProblems(project.graph, host.env))], host)
  const graph = graphOf(project, args)
  const { input, ticks } = await eventsOf(args, host, { project, graph, options })
  const built = isBuilt ? await loadArtifacts(project, host, temporaryFolder) : undefined
  if (built !== undefined) {
    reads.loaded()
    // Reads of variables are reported when they happen.
    const unshipped = built.warnings.filter(({ code }) => code === 'FILE_NOT_SHIPPED')
    warn(unshipped, host)
  }
  const giveBack = isBuilt ? undefined : host.lendVariables(sharedVariables(project.graph))
  const offExit = host.onExit(() => built?.close())
  const running = tellRun(
    {
      ...waysOf(args),
      ...{ seed: settings.seed.value, concurrency: settings.concurrency.value, built: isBuilt },
      ...{
        project: built === undefined ? project : { ...project, processors: built.processors },
        graph,
        signal,
        ticks,
      },
      ...{ input, unguarded: isInspecting(args) },
      errors: {
        store: openFileStore(errorsFile(project.dir, SIMULATED_PART, graph.name)),
        anew: true,
        hint: (words) => hintOf(given)(`${words} --simulated`),
      },
    },
    host,
  )
  const fine = await running.finally(() => {
    offExit()
    giveBack?.()
    built?.close()
  })
  warn(reads.problems(project, isBuilt), host)
  return fine
}

/** How a run is printed. */
function waysOf(args: Arguments) {
  const traceFile = textOf(args, 'trace')
  return {
    command: 'attak simulate',
    ...{ json: flagOf(args, 'json'), outputs: flagOf(args, 'outputs'), quiet: flagOf(args, 'quiet') },
    ...{ byInput: flagOf(args, 'byInput'), timings: flagOf(args, 'timings') },
    ...(traceFile !== undefined && { traceFile }),
  }
}
