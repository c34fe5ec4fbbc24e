import { InvokeCommand } from '@aws-sdk/client-lambda'
import { functionName } from '../../aws/names.ts'
import { AttakError } from '../../errors.ts'
import { encodeMessage } from '../../runtime/event.ts'
import { idOf, type Message, rootIdOf } from '../../runtime/message.ts'
import type { InputEvent } from '../../topology/topology.ts'
import { isAbsent, mended } from './failure.ts'
import type { Account } from './kind.ts'

/** An event that its function has accepted: it will run, and its trace can be looked for. */
export interface Triggered {
  readonly to: string
  /** The id of its message. */
  readonly id: string
  /** The id of its trace. */
  readonly root: string
}

/** How events are told from those of other triggers, and when they were made. */
export interface TriggerOptions {
  /** Ids are made of it and of each event's place: sent again, an event keeps its id. */
  readonly seed: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * What an asynchronous invocation takes, in bytes of its payload.
 * Source: Lambda quotas, invocation payload, asynchronous, read 2026-11-21.
 */
export const MOST_INVOKE_BYTES = 1024 * 1024

/**
 * Makes what sends events to the functions of their processors, each as a CloudEvent in an asynchronous invocation.
 * Throws EMIT_TOO_LARGE, NOT_DEPLOYED and what AWS refuses; what it has given is accepted by then.
 */
export function createTrigger(
  { clients, scope, place }: Pick<Account, 'clients' | 'scope' | 'place'>,
  { seed, now }: TriggerOptions,
): (event: InputEvent) => Promise<Triggered> {
  let position = 0
  return async (event) => {
    const message = rootOf(event, seed, position++)
    const { to } = event
    const payload = encodeMessage(message, { ...scope, time: new Date(now()).toISOString() })
    const bytes = Buffer.byteLength(payload)
    if (bytes > MOST_INVOKE_BYTES) throw tooLarge(position, event, bytes)
    await invokeLater({ clients, scope, place }, to, payload)
    return { to, id: idOf(message), root: rootIdOf(message.root) }
  }
}

/**
 * Hands an event to the function of a processor, which will run. Throws NOT_DEPLOYED and what AWS refuses; it was accepted
 * when it throws nothing.
 */
export async function invokeLater(
  { clients, scope, place }: Pick<Account, 'clients' | 'scope' | 'place'>,
  to: string,
  Payload: string,
): Promise<void> {
  try {
    const command = { FunctionName: functionName(scope, to), InvocationType: 'Event', Payload } as const
    await clients.invocations.send(new InvokeCommand(command))
  } catch (error) {
    if (isAbsent(error)) throw notDeployed(to, scope.stage, error)
    throw mended(error, { doing: `trigger "${to}"`, region: place.region })
  }
}

function rootOf({ to, event, key, topic }: InputEvent, seed: string, position: number): Message {
  return {
    ...{ data: event, topic, key, edge: { from: undefined, to }, parent: undefined, ordinal: 0, hop: 1, attempt: 1 },
    root: { seed, position, pending: 0, id: undefined },
    ...{ id: undefined, row: -1 },
  }
}

function tooLarge(position: number, { to }: InputEvent, bytes: number): AttakError {
  const what = `event ${position} for "${to}" is ${bytes} bytes as it travels, and a trigger takes ${MOST_INVOKE_BYTES}`
  return new AttakError('EMIT_TOO_LARGE', what, 'Send less, or the address of where the rest is.')
}

function notDeployed(to: string, stage: string, cause: unknown): AttakError {
  const remedy = 'Deploy it first: attak deploy. If it was just deployed, look at attak status.'
  return new AttakError('NOT_DEPLOYED', `"${to}" is not deployed to stage "${stage}"`, remedy, { cause })
}
