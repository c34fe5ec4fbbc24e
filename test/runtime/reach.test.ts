import { describe, expect, it } from 'vitest'
import { takesContext } from '../../src/runtime/reach.ts'
import type { Handler } from '../../src/topology/handler.ts'

/** A function of this text, which never runs. */
const of = (text: string): Handler => new Function('helper', `return ${text}`)()

describe('the context is only read by name', () => {
  it.each([
    '() => 1',
    'event => event.emit',
    '(event) => event',
    '(event, context) => {}',
    "(event, context) => context.emit('t', event)",
    "async ({ id, of: [first] }, context) => { await id; context\n  .emit ('t', first) }",
    "function (event, context, callback) { context.emit('t', context.key, callback) }",
    '(event, context) => context.attempt == 1 && context.key === event && context.hop >= 2',
    "({ run(event, context) { return () => context.emit('t', context.key) } }).run",
    "(event, c) => { for (const abc of event) c.emit('t', abc.c) }",
  ])('in %s', (text) => {
    expect(takesContext(of(text))).toBe(false)
  })
})

describe('the context may be captured, passed on or changed', () => {
  it.each([
    "(event, { emit }) => emit('t')",
    "(event, context) => { const { emit } = context; emit('t') }",
    '(event, context) => helper(context)',
    '(event, context) => helper(context.emit)',
    "(event, context) => context.emit.call(undefined, 't')",
    "(event, context) => context['emit']('t')",
    "(event, context) => context?.emit('t')",
    '(event, context) => ({ ...context })',
    '(event, context) => [context]',
    '(event, context) => helper(\\u0063ontext)',
    '(event, context, more = helper(context)) => {}',
    '(event, context = {}) => {}',
    '(event, context) => { context.attempt += 1 }',
    '(event, context) => { context.key = event }',
    '(event, context) => context.runtime',
    '(event, context) => helper(context.getRemainingTimeInMillis)',
    '(event, ...rest) => helper(rest)',
    "function (event) { arguments[1].emit('t') }",
    "(/* a, b, */ event, { emit }) => emit('t')",
    "({ 'a,b,c'(event, { emit }) { emit('t') } })['a,b,c']",
    "({ [String((1, 'a'))](event, { emit }) { emit('t') } }).a",
    '(event, context) => { context = helper(context) }',
    '((event, context) => {}).bind(undefined)',
  ])('in %s', (text) => {
    expect(takesContext(of(text))).toBe(true)
  })
})
