import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { SchemaResult, StandardSchema } from '../../src/topology/schema.ts'
import { invoke, outcomeOf, turn } from '../contract/host.ts'

/** A schema of another maker than zod. */
function schemaOf(
  validate: (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>,
): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describe('T15: an input schema', () => {
  it('passes its output to the handler, and the message keeps the original event', () => {
    const seen: unknown[] = []
    const input = z.object({ at: z.coerce.date(), n: z.number().default(1) })
    const raw = { at: '2026-01-01T00:00:00.000Z' }
    const invocation = invoke((event) => void seen.push(event), { input, event: raw, message: { data: raw } })
    expect(seen).toEqual([{ at: new Date('2026-01-01'), n: 1 }])
    expect([outcomeOf(invocation), invocation.message.data]).toEqual(['ok', raw])
  })

  it('refuses before the handler runs, with each wrong field', () => {
    let calls = 0
    const input = z.object({ id: z.string(), items: z.array(z.object({ n: z.number() })) })
    const invocation = invoke(() => calls++, { input, event: { items: [{ n: 'x' }] } })
    expect(outcomeOf(invocation)).toBe(
      'the input schema of "b" refuses the event: id: Invalid input: expected string, received undefined; ' +
        'items.0.n: Invalid input: expected number, received string',
    )
    expect(invocation.failure?.error).toMatchObject({ code: 'EVENT_REFUSED' })
    expect(calls).toBe(0)
  })

  it('may be async: the handler runs after it', async () => {
    const seen: unknown[] = []
    const input = schemaOf(async (value) => ({ value: `${value}!` }))
    const invocation = invoke((event) => void seen.push(event), { input, event: 'x' })
    expect(outcomeOf(invocation)).toBe('running')
    await turn()
    expect([outcomeOf(invocation), seen]).toEqual(['ok', ['x!']])
  })

  it.each<[string, StandardSchema, string]>([
    ['refuses after a while', schemaOf(async () => ({ issues: [{ message: 'not so' }] })), 'refuses the event: not so'],
    [
      'names a path of keys and segments',
      schemaOf(() => ({ issues: [{ message: 'bad', path: ['a', { key: 0 }, 'c'] }] })),
      'a.0.c: bad',
    ],
    [
      'throws',
      schemaOf(() => {
        throw new Error('broken schema')
      }),
      'broken schema',
    ],
    ['rejects', schemaOf(() => Promise.reject(new Error('broken schema'))), 'broken schema'],
  ])('fails the message if it %s', async (_, input, message) => {
    const invocation = invoke(() => {}, { input })
    await turn()
    expect(outcomeOf(invocation)).toContain(message)
  })
})
