import type { Graph } from '../../graph/graph.ts'
import type { Project } from '../../project/project.ts'
import { cleanThrown } from '../../project/stack.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import type { Invocation } from '../../runtime/invocation.ts'
import { describeThrown, errorOfThrown, type Thrown } from '../../runtime/thrown.ts'
import { recordErrors, recordOfLast } from '../../simulator/error-records.ts'
import { recordLines } from '../../simulator/json-lines.ts'
import type { SimulationResult, Ticks } from '../../simulator/options.ts'
import { type Recorder, recordEntries, recordToAll } from '../../simulator/recorder.ts'
import type { TranscriptEntry } from '../../simulator/transcript.ts'
import type { FileStore } from '../../stores/file/store.ts'
import { escapedJson } from '../../view/controls.ts'
import { drawCount } from '../../view/duration.ts'
import { failureOptionsOf, failuresDrawn } from '../../view/failure.ts'
import { type Colors, colorsOf, hang } from '../../view/print.ts'
import { storyOf } from '../../view/story.ts'
import { storyByInput } from '../../view/story-by-input.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { warn } from '../project.ts'
import { type Blocks, blocksTo, openTrace } from './blocks.ts'
import { type KeepOptions, keepErrors } from './keep.ts'
import { recordOutputs } from './outputs.ts'
import { progressTo } from './progress.ts'
import { drawSummary, type SummaryOptions, totalOf } from './summary.ts'
import { countQuietly, tallyOf } from './tally.ts'
import { watchTopics } from './topics.ts'

/** One run of a loaded project, and how to print it. */
export interface RunOptions {
  readonly project: Project
  /** The command, for the header: `attak simulate`. */
  readonly command: string
  /** The part of the project's graph that runs. */
  readonly graph: Graph
  readonly input: RunInput
  /** Events besides the input. */
  readonly ticks?: Ticks | undefined
  readonly seed: string
  readonly concurrency: number
  /** Whether the processors come from their artifacts. */
  readonly built: boolean
  readonly json: boolean
  /** Print the outputs to stdout as JSON lines; failures and the summary go to stderr. */
  readonly outputs: boolean
  readonly quiet: boolean
  /** Print one input after the other. */
  readonly byInput: boolean
  readonly timings: boolean
  readonly traceFile?: string
  readonly signal: AbortSignal
  /** Handlers may take as long as they like, as under a debugger: nothing watches whether they yield. */
  readonly unguarded?: boolean
  /** Where its errors are stored, replacing or extending those of the previous run; absent: nowhere. */
  readonly errors?: KeepOptions & { readonly store: FileStore }
}

/** Everything that is written about one run, in all requested forms. */
export interface RunReport {
  readonly recorder: Recorder
  /** Describes an error with its stack as the user should see it. */
  readonly describe: (error: unknown) => Thrown
  /** Returns a promise while the reader is behind. Throws why the trace, or stdout, cannot be written. */
  readonly flush: () => Promise<void> | undefined
  /** Shows on a terminal what the run waits for, until something continues. */
  readonly say: (line: string) => void
  /** Closes the story; without result when the run broke off. Throws why the trace could not be written to its end. */
  readonly end: (result: SimulationResult | undefined) => Promise<void>
  /**
   * Ends the process because the run cannot continue. First writes the story so far, prints why (in a few words and in
   * full), and records that as an error of the responsible handler. `code` is the exit code, 1 by default.
   */
  readonly endAtOnce: (why: string, error: Thrown, handler: Invocation | undefined, code?: number) => never
}

/** A story with more lines has scrolled off the screen when it ends. */
const SEEN_LINES = 40

/** Columns of a story that is not printed to a terminal. */
const PLAIN_COLUMNS = 120

