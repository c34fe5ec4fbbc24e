import about from '../../../package.json' with { type: 'json' }
import { AttakError, errorOf } from '../../errors.ts'
import { onlyProcessors } from '../../graph/only.ts'
import { conflictProblems, sharedVariables } from '../../graph/variables.ts'
import { inspectProject, type Project } from '../../project/project.ts'
import type { Settings } from '../../project/settings.ts'
import { foldersOfRuns } from '../../project/temporary.ts'
import { type Arguments, type Command, flagOf, listOf, PATH_ARGUMENT, textOf } from '../command.ts'
import type { Host } from '../host.ts'
import { INPUT_OPTIONS, onlyInput, openProjectInput, type RunInput } from '../input.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { findProject, settingOption, warn } from '../project.ts'
import type { ServeOptions } from '../run/open.ts'
import { serve } from '../run/serve.ts'

/** How long a stopping service waits for what is under way. */
const DRAIN_SECONDS = 30

/** Runs a topology as a service in this process. */
export const run: Command = {
  name: 'run',
  summary: 'run a topology as a service on this machine',
  arguments: [PATH_ARGUMENT],
  options: [
    ...INPUT_OPTIONS,
    { flags: '--only <processor>', summary: 'run only this processor', repeatable: true },
    { flags: '-q, --quiet', summary: 'print only failures' },
    { flags: '-w, --watch', summary: 'load the project again when it changes; what is open ends first' },
    { flags: '--port <number>', summary: 'serve /healthz, /readyz and /metrics on this port' },
    {
      flags: '--drain <seconds>',
      summary: `how long to wait for open messages when stopping (default ${DRAIN_SECONDS})`,
    },
    settingOption('logLevel'),
    settingOption('concurrency'),
    settingOption('broker'),
    {
      flags: '--lanes <number>',
      summary: 'lanes of channels that are made on the broker; as many workers share one (default 8)',
    },
    { flags: '--lease <seconds>', summary: 'how long a worker that gives no sign keeps its lanes (default 10)' },
    settingOption('stage'),
  ],
  notes: `Events come from the sources of the topology, or from --input:
  sources: { orders: { type: 'http', to: 'intake', path: '/orders' } }
  sources: { nightly: { type: 'schedule', to: 'report', cron: '0 3 * * *' } }
  sources: { access: { type: 'file', to: 'parse', path: 'access.log' } }

Messages move in memory and in real time. An event is done when it and all that it caused is handled, or
recorded as failed: attak errors list --run. What is open when the process is killed is lost.

Ctrl-C or SIGTERM stops it: it takes nothing more, and ends when everything open is done, or after --drain
seconds. A second signal ends it at once. It ends by itself when all input has ended: without sources, or
with a source of the type stdin alone.

A terminal shows one line for each message. Otherwise stdout gets JSON lines, like those of deployed
functions.

Exit codes: 0 when everything was done, 1 when not, or when an event of an input that ended failed.`,
  examples: [
    'attak run',
    'attak run --port 9000 --quiet',
    'tail -f access.log | attak run --input - --lines --to parse',
  ],
  async run(args, host) {
    if (!flagOf(args, 'watch')) {
      return runOnce(args, host, { signal: host.signal, fresh: false, temporaryFolder: host.temporaryFolder })
    }
    if (textOf(args, 'input') !== undefined) {
      throw new AttakError('USAGE', 'attak run: --watch cannot read --input again', 'Leave out one of them.')
    }
    const { watch } = await import('../watch.ts')
    const folders = foldersOfRuns(host.temporaryFolder)
    const ended = await watch((options) => {
      const giveBack = host.keepVariables()
      return runOnce(args, host, { ...options, temporaryFolder: folders.begin(), fresh: true }).finally(giveBack)
    }, host)
    return host.signal.aborted ? 0 : ended
  },
}

interface OnceOptions {
  readonly signal: AbortSignal
  /** Load all modules again. */
  readonly fresh: boolean
  readonly temporaryFolder: () => string
  readonly onFiles?: (files: readonly string[]) => void
}

