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

/** What makes an entry: the baked data, and what the generated module imports. */
export type EntryDefinition = BakedEntry & Pick<WorkerParts, 'load'>

/**
 * What some processors need and others do not: the generated module of an artifact hands in what its own do, so that the rest
 * is no part of it. See `generate.ts`.
 */
export interface EntryParts {
  /** Of all streams that come to them and go from them. */
  readonly carriers: Readonly<Record<string, Pick<AwsCarrier, 'openSender' | 'receiver'>>>
  /** Opens what keeps their error records. */
  openStore(parts: StoreParts): ErrorWriter
  /** Where one invokes others. */
  readonly invokeBy?: typeof invokeBy
  /** Where the project has OpenTelemetry. */
  readonly spans?: Spans
  /** Present if a processor must not handle a message twice. */
  readonly rememberHandled?: typeof rememberHandled
}

/** Where an entry runs. */
export interface EntryWorld {
  readonly host: LambdaHost
  readonly client: AwsClient
}

/** What Lambda hands to a function beside its payload, as far as an entry reads it. */
export interface PlatformContext {
  readonly awsRequestId: string
  /** `arn:aws:lambda:<region>:<account>:function:<name>`: says where the topology lives. */
  readonly invokedFunctionArn: string
  getRemainingTimeInMillis(): number
}

/** A deployed function. */
export type Entry = (payload: unknown, context: PlatformContext) => Promise<unknown>

/**
 * Makes a deployed function of a baked definition: what the generated module of an artifact exports. The code of its
 * processor is loaded by the first invocation; when that fails, the next tries again.
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
  { carriers, openStore, invokeBy, spans, rememberHandled }: EntryParts,
  { host, client }: EntryWorld,
  { invokedFunctionArn }: PlatformContext,
): Promise<Worker> {
  const place = placeOfArn(invokedFunctionArn)
  if (place === undefined) throw new Error(`"${invokedFunctionArn}" does not say in which region and account this is`)
  const name = processorOf(entry, host.env[PROCESSOR_VARIABLE])
  const { topology, stage, errors } = entry
  const { idempotent } = entry.processors[name]!
  const world = { client, place, scope: { topology, stage }, host }
  const leases = idempotent && rememberHandled?.(world, idempotent)
  return openWorker({
    ...{ entry, name, load, host },
    carriers: { receivers: carriers, openSender: (via, channel) => carriers[via]!.openSender(world, channel) },
    store: openStore({ topology, stage, client, place, errors, now: host.now }),
    logLevel: logLevelOf(host.env),
    artifact: () => host.env[ARTIFACT_VARIABLE],
    ...(invokeBy && { openInvoke: (remainingMs) => invokeBy({ entry, client, host, place, remainingMs }) }),
    ...(spans && { spans }),
    ...(leases && { leases }),
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

/** Handles one invocation payload, and returns what the platform is to be answered. */
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