/** Opens all that a run writes to. Throws USAGE when the trace file cannot be written. */
export function openRunReport(run: RunOptions, host: Host): RunReport {
  const { graph, json, project } = run
  // A printed failure is stored, even if the process is killed next.
  const keepFirst = () => keeping?.flush()
  const trace = run.traceFile === undefined ? undefined : openTrace(run.traceFile, host.cwd, keepFirst)
  const keeping = run.errors && keepErrors(run.errors.store, run.errors)
  const out = blocksTo(host.out, json || run.outputs ? 'json' : 'text', keepFirst)
  const told = run.outputs ? blocksTo(host.err, 'text', keepFirst) : out
  const takers = [...(json ? [out] : []), ...(trace ? [trace] : [])]
  const lines = takers.length === 0 ? undefined : linesTo(takers, run)
  const drawing = drawingOf(run, host)
  if (!json && !run.outputs && host.out.isTTY) out.add(drawHeader(run, colorsOf(host.out)))
  const people = openStory(run, host, { out: told, drawing })
  const topics = watchTopics(graph)
  const recorded = { topology: graph.name, stage: graph.stage, now: host.date }
  return {
    say: people.say,
    describe: (error) => describe(error, project.dir),
    // A failure is stored before it is printed.
    recorder: recordToAll([
      ...(keeping ? [recordErrors(recorded, (record) => keeping.take(cleanRecord(record, run)))] : []),
      ...(lines ? [lines] : []),
      ...(run.outputs ? [recordOutputs(out)] : []),
      people.recorder,
      topics.recorder,
    ]),
    flush() {
      lines?.flush()
      const failure = trace?.failure ?? out.failure
      if (failure !== undefined) throw failure
      return out.flush()
    },
    async end(result) {
      const late = result === undefined ? 0 : result.summary.failed - totalOf(people.tally, 'failed')
      const kept = keeping?.end() ?? []
      lines?.flush()
      await trace?.close()
      const isTraced = trace !== undefined && trace.failure === undefined
      const notes = notesOf(run, result, { cut: people.cut, inputs: people.tally.inputs, isTraced })
      const cutShort = run.signal.aborted ? 'interrupted' : result === undefined ? 'broke off' : undefined
      people.end([...lateNotes(late), ...topics.notes(), ...notes, ...kept], late, cutShort)
      await out.close()
      await told.close()
      if (json) for (const note of [...topics.notes(), ...run.input.notes()]) host.err.tell(`${hang(note)}\n`)
      warn(keeping?.problems() ?? [], host)
      if (result !== undefined && trace?.failure !== undefined) throw trace.failure
    },
    endAtOnce(why, error, handler, code = 1) {
      host.builtIns.restore()
      if (handler !== undefined) keeping?.take(withRun(recordOfLast(handler, errorOfThrown(error), recorded), run))
      people.end([`The run was ended: ${why}.`, ...(keeping?.end() ?? [])], code === 1 ? 1 : 0)
      lines?.flush()
      trace?.flush()
      out.flush()
      told.flush()
      host.err.tell(failuresDrawn({ ...drawing, colors: colorsOf(host.err) })(error))
      return host.exit(code)
    },
  }
}

/** `attak simulate  orders (dev) · 4 processors · input.json` */
function drawHeader({ command, graph, input }: RunOptions, { bold, dim }: Colors): string {
  const rest = [drawCount(graph.processors.length, 'processor'), ...(input.name === undefined ? [] : [input.name])]
  return `${dim(command)}  ${bold(graph.name)} ${dim(`(${graph.stage}) · ${rest.join(' · ')}`)}\n\n`
}

/** What people see: the story, unless stdout carries JSON, and the progress of the run. */
function openStory(
  run: RunOptions,
  host: Host,
  { out, drawing }: { readonly out: Blocks; readonly drawing: ReturnType<typeof drawingOf> },
) {
  const { json, outputs } = run
  const quiet = run.quiet || outputs
  const startedMs = host.now()
  const story = run.byInput ? storyByInput({ ...drawing, quiet }) : storyOf({ ...drawing, quiet })
  const tally = tallyOf(run.graph.processors.map(({ name }) => name))
  // A story that rolls by on a terminal shows by itself how far the run is.
  const silent = json || quiet || !host.out.isTTY
  const progress = progressTo(host.err, host.now, run.input.totalBytes)
  let toldLines = 0
  const tellStory = (text: string) => {
    if (text === '') return
    toldLines += text.split('\n').length - 1
    progress.clear()
    out.add(text)
  }
  const showProgress = () => silent && progress.show({ events: tally.inputs, bytes: run.input.readBytes() })
  const tell = (entry: TranscriptEntry) => {
    tally.add(entry)
    if (!json) tellStory(story.tell(entry))
    if (entry.kind === 'start') showProgress()
  }
  const tellLate = ({ processor, id }: Invocation, _atMs: number, error: unknown) => {
    if (!json) tellStory(story.tellLate({ processor, message: id }, describe(error, run.project.dir)))
  }
  const entries = recordEntries(tell, (error) => describe(error, run.project.dir))
  return {
    tally,
    say: progress.say,
    recorder: json || quiet ? { ...countQuietly(entries, tally, showProgress), fault: tellLate } : entries,
    get cut() {
      return story.cut
    },
    end(notes: readonly string[], late: number, cutShort?: SummaryOptions['cutShort']) {
      progress.clear()
      tellStory(story.rest())
      const isListed = !outputs && (quiet || toldLines > SEEN_LINES)
      const end = drawSummary(tally, {
        ...drawing,
        outputs: isListed,
        notes,
        late,
        cutShort,
        tookMs: host.now() - startedMs,
      })
      if (!json) tellStory(toldLines > 0 ? `\n${end}` : end)
    },
  }
}

