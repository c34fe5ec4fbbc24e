import type { AwsCarrier } from '../../aws/carrier.ts'
import { type AwsClient, createAwsClient } from '../../aws/client.ts'
import { placeOfArn } from '../../aws/names.ts'
import type { StoreParts } from '../../aws/store-parts.ts'
import { ARTIFACT_VARIABLE, PROCESSOR_VARIABLE } from '../../bundle/artifact.ts'
import type { BakedEntry } from '../../runtime/baked.ts'
import type { Spans } from '../../runtime/invocation.ts'
import type { ErrorWriter } from '../../runtime/store.ts'
import { keepCalls } from '../../runtime/thrown.ts'
import { openWorker, type Worker } from '../../runtime/worker.ts'
import type { WorkerParts } from '../../runtime/worker-parts.ts'
import type { rememberHandled } from './handled.ts'
import { type LambdaHost, processHost } from './host.ts'
import type { invokeBy } from './invoker.ts'
import { logLevelOf } from './log-level.ts'
import { readPayload } from './payload.ts'
import type { openState } from './state.ts'

/** The definition of an entry: the baked data, and the imports of the generated module. */
export type EntryDefinition = BakedEntry & Pick<WorkerParts, 'load'>

/**
 * Optional parts of an entry: the generated module of an artifact passes those that its processors need, so that the
 * others are not bundled. See `generate.ts`.
 */
export interface EntryParts {
  /** The carriers of all streams to and from them. */
  readonly carriers: Readonly<Record<string, Pick<AwsCarrier, 'openSender' | 'receiver'>>>
  /** Opens the store of their error records. */
  openStore(parts: StoreParts): ErrorWriter
  /** Present if one invokes others. */
  readonly invokeBy?: typeof invokeBy
  /** Present if the project has OpenTelemetry. */
  readonly spans?: Spans
  /** Present if a processor must not handle a message twice. */
  readonly rememberHandled?: typeof rememberHandled
  /** Present if a processor has state. */
  readonly openState?: typeof openState
}

/** The environment of an entry. */
export interface EntryWorld {
  readonly host: LambdaHost
  readonly client: AwsClient
}

/** The part of Lambda's context that an entry reads. */
export interface PlatformContext {
  readonly awsRequestId: string
  /** `arn:aws:lambda:<region>:<account>:function:<name>`: contains the place of the topology. */
  readonly invokedFunctionArn: string
  getRemainingTimeInMillis(): number
}

/** A deployed function. */
export type Entry = (payload: unknown, context: PlatformContext) => Promise<unknown>

/**
 * Makes a deployed function of a baked definition: the export of an artifact's generated module. The first invocation
 * loads the code of its processor; if that fails, the next one tries again.
 */
export function createEntry(definition: EntryDefinition, parts: EntryParts, world = platformWorld()): Entry {
  let opening: Promise<Worker> | undefined
  keepCalls()
  return async (payload, context) => {
    opening ??= open(definition, parts, world, context)
    try {
      await opening
    } catch (error) {
      opening = undefined
      throw error
    }
    return answer(await opening, payload, { now: world.host.now, carriers: parts.carriers, context })
  }
}

async function open(
  { load, ...entry }: EntryDefinition,
  { carriers, openStore, invokeBy, spans, rememberHandled, openState }: EntryParts,
  { host, client }: EntryWorld,
  { invokedFunctionArn }: PlatformContext,
): Promise<Worker> {
  const place = placeOfArn(invokedFunctionArn)
  if (place === undefined) throw new Error(`"${invokedFunctionArn}" does not say in which region and account this is`)
  const name = processorOf(entry, host.env[PROCESSOR_VARIABLE])
  const { topology, stage, errors } = entry
  const { idempotent, state: hasState } = entry.processors[name]!
  const world = { client, place, scope: { topology, stage }, host }
  const leases = idempotent && rememberHandled?.(world, idempotent)
  const state = hasState && openState?.(world)
  return openWorker({
    ...{ entry, name, load, host },
    carriers: { receivers: carriers, openSender: (via, channel) => carriers[via]!.openSender(world, channel) },
    store: openStore({ topology, stage, client, place, errors, now: host.now }),
    logLevel: logLevelOf(host.env),
    artifact: () => host.env[ARTIFACT_VARIABLE],
    ...(invokeBy && { openInvoke: (remainingMs) => invokeBy({ entry, client, host, place, remainingMs }) }),
    ...(spans && { spans }),
    ...(leases && { leases }),
    ...(state && { state }),
  })
}

function processorOf({ topology, processors }: BakedEntry, named: string | undefined): string {
  const names = Object.keys(processors)
  const name = named ?? (names.length === 1 ? names[0] : undefined)
  if (name !== undefined && Object.hasOwn(processors, name)) return name
  const what = named === undefined ? 'is not set' : `is "${named}"`
  throw new Error(
    `${PROCESSOR_VARIABLE} ${what}; this artifact of "${topology}" holds ${names.join(', ')}. Deploy it again.`,
  )
}

interface AnswerParts extends Pick<EntryParts, 'carriers'>, Pick<LambdaHost, 'now'> {
  readonly context: PlatformContext
}

/** Handles one invocation payload, and returns the answer for the platform. */
async function answer(worker: Worker, payload: unknown, { now, carriers, context }: AnswerParts): Promise<unknown> {
  const endsMs = now() + context.getRemainingTimeInMillis()
  const read = readPayload(payload, { processor: worker.name, requestId: context.awsRequestId, carriers })
  if (read.kind === 'no records') return { batchItemFailures: [] }
  if (read.kind === 'records') return worker.records({ via: read.via, payload, endsMs })
  const { message } = read
  const direct = { message, position: { channel: 'invoke', ref: context.awsRequestId }, endsMs }
  return read.kind === 'invoked' ? worker.invoked(direct) : worker.event(direct)
}

function platformWorld(): EntryWorld {
  const host = processHost()
  return { host, client: createAwsClient(host) }
}
