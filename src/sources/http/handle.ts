import type { IncomingMessage } from 'node:http'
import type { SourceEvent, SourceWorld } from '../../runtime/source.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import { rootId, traceOf } from '../message.ts'
import { type Answer, answerOf, jsonAnswer } from './answer.ts'
import { type Budget, bodyOf, cloudEventOf, eventOf, refused } from './request.ts'
import type { HttpSource, Route } from './routes.ts'

/** Of the process. */
export const budget: Budget = { bytes: 0 }

/**
 * A world whose broker fails with an error that a stranger may read. Its own, with the address and what the server said, goes to
 * the log, once for each outage.
 */
export function discreet(world: SourceWorld, { name }: HttpSource): SourceWorld {
  let isFailing = false
  const guarded = async <Result>(taken: Promise<Result>): Promise<Result> => {
    try {
      const result = await taken
      isFailing = false
      return result
    } catch (error) {
      const { code, message } = describeThrown(error)
      if (code !== 'BROKER_FAILED') throw error
      if (!isFailing) world.say(`source "${name}": an event was not taken: ${message}`, 'error')
      isFailing = true
      throw Object.assign(refused(503, 'The broker did not take the event. Send it again later.'), { code })
    }
  }
  return {
    ...world,
    call: (event, isRecorded) => guarded(world.call(event, isRecorded)),
    take: (event) => guarded(world.take(event)),
  }
}

/** What a source does with a request. */
export function routeOf(source: HttpSource, world: SourceWorld): Route & { readonly source: HttpSource } {
  const { to, topic, settings } = source
  const { maxBytes, reply } = settings
  const route: Route = async (request, found, asked) => {
    const body = await bodyOf(request, maxBytes, budget)
    asked.isRead = true
    const cloudEvent = cloudEventOf(request, body)
    const id = idOf(request, cloudEvent, source, world) ?? asked.id
    asked.id = id
    const event: SourceEvent = {
      ...{ to, id, event: cloudEvent === undefined ? eventOf(request, body, found) : cloudEvent.data },
      ...topicOf(topic ?? cloudEvent?.type),
      ...(cloudEvent?.key !== undefined && { key: cloudEvent.key }),
      ...traceOf(request.headers.traceparent),
    }
    if (reply === 'result') return answerOf(await world.call(event, isRecorded))
    const taken = world.take(event)
    if (reply === 'accepted' && world.takesToEnd) return jsonAnswer(202, { id })
    const errors = await taken
    if (reply === 'accepted') return jsonAnswer(202, { id })
    return errors === 0 ? jsonAnswer(200, { id }) : jsonAnswer(500, { id, errors })
  }
  return Object.assign(route, { source })
}

function topicOf(topic: string | undefined): Pick<SourceEvent, 'topic'> {
  return topic === undefined ? {} : { topic }
}

/** What a request that comes again gets again: from its `Idempotency-Key`, or the id of its CloudEvent. */
function idOf(
  { headers }: IncomingMessage,
  event: { readonly id: string; readonly source: string } | undefined,
  source: HttpSource,
  world: SourceWorld,
): string | undefined {
  // An empty one names nothing: requests that have nothing in common would have one id.
  const key = headers['idempotency-key'] || undefined
  if (key === undefined && event === undefined) return undefined
  return rootId(world, source, key === undefined ? [event!.source, event!.id] : [String(key)])
}

/** What the sender of a request did wrong is its answer, and no failure of the service: strangers would fill the records. */
function isRecorded(error: unknown): boolean {
  return statusOf(error) >= 500
}

/** The answer to a failure. */
export function failed(error: unknown, id: string): Answer {
  const { code, message } = describeThrown(error)
  const status = statusOf(error)
  return jsonAnswer(status, { error: { ...(code !== undefined && { code }), message, id } })
}

/**
 * The status of the answer to a failure: 400 if the schema of the processor refused the event, else the `status` or
 * `statusCode` of the error if it is a number from 400 to 599, as libraries for HTTP set them, else 500.
 */
function statusOf(error: unknown): number {
  try {
    const { status, statusCode, code } = error as Readonly<Record<string, unknown>>
    if (code === 'EVENT_REFUSED') return 400
    const asked = status ?? statusCode
    return typeof asked === 'number' && Number.isInteger(asked) && asked >= 400 && asked <= 599 ? asked : 500
  } catch {
    return 500
  }
}
