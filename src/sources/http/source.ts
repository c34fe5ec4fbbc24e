import * as z from 'zod/mini'
import { AttakError } from '../../errors.ts'
import type { Source } from '../../runtime/source.ts'
import { oneOf, wholeNumber } from '../../topology/rules.ts'

/** Methods as requests name them. Source: RFC 9110, section 9, read 2026-11-28. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'ANY'] as const

/** HTTP requests, each with an answer. */
export const http: Source = {
  rules: {
    settings: {
      path: {
        schema: () => z.string().check(z.regex(/^\/[^\s?#]*$/)),
        must: 'a path that begins with "/" and has no "?" or "#", such as "/orders/:id"',
      },
      method: {
        schema: () => z.union([z.enum(METHODS), z.array(z.enum(METHODS)).check(z.minLength(1))]),
        must: `${METHODS.join(', ')}, or a list of them`,
      },
      port: wholeNumber(0, 65_535),
      host: {
        schema: () => z.string().check(z.regex(/^[\w.:-]+$/)),
        must: 'the name or the IP address of an interface',
      },
      reply: oneOf(['result', 'accepted', 'done', 'guthega']),
      cors: {
        schema: () => z.union([z.boolean(), z.array(z.string().check(z.regex(/^https?:\/\/[^/\s]+$/)))]),
        must: 'true, false, or a list of origins such as "https://example.com"',
      },
      maxBytes: wholeNumber(1, 100 * 1024 * 1024),
    },
    required: ['path'],
  },
  async check(sources) {
    const { routeFaults } = await import('./routes.ts')
    return routeFaults(sources)
  },
  async open(sources, world) {
    const waiting = sources.find(({ settings }) => settings.reply === 'done')
    if (waiting !== undefined && !world.takesToEnd) {
      const what = `source "${waiting.name}": with a broker, no process knows when all that a request caused is done`
      throw new AttakError('SOURCE_FAILED', what, "Set its reply to 'accepted' or 'result'.")
    }
    const { openServers } = await import('./server.ts')
    return openServers(sources, world)
  },
}
