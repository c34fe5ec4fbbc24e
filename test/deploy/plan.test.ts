import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/deploy/change.ts'
import { keyOf } from '../../src/deploy/judge.ts'
import { type Plan, plan } from '../../src/deploy/plan.ts'
import { fingerprint, type LiveResource, type Resource } from '../../src/graph/resource.ts'
import { KINDS, liveOf, MARKER, resourceOf, topologyOf } from '../contract/resources.ts'

const options = { kinds: KINDS, marker: MARKER, allowDataLoss: false }
const allowed = { ...options, allowDataLoss: true }
const told = ({ changes }: Plan) => changes.map(({ kind, id, reason }) => [kind, id, reason].join(' ').trim())

describe('a plan', () => {
  it('creates missing resources, dependencies first', () => {
    expect(told(plan(topologyOf(['a']), [], options))).toEqual([
      'create queue/errors',
      'create stream/a',
      'create role/a',
      'create function/a',
      'create mapping/a',
    ])
  })

  it('is empty if nothing differs', () => {
    const wanted = topologyOf(['a'])
    const { changes, unchanged } = plan(
      wanted,
      wanted.map((one) => liveOf(one)),
      options,
    )
    expect(changes).toEqual([])
    expect(unchanged).toHaveLength(wanted.length)
  })

  it('names the settings that differ', () => {
    const live = topologyOf(['a'], { memory: 128, layers: 'x' }).map((one) => liveOf(one))
    expect(told(plan(topologyOf(['a']), live, options))).toEqual(['update function/a layers, memory'])
  })

  it('finishes unfinished resources, and writes all their settings', () => {
    const wanted = topologyOf(['a'])
    const live = wanted.map((one) => liveOf(one, one.kind === 'role' ? { fingerprint: undefined } : {}))
    const { changes } = plan(wanted, live, options)
    expect(changes).toMatchObject([{ kind: 'update', id: 'role/a', settings: [], reason: 'was left unfinished' }])
  })

  it('writes again what a killed deploy may have changed', () => {
    const wanted = topologyOf(['a'])
    const live = wanted.map((one) => liveOf(one, one.kind === 'role' ? { unsure: true } : {}))
    expect(plan(wanted, live, options).changes).toMatchObject([{ kind: 'update', id: 'role/a', settings: [] }])
  })

  it('undoes changes by hand', () => {
    const wanted = topologyOf(['a'])
    const live = wanted.map((one) => liveOf(one, one.kind === 'function' ? { drift: ['timeout', 'memory'] } : {}))
    expect(told(plan(wanted, live, options))).toEqual(['update function/a changed by hand: memory, timeout'])
  })

  it('replaces what cannot be changed in place, with what needs it', () => {
    const wanted = [
      resourceOf('role/a', { fixed: ['path'], config: { path: '/new/' } }),
      resourceOf('function/a', { needs: ['role/a'] }),
      resourceOf('mapping/a', { needs: ['function/a'] }),
      resourceOf('function/b'),
    ]
    const live = wanted.map((one) => liveOf({ ...one, config: one.kind === 'role' ? { path: '/old/' } : {} }))
    expect(told(plan(wanted, live, options))).toEqual([
      'replace role/a path cannot be changed in place',
      'replace function/a needs role/a, which is replaced',
      'replace mapping/a needs function/a, which is replaced',
    ])
  })

  it('removes what is no longer needed, dependents first, the marker last', () => {
    const live = topologyOf(['a']).map((one) => liveOf(one))
    expect(told(plan([], live, allowed))).toEqual([
      'remove mapping/a',
      'remove function/a',
      'remove role/a',
      'remove stream/a',
      'remove queue/errors',
    ])
  })

  it('creates a renamed resource under its new name, and removes the old one', () => {
    const [wanted] = [resourceOf('role/a', { name: 'new' })]
    expect(told(plan([wanted!], [liveOf(wanted!, { name: 'old' })], options))).toEqual([
      'create role/a',
      'remove role/a is called new now',
    ])
  })

  it('marks the dependencies that the same plan creates', () => {
    const wanted = topologyOf(['a'])
    const live = wanted.filter(({ kind }) => kind === 'function' || kind === 'role').map((one) => liveOf(one))
    const mapping = plan(wanted, live, options).changes.find(({ id }) => id === 'mapping/a')
    expect(mapping).toMatchObject({ made: ['stream/a'] })
  })

  it('counts a stream as new for a mapping that an interrupted deploy did not create', () => {
    const wanted = topologyOf(['a'])
    const live = wanted.filter(({ kind }) => kind !== 'mapping').map((one) => liveOf(one))
    const madeFor = (interrupted: boolean) => plan(wanted, live, { ...options, interrupted }).changes
    expect(madeFor(true)).toMatchObject([
      { id: 'mapping/a', made: wanted.find(({ kind }) => kind === 'mapping')!.needs },
    ])
    expect(madeFor(false)).toMatchObject([{ id: 'mapping/a', made: [] }])
  })
})

