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
  /** Makes ids: the same seed and events give the same ids. Default `attak`. */
  readonly seed?: string
  /** What handlers read as `context.stage`. Default `dev`. */
  readonly stage?: string
  /**
   * Runs each processor out of the artifact that a deploy would upload, with modules and an environment of its own: what
   * `environment` declares, and what Lambda sets. Close the driver when its test has ended. Default false.
   */
  readonly built?: boolean
  /**
   * Functions that run in place of processors' own handlers, by name: for what a test must not do, such as sending mail.
   * Settings and schema of the processor stay.
   */
  readonly replace?: { readonly [Name in keyof Events]?: Handler }
}

/** Settings of one event. */
export type SendOptions = Pick<InputEvent, 'key' | 'topic'>

/** What follows the processor of an event: the event may be left out only where the processor takes `undefined`. */
type SendRest<Event> = undefined extends Event
  ? [event?: Event, options?: SendOptions | undefined]
  : [event: Event, options?: SendOptions | undefined]

/**
 * Runs a topology inside a test. Handlers really run; virtual time stands still until the test moves it, so that what is
 * to be tried again after a second waits for `advance(1000)`.
 */
export interface TestDriver<Events extends object = AnyEvents> extends Observed {
  /**
   * Gives a processor an event, and runs the topology until nothing more happens at this virtual time. A handler that
   * fails does not reject this: see `errors`. Throws INPUT_INVALID for a processor that is not there.
   */
  send<Name extends keyof Events & string>(processor: Name, ...rest: SendRest<Events[Name]>): Promise<void>
  /** Gives several events at once: their handlers run side by side, as far as keys allow. */
  sendAll(events: readonly InputEvent[]): Promise<void>
  /** Moves virtual time on, running what becomes due on the way at the time it is due. */
  advance(ms: number): Promise<void>
  /** Moves virtual time on until nothing is in flight. */
  drain(): Promise<void>
  /** Virtual milliseconds since the beginning. */
  readonly nowMs: number
  /** How many messages wait for a later virtual time, to be tried again. */
  readonly waiting: number
  /** What happened at one processor. Throws TOPOLOGY_UNKNOWN_PROCESSOR. */
  processor<Name extends keyof Events & string>(name: Name): ProcessorView<Events[Name]>
  /** What happened as `attak simulate --json` would print it, without first and last line. */
  readonly transcript: readonly TranscriptEntry[]
  /** Forgets what has happened so far; what is in flight stays. */
  clear(): void
  /** Aborts what still runs and gives the console back. May be called again. */
  close(): Promise<void>
  /** The same as `close`: `await using driver = await createTestDriver(…)`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a driver that runs a topology inside a test, in any test runner. The topology is its file or folder, as `attak
 * simulate` takes it, or the value itself where its handlers are functions.
 *
 * ```ts
 * const driver = await createTestDriver(new URL('../topology.ts', import.meta.url))
 * await driver.send('spout', 'hello world')
 * expect(driver.processor('reverse').events).toEqual(['hello', 'world'])
 * expect(driver.outputs.map(({ data }) => data)).toEqual(['olleh', 'dlrow'])
 * await driver.close()
 * ```
 *
 * Names of processors are checked where the topology is made by defineTopology; beside a path, say
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
    await runner.close()
    release?.()
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
