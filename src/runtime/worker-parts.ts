import type { BakedEntry, BakedProcessor } from './baked.ts'
import type { OpenCarriers } from './carrier.ts'
import type { Current } from './current.ts'
import type { ChannelRoute } from './deliver/accept.ts'
import type { DeliveryProgress } from './deliver/progress.ts'
import type { DeliverParts } from './deliver/round.ts'
import type { Invoke, LoadedProcessor, LogLevel, ProcessorRuntime, Spans } from './invocation.ts'
import type { RetryPlace } from './retry-place.ts'
import type { Router } from './routes.ts'
import type { StateStore } from './state.ts'
import type { ErrorWriter } from './store.ts'
import type { WorkerHost } from './worker-host.ts'
import type { WorkerLog } from './worker-log.ts'
import type { Recorder } from './worker-recorder.ts'

/** The parts of a worker. */
export interface WorkerParts {
  readonly entry: BakedEntry
  /** The processor that it runs. */
  readonly name: string
  /** Loads its code. */
  readonly load: (name: string) => LoadedProcessor | Promise<LoadedProcessor>
  /** All that its streams and its retry place go over. */
  readonly carriers: OpenCarriers
  readonly store: ErrorWriter
  readonly host: WorkerHost
  /** Lines less serious than this are left out. */
  readonly logLevel: LogLevel | 'none'
  /** Names the code that runs, for error records. */
  readonly artifact?: () => string | undefined
  /** Present if it may invoke other processors. */
  readonly openInvoke?: (remainingMs: () => number) => Invoke
  /** Present if the project has OpenTelemetry. */
  readonly spans?: Spans
  /** Present if it must not handle a message twice. */
  readonly leases?: DeliverParts['leases']
  /** Present if its handlers keep values between messages. */
  readonly state?: StateStore
}

/** A worker that has loaded its processor. */
export interface OpenWorker extends Omit<WorkerParts, 'load' | 'spans'> {
  readonly baked: BakedProcessor
  readonly runtime: Omit<ProcessorRuntime, 'host'>
  readonly route: Router<ChannelRoute>
  readonly progress: DeliveryProgress
  readonly current: Current
  readonly log: WorkerLog
  readonly recorder: Recorder
  readonly retryPlace: RetryPlace | undefined
}