describe('data', () => {
  it('is kept if its resource is no longer needed', () => {
    const live = topologyOf(['a', 'b']).map((one) => liveOf(one))
    const { kept, changes } = plan(topologyOf(['a']), live, options)
    expect(kept).toMatchObject([{ id: 'stream/b', reason: 'holds data' }])
    expect(changes.map(({ id }) => id)).toEqual(['mapping/b', 'function/b', 'role/b'])
  })

  it('keeps the dependencies of kept resources', () => {
    const live = [
      liveOf(resourceOf('stream/a', { needs: ['role/a'] })),
      liveOf(resourceOf('role/a')),
      liveOf(resourceOf('role/b')),
    ]
    const { kept, changes } = plan([], live, options)
    expect(kept.map(({ id, reason }) => [id, reason])).toEqual([
      ['stream/a', 'holds data'],
      ['role/a', 'needed by stream/a'],
    ])
    expect(changes.map(({ id }) => id)).toEqual(['role/b'])
  })

  it('is not replaced: the plan refuses, and does not change its dependents', () => {
    const wanted = [
      resourceOf('queue/a', { fixed: ['fifo'], config: { fifo: true } }),
      resourceOf('mapping/a', { needs: ['queue/a'] }),
    ]
    const live = wanted.map((one) => liveOf({ ...one, config: one.kind === 'queue' ? { fifo: false } : {} }))
    const { changes, refused } = plan(wanted, live, options)
    expect(changes).toEqual([])
    expect(refused).toMatchObject([{ id: 'queue/a', reason: 'fifo cannot be changed in place' }])
    expect(told(plan(wanted, live, allowed))).toHaveLength(2)
  })
})

