import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'
import { invoke } from '../contract/host.ts'

const SHOWN = [
  ...['processor', 'topology', 'stage', 'id', 'topic', 'from', 'key', 'attempt', 'hop', 'root', 'parent'],
  ...['traceparent', 'signal', 'log', 'resources', 'state', 'getRemainingTimeInMillis', 'emit', 'invoke'],
]

/** What a handler makes of its context. */
function seen<T>(look: (context: Context) => T): T {
  let result: T
  invoke((_event, context) => {
    result = look(context)
  })
  return result!
}

describe('a context as a whole', () => {
  it('has only documented fields when it is spread', () => {
    const [copy, id] = seen((context) => [{ ...context }, context.id])
    expect(Object.keys(copy)).toEqual(SHOWN)
    expect(copy.id).toBe(id)
  })

  it('works as the rest of a pattern', () => {
    const invocation = invoke((_event, context) => {
      const { id, ...rest } = context
      expect(Object.keys(rest)).toEqual(SHOWN.filter((name) => name !== 'id'))
      expect(rest.getRemainingTimeInMillis()).toBeGreaterThan(0)
      rest.emit('t', id)
    })
    expect(invocation.emits.map(({ data }) => data)).toEqual([invocation.id])
  })

  it('does not settle by spreading or logging, because done, succeed and fail are not read', () => {
    const invocation = invoke((_event, context) => {
      inspect({ ...context }, { depth: 5 })
      inspect(context)
      JSON.stringify(context)
    })
    expect(invocation.phase).toBe('complete')
  })

  it('still has done, succeed and fail', () => {
    expect(
      seen((context) => [context, 'done' in context, typeof context.succeed, typeof context.fail]).slice(1),
    ).toEqual([true, 'function', 'function'])
    const invocation = invoke((_event, { fail }) => fail(new Error('no')))
    expect(invocation.failure?.error).toEqual(new Error('no'))
  })

  it('is logged as its documented data', () => {
    const text = seen((context) => inspect(context))
    expect(text).toMatch(/^\{\n {2}processor: 'b',/)
    expect(text).not.toMatch(/runtime|Invocation|Proxy|Seen/)
  })

  it('keeps what a library sets on it, and hides the state of attak', () => {
    const invocation = invoke((_event, context) => {
      Object.assign(context, { state: 'mine', message: 'mine', key: 'mine' })
      Object.assign(context, { state: 'mine again' })
      expect({ ...context }).toMatchObject({ state: 'mine again', message: 'mine', key: 'mine' })
      expect((context as unknown as { runtime?: unknown }).runtime).toBeUndefined()
      return context.emit('t')
    })
    expect(invocation.message).not.toBe('mine')
    expect(invocation.emits).toHaveLength(1)
  })
})