async function runOnce(args: Arguments, host: Host, options: OnceOptions): Promise<number> {
  const { signal, fresh, temporaryFolder, onFiles } = options
  const drainMs = 1000 * (numberOf(args, 'drain', 86_400) ?? DRAIN_SECONDS)
  const port = numberOf(args, 'port', 65_535)
  const { file, settings, given } = await findProject(args, host, onFiles)
  const loaded = await awaitCode({ who: MODULES, file }, host, () =>
    inspectProject(file, { cwd: host.cwd, stage: settings.stage.value, fresh, temporaryFolder }),
  )
  onFiles?.(loaded.files)
  const { project } = loaded
  if (project === undefined) throw errorOf(loaded.problems)
  warn([...project.warnings, ...conflictProblems(project.graph, host.env)], host)
  const only = listOf(args, 'only')
  const broker = brokerOf(args, settings)
  const part = only.length === 0 ? project.graph : onlyProcessors(project.graph, only)
  refuseSharedStdin(args, part)
  const input = await inputOf(args, project, host)
  const giveBack = host.lendVariables(sharedVariables(project.graph))
  const serving = serve(
    {
      ...{ project, input: input && only.length > 0 ? onlyInput(input, only) : input, given, signal, broker },
      // Emits go to all processors of a topology, wherever they run.
      ...{ graph: broker === undefined ? part : project.graph, runs: part.processors.map(({ name }) => name) },
      version: about.version,
      ...{ quiet: flagOf(args, 'quiet'), logLevel: settings.logLevel.value, drainMs, port },
      concurrency: settings.concurrency.value,
    },
    host,
  )
  return serving.finally(giveBack)
}

/** The broker that is given; undefined without one. Throws USAGE for flags that need one. */
function brokerOf(args: Arguments, { broker: { value: url } }: Settings): ServeOptions['broker'] {
  const lanes = numberOf(args, 'lanes', MOST_LANES)
  const leaseSeconds = numberOf(args, 'lease', 3600)
  if (url !== undefined) return { url, lanes, leaseSeconds }
  if (lanes === undefined && leaseSeconds === undefined) return undefined
  const what = `--${lanes === undefined ? 'lease' : 'lanes'} is for a broker, and none is given`
  throw new AttakError('USAGE', what, 'Give --broker redis://localhost:6379 too.')
}

/** The most lanes of a channel: each is looked at once a second. */
const MOST_LANES = 1024

/** The number of a flag; undefined if it was not given. Throws USAGE. */
function numberOf(args: Arguments, name: keyof typeof EXAMPLES, most: number): number | undefined {
  const least = name === 'drain' || name === 'port' ? 0 : 1
  const text = textOf(args, name)
  if (text === undefined || (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most))
    return text === undefined ? undefined : Number(text)
  throw new AttakError(
    'USAGE',
    `--${name}: "${text}" is no whole number from ${least} to ${most}`,
    `Give one, such as --${name} ${EXAMPLES[name]}.`,
  )
}

const EXAMPLES = { drain: 30, port: 9000, lanes: 8, lease: 10 } as const

/** Throws USAGE if a source reads stdin that cannot be read a second time. */
function refuseSharedStdin(args: Arguments, { sources = [] }: Project['graph']): void {
  const source = sources.find(({ type }) => type === 'stdin')
  const other = flagOf(args, 'watch') ? '--watch' : textOf(args, 'input') === '-' ? '--input -' : undefined
  if (source === undefined || other === undefined) return
  const what = `attak run: the source "${source.name}" reads stdin, and ${other} would read it, too`
  throw new AttakError('USAGE', what, `Leave out ${other}, or the source.`)
}

/** The events of --input. A service repeats no input that is there for simulations. */
async function inputOf(args: Arguments, project: Project, host: Host): Promise<RunInput | undefined> {
  return textOf(args, 'input') === undefined ? undefined : openProjectInput(args, project, host)
}
