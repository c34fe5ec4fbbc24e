import { resolve } from 'node:path'
import about from '../../../package.json' with { type: 'json' }
import { AttakError, errorOf } from '../../errors.ts'
import { onlyProcessors } from '../../graph/only.ts'
import { conflictProblems, sharedVariables } from '../../graph/variables.ts'
import { type ConfigFiles, DEFAULT_CONFIGS } from '../../project/configs.ts'
import { type InspectedProject, inspectProject, type Project } from '../../project/project.ts'
import type { Settings } from '../../project/settings.ts'
import { foldersOfRuns } from '../../project/temporary.ts'
import { type Arguments, type Command, flagOf, listOf, PATH_ARGUMENT, textOf } from '../command.ts'
import type { Host } from '../host.ts'
import { INPUT_OPTIONS, onlyInput, openProjectInput, type RunInput } from '../input.ts'
import { awaitCode, MODULES } from '../loading.ts'
import { checkAddress } from '../on-broker.ts'
import { findProject, findSettings, type MeantProject, type OnFiles, settingOption, warn } from '../project.ts'
import { type ConfigRun, defaultConfigs, levelOf, namedConfigs, openConfigs } from '../run/configs.ts'
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
    {
      flags: '-s, --source <file>',
      summary: `run a source and a receiver: the file of the source (${DEFAULT_CONFIGS.source})`,
    },
    { flags: '-r, --receiver <file>', summary: `the file of the receiver (${DEFAULT_CONFIGS.receiver})` },
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
    { ...settingOption('broker'), flags: '--broker [url]' },
    {
      flags: '--lanes <number>',
      summary: 'lanes of channels that are made on the broker; as many workers share one (default 8)',
    },
    settingOption('state'),
    { flags: '--lease <seconds>', summary: 'how long a worker that gives no sign keeps its lanes (default 10)' },
    settingOption('stage'),
  ],
  notes: `Events come from the sources of the topology, or from --input:
  sources: { orders: { type: 'http', to: 'intake', path: '/orders' } }
  sources: { nightly: { type: 'schedule', to: 'report', cron: '0 3 * * *' } }
  sources: { access: { type: 'file', to: 'parse', path: 'access.log' } }

A source and a receiver do without a topology: { type: 'http', properties: { port: 3001 } } and
{ module: './log.js', properties: {} }, in JSON5. A receiver that is a package is installed when it is missing.
A folder without a topology that has both files in conf needs no flags.

With --broker, messages move over a broker, and any number of workers share them: see docs/guides/brokers.md.
Otherwise messages move in memory and in real time. An event is done when it and all that it caused is handled, or
recorded as failed: attak errors list --run. What is open when the process is killed is lost.

Ctrl-C or SIGTERM stops it: it takes nothing more, and ends when everything open is done, or after --drain
seconds. A second signal ends it at once. Without a broker, it ends by itself when all input has ended: without
sources, or with a source of the type stdin alone.

A terminal shows one line for each message. Otherwise stdout gets JSON lines, like those of deployed
functions.

Exit codes: 0 when everything was done, 1 when not, or when an event of an input that ended failed.`,
  examples: [
    'attak run',
    'attak run --port 9000 --quiet',
    'attak run --source conf/source.json --receiver conf/receiver.json',
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
  const { signal } = options
  refusePathAsAddress(args)
  const drainMs = 1000 * (numberOf(args, 'drain', 86_400) ?? DRAIN_SECONDS)
  const port = numberOf(args, 'port', 65_535)
  const { settings, given, loaded, logLevel } = await load(args, host, options)
  options.onFiles?.(loaded.files)
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
      ...{ quiet: flagOf(args, 'quiet'), logLevel, drainMs, port },
      concurrency: settings.concurrency.value,
    },
    host,
  )
  return serving.finally(giveBack)
}

interface Loaded extends Pick<MeantProject, 'settings' | 'given'> {
  readonly loaded: InspectedProject
  readonly logLevel: Settings['logLevel']['value']
}

/** Loads the topology, or that of a source and a receiver. */
async function load(args: Arguments, host: Host, options: OnceOptions): Promise<Loaded> {
  const { signal, fresh, temporaryFolder, onFiles } = options
  const { file, configs, settings, given } = await meantBy(args, host, onFiles)
  const inspecting = { cwd: host.cwd, stage: settings.stage.value, fresh, temporaryFolder }
  const opened = configs && (await openConfigs({ ...configs, signal, onFiles }, host))
  const loaded = await awaitCode({ who: MODULES, file }, host, () =>
    opened === undefined ? inspectProject(file, inspecting) : opened(inspecting),
  )
  return {
    settings,
    given,
    loaded,
    logLevel: configs === undefined ? settings.logLevel.value : levelOf(settings, host),
  }
}

interface Meant extends MeantProject {
  /** Absent for a topology. */
  readonly configs?: Pick<ConfigRun, 'files' | 'dir'>
}

async function meantBy(args: Arguments, host: Host, onFiles: OnFiles | undefined): Promise<Meant> {
  const named = namedConfigs(args, host)
  if (named !== undefined) return meantConfigs(named, args, host)
  try {
    return await findProject(args, host, onFiles)
  } catch (error) {
    const found = error instanceof AttakError && error.code === 'TOPOLOGY_NOT_FOUND'
    const files = found ? defaultConfigs(args.positionals[0], host.cwd) : undefined
    if (files === undefined) throw error
    return meantConfigs(files, args, host)
  }
}

async function meantConfigs(files: ConfigFiles, args: Arguments, host: Host): Promise<Meant> {
  const dir = resolve(host.cwd, args.positionals[0] ?? '.')
  return { ...(await findSettings(args, host)), file: files.receiver, configs: { files, dir } }
}

/** The broker that is given; undefined without one. Throws USAGE for flags that need one. */
function brokerOf(args: Arguments, { broker, state }: Settings): ServeOptions['broker'] {
  checkAddress(args, broker)
  const { value: url } = broker
  const lanes = numberOf(args, 'lanes', MOST_LANES)
  const leaseSeconds = numberOf(args, 'lease', 3600)
  if (url !== undefined) return { url, lanes, leaseSeconds, stateUrl: state.value }
  const flag = state.origin === 'flag' ? 'state' : lanes !== undefined ? 'lanes' : 'lease'
  if (flag === 'lease' && leaseSeconds === undefined) return undefined
  const what = `--${flag} is for a broker, and none is given`
  throw new AttakError('USAGE', what, 'Give --broker redis://localhost:6379 too.')
}

/** A path behind `--broker` would be its address, and the topology would be that of this folder. */
function refusePathAsAddress(args: Arguments): void {
  const { broker } = args.options
  if (typeof broker !== 'string' || !/\.[a-z]+$|^[./]/i.test(broker) || broker.includes('://')) return
  throw new AttakError('USAGE', '--broker: a path is no address', 'Put the path of the topology before --broker.')
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