describe('for any resources', () => {
  const wantedOf = fc
    .array(
      fc.record({
        index: fc.nat(11),
        needs: fc.array(fc.nat(11), { maxLength: 3 }),
        a: fc.nat(2),
        b: fc.nat(1),
        holds: fc.boolean(),
      }),
    )
    .map((said) => [...new Map(said.map((one) => [one.index, one])).values()])
    .map((said) =>
      said.map(({ index, needs, a, b, holds }): Resource => {
        const idOf = (at: number) => `${KINDS[at % KINDS.length]}/${at}`
        const lower = needs.filter((need) => need < index && said.some((other) => other.index === need))
        return resourceOf(idOf(index), {
          needs: [...new Set(lower.map(idOf))],
          config: { a, b },
          fixed: ['b'],
          holdsData: holds,
        })
      }),
    )
  const livesOf = wantedOf.chain((resources) =>
    fc.tuple(
      ...resources.map((one) =>
        fc
          .constantFrom<Partial<LiveResource>>(
            {},
            { fingerprint: undefined },
            { unsure: true },
            { name: `${one.name}-old` },
          )
          .map((said) => liveOf(one, said)),
      ),
    ),
  )
  const anyOf = fc.record({ wanted: wantedOf, live: livesOf, allowDataLoss: fc.boolean() })

  it('makes the wanted state, and is then empty', () => {
    fc.assert(
      fc.property(anyOf, ({ wanted, live, allowDataLoss }) => {
        const first = plan(wanted, live, { ...options, allowDataLoss })
        fc.pre(first.refused.length === 0)
        const after = modelOf(first, live)
        const second = plan(wanted, after, { ...options, allowDataLoss })
        expect(second.changes).toEqual([])
        expect(second.kept.map(({ live: one }) => keyOf(one)).sort()).toEqual(
          first.kept.map(({ live: one }) => keyOf(one)).sort(),
        )
        const left = new Set(first.kept.map(({ live: one }) => one))
        expect(new Set(after.filter((one) => !left.has(one)).map((one) => `${keyOf(one)} ${one.fingerprint}`))).toEqual(
          new Set(wanted.map((one) => `${keyOf(one)} ${fingerprint(one)}`)),
        )
      }),
    )
  })

  it('makes dependencies first, and removals last', () => {
    fc.assert(
      fc.property(anyOf, ({ wanted, live, allowDataLoss }) => {
        const { changes } = plan(wanted, live, { ...options, allowDataLoss })
        const writes = changes.flatMap((change) => (change.kind === 'remove' ? [] : [change]))
        expect(changes.slice(0, writes.length)).toEqual(writes)
        for (const [at, { resource }] of writes.entries()) {
          const later = writes.slice(at).map(({ id }) => id)
          expect(resource.needs.filter((need) => later.includes(need))).toEqual([])
        }
        const removals = changes.flatMap((change) => (change.kind === 'remove' ? [change.live] : []))
        for (const [at, { id }] of removals.entries()) {
          if (id === MARKER) continue
          expect(removals.slice(at + 1).filter((other) => other.needs?.includes(id))).toEqual([])
        }
      }),
    )
  })

  it('removes nothing that holds data, unless allowed', () => {
    fc.assert(
      fc.property(anyOf, ({ wanted, live }) => {
        for (const change of plan(wanted, live, options).changes) {
          if (change.kind === 'remove' || change.kind === 'replace') expect(change.live.holdsData).toBe(false)
        }
      }),
    )
  })

  it('does not depend on the order of its input', () => {
    const shuffled = anyOf.chain(({ wanted, live, allowDataLoss }) =>
      fc.record({
        given: fc.constant({ wanted, live, allowDataLoss }),
        wanted: fc.shuffledSubarray(wanted, { minLength: wanted.length }),
        live: fc.shuffledSubarray(live, { minLength: live.length }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ given, wanted, live }) => {
        const said = { ...options, allowDataLoss: given.allowDataLoss }
        expect(plan(wanted, live, said)).toEqual(plan(given.wanted, given.live, said))
      }),
    )
  })

  it('is frozen, and does not change its input', () => {
    const wanted = topologyOf(['a'])
    const result = plan(wanted, [], options)
    expect([result, result.changes, result.kept, result.refused, ...result.changes].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(wanted[0])).toBe(false)
  })
})

it('throws a bug for resources that need each other', () => {
  const wanted = [resourceOf('role/a', { needs: ['role/b'] }), resourceOf('role/b', { needs: ['role/a'] })]
  expect(() => plan(wanted, [], options)).toThrow('need each other')
})

/** What lives after the changes of a plan were made one by one. */
function modelOf({ changes }: Plan, live: readonly LiveResource[]): readonly LiveResource[] {
  const without = (list: readonly LiveResource[], change: Change) =>
    'live' in change ? list.filter((one) => one !== change.live) : list
  return changes.reduce<readonly LiveResource[]>((list, change) => {
    const rest = without(list, change)
    return change.kind === 'remove' ? rest : [...rest, liveOf(change.resource)]
  }, live)
}
