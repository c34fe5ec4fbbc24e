import type { TranscriptEntry } from '../simulator/transcript.ts'
import type { AnyEvents, EventsOf, TopologyDefinition } from '../topology/definition.ts'
import type { Handler } from '../topology/handler.ts'
import type { InputEvent } from '../topology/topology.ts'
import { ownEvents } from './events.ts'
import { type Observed, observe, observeProcessor, type ProcessorView } from './observe.ts'
import { checkOptions, textOf } from './options.ts'
import { createRecord } from './record.ts'
import { openRunner } from './runner.ts'
import { loadSubject, unknownProcessorError } from './subject.ts'

/** Settings of a test driver. */
export interface TestDriverOptions<Events extends object = AnyEvents> {
  /** Decides the ids: the same seed and events give the same ids. Default `attak`. */
  readonly seed?: string
  /** The stage, which handlers read as `context.stage`. Default `dev`. */
  readonly stage?: string
  /**
   * Runs each processor from the artifact that a deploy would upload. Each has its own modules, and only the variables that
   * `environment` declares and that Lambda sets. Close the driver at the end of the test. Default false.
   */
  readonly built?: boolean
  /**
   * Handlers that run instead of the processors' handlers, by name. Use it for what a test must not do, such as sending mail.
   * Settings and schema of the processor stay.
   */
  readonly replace?: { readonly [Name in keyof Events]?: Handler }
}

/** Settings of one event. */
export type SendOptions = Pick<InputEvent, 'key' | 'topic'>

/** The arguments of `send` after the processor. The event may be omitted only if the processor accepts `undefined`. */
type SendRest<Event> = undefined extends Event
  ? [event?: Event, options?: SendOptions | undefined]
  : [event: Event, options?: SendOptions | undefined]

/**
 * Runs a topology inside a test. It runs your handlers. Virtual time stands still until the test moves it: a retry that is due
 * in a second runs in `advance(1000)`.
 */
export interface TestDriver<Events extends object = AnyEvents> extends Observed {
  /**
   * Sends an event to a processor. Resolves when nothing more happens at this virtual time. Does not reject when a handler
   * fails: see `errors`. Throws INPUT_INVALID if the processor does not exist.
   */
  send<Name extends keyof Events & string>(processor: Name, ...rest: SendRest<Events[Name]>): Promise<void>
  /** Sends several events at once. Their handlers run at the same time, as far as keys allow. */
  sendAll(events: readonly InputEvent[]): Promise<void>
  /** Moves virtual time forward. Each message that becomes due runs at its time. */
  advance(ms: number): Promise<void>
  /** Moves virtual time forward until no message is left. */
  drain(): Promise<void>
  /** Virtual milliseconds since the start. */
  readonly nowMs: number
  /** How many messages wait for a retry at a later virtual time. */
  readonly waiting: number
  /** Returns the results of one processor. Throws TOPOLOGY_UNKNOWN_PROCESSOR. */
  processor<Name extends keyof Events & string>(name: Name): ProcessorView<Events[Name]>
  /** The lines that `attak simulate --json` would print, without the first and the last. */
  readonly transcript: readonly TranscriptEntry[]
  /** Forgets all results. Messages in flight stay. */
  clear(): void
  /** Stops handlers that still run, and restores the console. May be called again. */
  close(): Promise<void>
  /** The same as `close`: `await using driver = await createTestDriver(…)`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Returns a driver that runs a topology inside a test, in any test runner. The topology is the path of its file or folder, as
 * for `attak simulate`, or the topology itself if its handlers are functions.
 *
 * ```ts
 * const driver = await createTestDriver(new URL('../topology.ts', import.meta.url))
 * await driver.send('spout', 'hello world')
 * expect(driver.processor('reverse').events).toEqual(['hello', 'world'])
 * expect(driver.outputs.map(({ data }) => data)).toEqual(['olleh', 'dlrow'])
 * await driver.close()
 * ```
 *
 * The compiler checks names of processors if the topology is made by defineTopology; with a path, write
 * `createTestDriver<typeof topology>(…)`. Throws one AttakError with all problems of a bad topology.
 */
export async function createTestDriver<Definition extends TopologyDefinition>(
  topology: string | URL | Definition,
  options: TestDriverOptions<EventsOf<Definition>> = {},
): Promise<TestDriver<EventsOf<Definition>>> {
  checkOptions(options)
  const { seed = 'attak', stage = 'dev', built = false, replace = {} } = options
  const subject = await loadSubject(topology, { stage, built, replace })
  const { graph, processors, dir, close: release } = subject
  const record = createRecord({ topology: graph.name, stage: graph.stage, dir })
  const runner = openRunner(subject, record, seed)
  const names = new Set(processors.keys())
  const close = async () => {
    await runner.close().finally(() => release?.())
  }
  const sendAll = async (events: readonly InputEvent[]) => runner.run(ownEvents(events, names), 0)
  const driver = {
    send: (to: string, event?: unknown, options?: SendOptions) => sendAll([{ ...options, to, event }]),
    sendAll,
    async advance(ms: number) {
      if (Number.isFinite(ms) && ms >= 0) return runner.run([], ms)
      throw new RangeError(`advance(ms): ms must be a finite number of milliseconds, 0 or more; got ${textOf(ms)}`)
    },
    drain: async () => runner.run([], Number.POSITIVE_INFINITY),
    get nowMs() {
      return runner.nowMs
    },
    get waiting() {
      return runner.waiting
    },
    processor(name: string): ProcessorView {
      if (!names.has(name)) throw unknownProcessorError(name, graph)
      return observeProcessor(record, name)
    },
    get transcript() {
      return record.entries
    },
    clear: record.clear,
    close,
    [Symbol.asyncDispose]: close,
  }
  return Object.defineProperties(driver, Object.getOwnPropertyDescriptors(observe(record))) as unknown as TestDriver<
    EventsOf<Definition>
  >
}