/** Makes one recorder of transcript lines for all receivers, which get the lines when the thread is next free. */
function linesTo(takers: readonly Blocks[], { project }: RunOptions) {
  const lines = recordLines({
    write: (text) => {
      const safe = escapedJson(text)
      for (const taker of takers) taker.add(safe)
    },
    describe: (error) => describe(error, project.dir),
  })
  let waiting = false
  const flush = () => {
    waiting = false
    lines.flush()
  }
  const later = <Args extends unknown[]>(record: (...args: Args) => void) => {
    return (...args: Args) => {
      record(...args)
      if (!waiting) setImmediate(flush)
      waiting = true
    }
  }
  return { ...lines, begin: later(lines.begin), commit: later(lines.commit), line: later(lines.line) }
}

/** An error with its stack as its user should see it. */
function describe(error: unknown, dir: string): Thrown {
  return cleanThrown(describeThrown(error), dir)
}

function cleanRecord(record: ErrorRecord, run: RunOptions): ErrorRecord {
  return { ...withRun(record, run), error: cleanThrown(record.error, run.project.dir) }
}

/** Adds to a record how the run was made, for a replay to do the same. */
function withRun(record: ErrorRecord, { seed, concurrency, built }: RunOptions): ErrorRecord {
  return { ...record, run: { seed, concurrency, ...(built && { built }) } }
}

function drawingOf({ project }: RunOptions, host: Host) {
  const width = host.out.isTTY ? host.out.columns : PLAIN_COLUMNS
  return { ...failureOptionsOf(host.out, host, project), width }
}

function lateNotes(late: number): readonly string[] {
  if (late <= 0) return []
  return [`${late} of the failures came after a handler had settled: an emit, or an uncaught error.`]
}

/** Whether a run had nothing to do; a replay has no inputs either, and handles messages. */
function isEmpty(result: SimulationResult | undefined, inputs: number): boolean {
  if (result === undefined || result.aborted || inputs > 0) return false
  const { handled, failed } = result.summary
  return failed === 0 && Object.values(handled).every((count) => count === 0)
}

function unsentNote(name: string): string {
  return `${name} returned data and emitted nothing, so its streams carried nothing. Send data with context.emit(topic, data).`
}

function notesOf(
  run: RunOptions,
  result: SimulationResult | undefined,
  { cut, inputs, isTraced }: { readonly cut: boolean; readonly inputs: number; readonly isTraced: boolean },
): readonly string[] {
  return [
    ...run.input.notes(),
    ...(isEmpty(result, inputs) && run.input.notes().length === 0 ? ['The input has no events.'] : []),
    ...(result?.timedOut
      ? ['A timeout ended a handler. Timeouts use real time, so the next run may end differently.']
      : []),
    ...(result?.unsent ?? []).map(unsentNote),
    ...(result === undefined ? ['The run stopped before its end.'] : []),
    ...(run.signal.aborted ? ['The run was interrupted; these are the results so far.'] : []),
    ...(cut ? ['Long values were cut (…): see them whole with --json, or with --trace FILE.'] : []),
    ...(isTraced ? [`The trace is in ${run.traceFile}.`] : []),
  ]
}
