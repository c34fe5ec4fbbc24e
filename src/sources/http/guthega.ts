import type { SourceWorld } from '../../runtime/source.ts'
import { fieldsOf } from '../../runtime/text.ts'
import { describeThrown } from '../../runtime/thrown.ts'
import { type Answer, jsonAnswer } from './answer.ts'
import { type Budget, bodyOf, contentOf, refused } from './request.ts'
import type { HttpSource, Route } from './routes.ts'

/**
 * Answers like guthega: the JSON of a POST is the event. 200 has the fields of the result, or `result` if it is no object; any
 * failure is 400 with the error's code and message. Both have `requestId` and `gts`, when the request came.
 */
export function guthegaRoute(
  source: HttpSource,
  world: SourceWorld,
  budget: Budget,
): Route & { readonly source: HttpSource } {
  const { to, topic, settings } = source
  const route: Route = async (request, _found, asked) => {
    const context = { requestId: asked.id, gts: new Date(world.now()) }
    const answer = (status: number, fields: object): Answer => jsonAnswer(status, { ...fields, ...context })
    try {
      if (request.method !== 'POST') throw refused(400, `Unsupported method: ${request.method}`)
      const body = await bodyOf(request, settings.maxBytes, budget)
      asked.isRead = true
      if (body.length === 0) throw refused(400, 'The body is empty.')
      const { body: event } = contentOf(body, 'application/json')
      const call = { to, id: asked.id, event, ...(topic !== undefined && { topic }) }
      const result = await world.call(call, () => true)
      return answer(200, fieldsOf(result) ?? (result === undefined || result === null ? {} : { result }))
    } catch (error) {
      const { code, message } = describeThrown(error)
      return answer(400, { error: { ...(code !== undefined && { code }), message } })
    }
  }
  return Object.assign(route, { source })
}
