import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/clouds/aws/open.ts'
import { processorsOnCycles, wantedResources } from '../../../src/clouds/aws/wanted.ts'
import { orderByNeeds } from '../../../src/deploy/order.ts'
import { fingerprint } from '../../../src/graph/resource.ts'
import { graphOf } from '../../contract/graph.ts'
import { anyGraph, artifactsOf, PLACE } from './graphs.ts'

const noop = () => {}

function wantedOf(topology: object, target: { role?: string; env?: Record<string, string> } = {}) {
  const graph = graphOf({ name: 'orders', ...topology })
  const wanted = wantedResources(graph, { place: PLACE, env: {}, ...target }, artifactsOf(graph))
  return new Map(wanted.map((resource) => [resource.id, resource]))
}

describe('wantedResources', () => {
  it('makes the resources of two processors and a stream', () => {
    const wanted = wantedOf({ processors: { take: noop, bill: noop }, streams: [{ from: 'take', to: 'bill' }] })
    expect([...wanted.keys()]).toEqual([
      ...['queue/_errors', 'queue/_crashes', 'stream/bill', 'mapping/bill/bill'],
      ...['logs/take', 'role/take', 'function/take', 'logs/bill', 'role/bill', 'function/bill'],
    ])
    expect(wanted.get('function/bill')).toEqual({
      id: 'function/bill',
      kind: 'function',
      name: 'orders--dev--bill',
      needs: ['logs/bill', 'queue/_crashes', 'role/bill'],
      fixed: [],
      holdsData: false,
      processor: 'bill',
      config: {
        code: 'hash of bill',
        handler: 'index.handler',
        runtime: 'nodejs24.x',
        architecture: 'arm64',
        memory: 256,
        timeout: 32,
        environment: { ATTAK_PROCESSOR: expect.stringMatching(/^[0-9a-f]{8}$/), NODE_OPTIONS: expect.any(String) },
        role: 'arn:aws:iam::123456789012:role/attak/orders/dev/eu-west-1/orders--dev--bill--eu-west-1',
        onFailure: 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--_crashes',
        loops: false,
        tags: {},
      },
    })
  })

  it('makes retry queues and tables before the function that uses them', () => {
    const wanted = wantedOf({
      processors: { take: noop, bill: { handler: noop, retries: 2, idempotent: true, timeout: 60 } },
      errors: { store: 'dynamodb', retention: 48 },
    })
    expect([...wanted.keys()].filter((id) => /_/.test(id))).toEqual([
      ...['queue/_errors', 'queue/_crashes', 'table/_errors', 'table/_handled'],
      ...['queue/_retry-bill', 'mapping/_retry-bill/bill'],
    ])
    expect(wanted.get('function/bill')).toMatchObject({
      needs: ['logs/bill', 'queue/_crashes', 'table/_errors', 'table/_handled', 'queue/_retry-bill', 'role/bill'],
      config: { loops: true },
    })
    expect(wanted.get('function/take')).toMatchObject({
      needs: ['logs/take', 'queue/_crashes', 'table/_errors', 'role/take'],
      config: { loops: false },
    })
    expect(wanted.get('table/_errors')).toMatchObject({ name: 'orders--dev--_errors', holdsData: true })
    expect(wanted.get('table/_handled')).toEqual({
      ...{ id: 'table/_handled', kind: 'table', name: 'orders--dev--_handled', needs: [], fixed: ['key'] },
      ...{ holdsData: false, config: { key: 'id', expires: 'expires', tags: {} } },
    })
    expect(wanted.get('queue/_retry-bill')).toMatchObject({ holdsData: true, processor: 'bill' })
  })

  it('makes a table for state if a processor has any, and does not remove it without being told', () => {
    const wanted = wantedOf({ processors: { take: noop, bill: { handler: noop, state: true } } })
    expect(wanted.get('table/_state')).toEqual({
      ...{ id: 'table/_state', kind: 'table', name: 'orders--dev--_state', needs: [], fixed: ['key', 'sort'] },
      ...{ holdsData: true, config: { key: 'id', sort: 'name', expires: 'expires', tags: {} } },
    })
    expect(wanted.get('function/bill')?.needs).toContain('table/_state')
    expect(wanted.get('function/take')?.needs).not.toContain('table/_state')
    const actions = JSON.stringify(wanted.get('role/bill')?.config)
    expect(actions).toContain('dynamodb:PutItem')
    expect(actions).toContain('table/orders--dev--_state')
    expect(JSON.stringify(wanted.get('role/take')?.config)).not.toContain('_state')
  })

  it('keeps error records in its own queue for as long as the setting says', () => {
    const retentionOf = (settings: object) =>
      wantedOf({ processors: { bill: noop }, ...settings }).get('queue/_errors')?.config.retentionSeconds
    expect(retentionOf({})).toBe(86_400)
    expect(retentionOf({ errors: { retention: 336 } })).toBe(1_209_600)
    expect(retentionOf({ errors: 'dynamodb' })).toBe(86_400)
  })

  it('makes no role for a processor with its own', () => {
    const own = 'arn:aws:iam::123456789012:role/own'
    const all = 'arn:aws:iam::123456789012:role/all'
    const wanted = wantedOf({ processors: { take: noop, bill: { handler: noop, role: own } } }, { role: all })
    expect([...wanted.keys()].filter((id) => id.startsWith('role/'))).toEqual([])
    expect(wanted.get('function/bill')?.config.role).toBe(own)
    expect(wanted.get('function/take')?.config.role).toBe(all)
  })

  it('shows that a variable has changed, without its value', () => {
    const topology = { processors: { bill: { handler: noop, environment: ['TOKEN'] } } }
    const [one, other] = ['correct horse', 'battery staple'].map((TOKEN) => wantedOf(topology, { env: { TOKEN } }))
    expect(JSON.stringify([...one!.values()])).not.toContain('correct horse')
    expect(fingerprint(one!.get('function/bill')!)).not.toBe(fingerprint(other!.get('function/bill')!))
    expect(fingerprint(one!.get('role/bill')!)).toBe(fingerprint(other!.get('role/bill')!))
  })

  it('any graph has resources of known kinds, each once, that need only each other', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const wanted = wantedResources(graph, { place: PLACE, env: {} }, artifactsOf(graph))
        const ids = wanted.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(new Set(wanted.map(({ kind, name }) => `${kind} ${name}`)).size).toBe(ids.length)
        for (const { id, kind, needs } of wanted) {
          expect(KINDS).toContain(kind)
          expect(id.startsWith(`${kind}/`)).toBe(true)
          for (const need of needs) expect(ids).toContain(need)
        }
        expect(orderByNeeds(wanted, () => 0)).toHaveLength(wanted.length)
        expect(wanted.map(fingerprint).filter((text) => text.length > 256)).toEqual([])
      }),
    )
  })
})

describe('processorsOnCycles', () => {
  it('are those that receive what they sent, by streams and calls', () => {
    const graph = graphOf({
      name: 'orders',
      processors: { a: noop, b: { handler: noop, invokes: ['a'] }, c: noop, d: noop },
      streams: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
        { from: 'd', to: 'd' },
      ],
    })
    expect([...processorsOnCycles(graph)]).toEqual(['a', 'b', 'd'])
  })
})
