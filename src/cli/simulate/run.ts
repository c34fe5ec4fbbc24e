import type { Graph } from '../../graph/graph.ts'
import type { Project } from '../../project/project.ts'
import { recordEntries } from '../../simulator/recorder.ts'
import { type RunProbe, simulate } from '../../simulator/simulate.ts'
import type { InputEvent } from '../../topology/topology.ts'
import type { Host } from '../host.ts'
import { guard } from './stall.ts'
import { openTeller } from './teller.ts'

/** One run of a loaded project, and how to tell of it. */
export interface Run {
  readonly project: Project
  /** The part of the project's graph that runs. */
  readonly graph: Graph
  readonly input: RunInput
  readonly seed: string
  readonly concurrency: number
  readonly json: boolean
  readonly quiet: boolean
  readonly timings: boolean
  readonly traceFile?: string
  readonly signal: AbortSignal
}

/** What a run takes in, and how much of it has been. */
export interface RunInput {
  readonly chunks: Iterable<readonly InputEvent[]> | AsyncIterable<readonly InputEvent[]>
  /** Bytes there are in all; undefined when nobody knows. */
  readonly totalBytes?: number
  readonly bytesRead: () => number
  /** What the end of the story says about it: lines left out, events for others. */
  readonly notes: () => readonly string[]
}

/** Runs it and tells of it while it runs. Gives whether all went well. Throws what the input throws, having told so far. */
export async function tellRun(run: Run, host: Host): Promise<boolean> {
  const teller = openTeller(run, host)
  let probe: RunProbe | undefined
  const watchdog = guard({ graph: run.graph, dir: run.project.dir, probe: () => probe, end: teller.endStalled })
  try {
    const result = await simulate({
      graph: run.graph,
      processors: run.project.processors,
      input: run.input.chunks,
      seed: run.seed,
      concurrency: run.concurrency,
      timings: run.timings,
      signal: run.signal,
      recorder: recordEntries(teller.tell),
      ready: teller.flush,
      onProbe: (given) => {
        probe = given
      },
    })
    await teller.end(result)
    return result.summary.failed === 0
  } catch (error) {
    await teller.end(undefined)
    throw error
  } finally {
    watchdog.close()
  }
}
