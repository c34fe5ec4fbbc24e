import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import type {
  Condition,
  Entry,
  ListedEntry,
  Operation,
  StateKey,
  StateStore,
  Transacted,
} from '../../src/runtime/state.ts'
import { lawsIn, type Skip } from './law.ts'

/** A store in its own world. */
export interface StateWorld {
  /** Opens the store as another process does; a file is closed and opened again. */
  open(): Promise<StateStore> | StateStore
  /** Lets time pass. */
  pass(ms: number): Promise<void> | void
  close(): Promise<void> | void
}

/** How a store is tested. */
export interface StateContract {
  readonly make: () => Promise<StateWorld> | StateWorld
  readonly skips?: readonly Skip[]
  /** The most operations of one transaction. Default 100. */
  readonly mostOperations?: number
  /** Random sequences of the property test, and whether time passes in them. */
  readonly runs?: number
  readonly passes?: boolean
}

const WITHIN_MS = 20_000
/** How long entries of the contract live; real servers need real time. */
const TTL_MS = 300
const LONG_MS = 600_000

const key = (name: string, group = 'g'): StateKey => ({ group, name })
const put = (name: string, value: string, condition?: Condition, ttlMs?: number): Operation => ({
  ...{ kind: 'put', key: key(name), value },
  ...(condition !== undefined && { if: condition }),
  ...(ttlMs !== undefined && { ttlMs }),
})
const add = (name: string, sums: Record<string, number>, ttlMs?: number): Operation => ({
  ...{ kind: 'add', key: key(name), sums },
  ...(ttlMs !== undefined && { ttlMs }),
})
const act = (store: StateStore, ...operations: readonly Operation[]) => store.transact(operations, WITHIN_MS)
const read = (store: StateStore, name: string, group?: string) => store.get(key(name, group), WITHIN_MS)
const listed = async (store: StateStore, group = 'g', prefix = ''): Promise<ListedEntry[]> => {
  const all: ListedEntry[] = []
  for await (const page of store.list(group, { prefix, withinMs: WITHIN_MS })) {
    expect(page.length).toBeLessThanOrEqual(100)
    all.push(...page)
  }
  return all
}
const namesOf = (entries: readonly ListedEntry[]) => entries.map(({ name }) => name).toSorted()
const versionOf = (result: Transacted): string => {
  if (result.kind === 'done') return result.version
  throw new Error(`refused: ${result.failed}`)
}

/** What every state store does: the definition of `StateStore`. */
export function stateContract(name: string, contract: StateContract): void {
  const { make, skips = [], mostOperations = 100, runs = 60, passes = true } = contract
  const law = lawsIn({ make, skips })

  describe(`state ${name}`, () => {
    law('what was put is there, for others too, until it is removed', async ({ open }) => {
      const store = await open()
      expect(await read(store, 'a')).toBeUndefined()
      const version = versionOf(await act(store, put('a', '{"n":1}')))
      expect(await read(store, 'a')).toEqual({ value: '{"n":1}', sums: {}, version })
      const other = await open()
      expect(await read(other, 'a')).toEqual({ value: '{"n":1}', sums: {}, version })
      await act(other, { kind: 'remove', key: key('a') })
      expect(await read(other, 'a')).toBeUndefined()
      expect(versionOf(await act(other, { kind: 'remove', key: key('a') }))).toEqual(expect.any(String))
    })

    law('each condition holds, or refuses the operation', async ({ open }) => {
      const store = await open()
      const version = versionOf(await act(store, put('there', 'one')))
      const conditions: [Condition, boolean, boolean][] = [
        ['absent', true, false],
        ['present', false, true],
        [{ version }, false, true],
        [{ version: `${version}0` }, false, false],
        [{ value: 'one' }, false, true],
        [{ value: 'two' }, false, false],
        [{ value: '' }, false, false],
      ]
      for (const [condition, whenAbsent, whenThere] of conditions) {
        for (const [name, holds] of [
          ['absent', whenAbsent],
          ['there', whenThere],
        ] as const) {
          const result = await act(store, { kind: 'check', key: key(name), if: condition })
          expect([condition, name, result.kind]).toEqual([condition, name, holds ? 'done' : 'refused'])
        }
      }
      expect((await read(store, 'there'))?.version).toBe(version)
      expect(await act(store, { kind: 'remove', key: key('absent'), if: 'present' })).toEqual({
        kind: 'refused',
        failed: [0],
      })
      expect(await act(store, { ...add('there', { n: 1 }), if: 'absent' } as Operation)).toEqual({
        kind: 'refused',
        failed: [0],
      })
      expect((await act(store, { ...add('there', { n: 1 }), if: { version } } as Operation)).kind).toBe('done')
      expect((await act(store, put('there', 'two', { version }))).kind).toBe('refused')
    })

    law('a refused transaction changes nothing, and says which conditions did not hold', async ({ open }) => {
      const store = await open()
      await act(store, put('a', '1'))
      const before = await read(store, 'a')
      const result = await act(
        store,
        put('a', '2'),
        put('b', '1', 'present'),
        add('c', { n: 1 }),
        { kind: 'check', key: key('d'), if: 'absent' },
        { kind: 'check', key: key('e'), if: 'present' },
      )
      expect(result).toEqual({ kind: 'refused', failed: [1, 4] })
      expect(await read(store, 'a')).toEqual(before)
      expect(namesOf(await listed(store))).toEqual(['a'])
    })

    law('a transaction of 100 operations is done at once', async ({ open }) => {
      const store = await open()
      const names = Array.from({ length: 99 }, (_, index) => `row ${index}`)
      await act(store, ...names.map((name) => put(name, '1', 'absent')), add('sums', { made: 99, done: 1 }))
      expect(namesOf(await listed(store, 'g', 'row '))).toEqual(names.toSorted())
      expect((await read(store, 'sums'))?.sums).toEqual({ made: 99, done: 1 })
    })

    law('sums begin at 0, keep the value, and are exact when many add at once', async ({ open }) => {
      const store = await open()
      await act(store, put('a', 'value'))
      const before = (await read(store, 'a'))!
      const names = ['made', 'done', 'constructor', 'made/bill', 'ü "']
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          act(store, add('a', { [names[index % names.length]!]: index % 2 === 0 ? 3 : -1 })),
        ),
      )
      const entry = (await read(store, 'a'))!
      expect(entry.value).toBe('value')
      expect(entry.version).not.toBe(before.version)
      expect(entry.sums).toEqual(Object.fromEntries(names.map((name) => [name, 8])))
      await act(store, put('a', 'anew'))
      expect(await read(store, 'a')).toMatchObject({ value: 'anew', sums: {} })
    })

    law('of many that put it if it is absent, one does', async ({ open }) => {
      const store = await open()
      const results = await Promise.all(
        Array.from({ length: 12 }, (_, index) => act(store, put('a', `${index}`, 'absent'))),
      )
      const done = results.flatMap((result, index) => (result.kind === 'done' ? [index] : []))
      expect(done.length).toBe(1)
      expect((await read(store, 'a'))?.value).toBe(`${done[0]}`)
    })

    law('a version never comes again, also if the entry was removed', async ({ open }) => {
      const seen = new Set<string>()
      for (let round = 0; round < 3; round++) {
        const store = await open()
        seen.add(versionOf(await act(store, put('a', 'same'))))
        seen.add(versionOf(await act(store, add('a', { n: 1 }))))
        await act(store, { kind: 'remove', key: key('a') })
      }
      expect(seen.size).toBe(6)
    })

    law('whoever repeats a transaction after a lost answer finds the entry that names it', async ({ open }) => {
      const store = await open()
      const operations = [put('transaction 1', '', 'absent'), add('sums', { n: 1 })]
      expect((await act(store, ...operations)).kind).toBe('done')
      expect(await act(await open(), ...operations)).toEqual({ kind: 'refused', failed: [0] })
      expect((await read(await open(), 'sums'))?.sums).toEqual({ n: 1 })
    })

    law('transfers at the same time, on versions, lose nothing', async ({ open }) => {
      const store = await open()
      const accounts = ['a', 'b', 'c']
      for (const account of accounts) await act(store, put(account, '100'))
      const transfer = async (from: string, to: string): Promise<void> => {
        for (;;) {
          const [one, other] = await Promise.all([read(store, from), read(store, to)])
          const result = await act(
            store,
            put(from, String(Number(one!.value) - 1), { version: one!.version }),
            put(to, String(Number(other!.value) + 1), { version: other!.version }),
          )
          if (result.kind === 'done') return
        }
      }
      await Promise.all(
        Array.from({ length: 9 }, (_, index) => transfer(accounts[index % 3]!, accounts[(index + 1) % 3]!)),
      )
      const values = await Promise.all(accounts.map((account) => read(store, account)))
      expect(values.map((entry) => entry?.value)).toEqual(['100', '100', '100'])
    })

    law('a group is listed by pages and by the beginning of names, and others are not', async ({ open }) => {
      const store = await open()
      const names = Array.from({ length: 230 }, (_, index) => `${index % 2 === 0 ? 'even' : 'odd'}/${index}`)
      for (const name of names) await act(store, put(name, name))
      await store.transact([{ kind: 'put', key: key('even/x', 'g2'), value: '1' }], WITHIN_MS)
      await store.transact([{ kind: 'put', key: key('even/x', ''), value: '1' }], WITHIN_MS)
      expect(namesOf(await listed(store))).toEqual(names.toSorted())
      expect(namesOf(await listed(store, 'g', 'even/'))).toEqual(
        names.filter((name) => name.startsWith('even')).toSorted(),
      )
      expect(namesOf(await listed(store, ''))).toEqual(['even/x'])
      expect(await listed(store, 'none')).toEqual([])
    })

    law('what is changed during a listing does not hide the rest', async ({ open }) => {
      const store = await open()
      const names = Array.from({ length: 150 }, (_, index) => `n${index}`)
      for (const name of names) await act(store, put(name, ''))
      const seen: string[] = []
      for await (const page of store.list('g', { withinMs: WITHIN_MS })) {
        if (seen.length === 0) {
          for (const name of names.slice(0, 20)) await act(store, { kind: 'remove', key: key(name) })
          for (const name of names.slice(20, 40)) await act(store, put(name, 'changed'))
        }
        seen.push(...page.map((entry) => entry.name))
      }
      const stayed = names.slice(20)
      expect(seen.filter((name) => stayed.includes(name)).toSorted()).toEqual(stayed.toSorted())
    })

    law('an entry is absent after its time, for every operation', async ({ open, pass }) => {
      const store = await open()
      await act(store, put('ends', 'old', undefined, TTL_MS))
      await act(store, add('sums', { n: 5 }, TTL_MS))
      await act(store, put('stays', '1', undefined, LONG_MS))
      await act(store, put('kept', '1', undefined, TTL_MS))
      await act(store, put('kept', '2'))
      await act(store, put('set', '1'))
      await act(store, add('set', { n: 1 }, TTL_MS))
      expect((await read(store, 'stays'))?.value).toBe('1')
      await pass(TTL_MS + 50)
      expect(await read(store, 'ends')).toBeUndefined()
      expect(namesOf(await listed(store))).toEqual(['kept', 'stays'])
      expect((await act(store, { kind: 'remove', key: key('ends'), if: 'present' })).kind).toBe('refused')
      expect((await act(store, put('ends', 'new', { value: 'old' }))).kind).toBe('refused')
      expect((await act(store, put('ends', 'new', 'absent'))).kind).toBe('done')
      expect((await act(store, add('sums', { n: 1 }))).kind).toBe('done')
      expect(await read(store, 'sums')).toMatchObject({ sums: { n: 1 } })
      expect((await act(store, { ...add('set', { m: 2 }), if: 'absent' } as Operation)).kind).toBe('done')
      expect(await read(store, 'set')).toMatchObject({ sums: { m: 2 } })
      expect(namesOf(await listed(await open()))).toEqual(['ends', 'kept', 'set', 'stays', 'sums'])
    })

    law('keys and values are any text that can be written as UTF-8', async ({ open }) => {
      const store = await open()
      const texts = [
        '',
        ' ',
        '/',
        'a/b',
        'ü \u2028𝄞',
        '"\\\n',
        '{g}',
        '\u0000',
        '__proto__',
        'constructor',
        'x'.repeat(1000),
      ]
      for (const text of texts) {
        await store.transact([{ kind: 'put', key: { group: text, name: text }, value: text }], WITHIN_MS)
      }
      const large = 'ü'.repeat(128 * 1024)
      await act(store, put('large', large))
      const other = await open()
      for (const text of texts) expect((await read(other, text, text))?.value).toBe(text)
      for (const text of texts) expect(namesOf(await listed(other, text)).includes(text)).toBe(true)
      expect((await read(other, 'large'))?.value === large).toBe(true)
    })

    law('what no store could take is refused before anything is done', async ({ open }) => {
      const store = await open()
      const bad: Operation[][] = [
        [],
        Array.from({ length: 101 }, (_, index) => put(`${index}`, '')),
        [put('a', '1'), add('a', { n: 1 })],
        [put('x'.repeat(1001), '')],
        [put('a', 'x'.repeat(256 * 1024 + 1))],
        [put('a', '\ud800')],
        [put('\udfff', 'a')],
        [add('a', { n: 0.5 })],
      ]
      for (const operations of bad) await expect(act(store, ...operations)).rejects.toThrow('a transaction')
      expect(await listed(store)).toEqual([])
    })

    law('any sequence does what the model does', async (world) => {
      let [rounds, store] = [0, await world.open()]
      await fc.assert(
        fc.asyncProperty(fc.array(stepIn(mostOperations, passes), { maxLength: 30 }), async (steps) => {
          const group = `round ${rounds++}`
          const model = createModel()
          for (const step of steps) {
            if (step.kind === 'reopen') store = await world.open()
            else if (step.kind === 'pass') {
              await world.pass(step.ms)
              model.nowMs += step.ms
            } else {
              const known = (name: string) => model.versionOf(name)
              const operations = step.parts.map((part) => operationOf(group, part, known))
              const result = await store.transact(operations, WITHIN_MS)
              expect(result.kind === 'done' ? [] : result.failed).toEqual(model.transact(operations, result))
            }
          }
          const all = await listed(store, group)
          expect(all.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(model.all())
          for (const name of NAMES) {
            const [entry, wanted] = [await read(store, name, group), model.all().find((one) => one.name === name)]
            expect(entry && { name, ...entry }).toEqual(wanted)
          }
        }),
        { numRuns: runs, endOnFailure: true },
      )
    })
  })
}

const NAMES = ['a', 'b', 'c', 'd']

interface Part {
  readonly name: string
  readonly kind: Operation['kind']
  readonly condition: 'none' | 'absent' | 'present' | 'version' | 'old version' | 'value' | 'other value'
  readonly by: number
  readonly ttlMs: number | undefined
}

type Step =
  | { readonly kind: 'transact'; readonly parts: readonly Part[] }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'reopen' }

function stepIn(mostOperations: number, passes: boolean): fc.Arbitrary<Step> {
  const part = fc.record<Part>({
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom('put', 'put', 'add', 'add', 'remove', 'check'),
    condition: fc.constantFrom('none', 'none', 'absent', 'present', 'version', 'old version', 'value', 'other value'),
    by: fc.integer({ min: -3, max: 3 }),
    ttlMs: passes ? fc.constantFrom(undefined, undefined, 100, 1000) : fc.constant(undefined),
  })
  const parts = fc.uniqueArray(part, {
    ...{ minLength: 1, maxLength: Math.min(4, mostOperations), selector: ({ name }) => name },
  })
  const transact = parts
    .filter((all) => mostOperations > 1 || all.every(({ kind }) => kind !== 'check'))
    .map((all): Step => ({ kind: 'transact', parts: all }))
  const pass = fc.constantFrom(50, 100, 1000).map((ms): Step => ({ kind: 'pass', ms }))
  const reopen = fc.constant<Step>({ kind: 'reopen' })
  return passes
    ? fc.oneof({ weight: 8, arbitrary: transact }, { weight: 2, arbitrary: pass }, { weight: 1, arbitrary: reopen })
    : fc.oneof({ weight: 8, arbitrary: transact }, { weight: 1, arbitrary: reopen })
}

function operationOf(group: string, part: Part, versionOf: (name: string) => string): Operation {
  const { name, kind, condition, by, ttlMs } = part
  const conditions: Readonly<Record<Part['condition'], Condition | undefined>> = {
    ...{ none: undefined, absent: 'absent', present: 'present' },
    ...{ version: { version: versionOf(name) }, 'old version': { version: '0' } },
    ...{ value: { value: 'v1' }, 'other value': { value: 'other' } },
  }
  const own = conditions[condition]
  const common = { key: { group, name }, ...(own !== undefined && { if: own }) }
  if (kind === 'check') return { kind, key: common.key, if: own ?? 'absent' }
  if (kind === 'remove') return { kind, ...common }
  const end = ttlMs === undefined ? {} : { ttlMs }
  return kind === 'put'
    ? { kind, ...common, value: `v${Math.abs(by)}`, ...end }
    : { kind, ...common, sums: { n: by }, ...end }
}

interface Modeled extends Entry {
  readonly endMs: number
}

/** The definition of transactions, in its plainest form. */
function createModel() {
  const entries = new Map<string, Modeled>()
  const model = {
    nowMs: 0,
    versionOf: (name: string) => find(name)?.version ?? 'none',
    /** Returns the indexes of the operations that must be refused. */
    transact(operations: readonly Operation[], result: Transacted): readonly number[] {
      const failed = operations.flatMap((operation, index) =>
        fits(operation.if, find(operation.key.name)) ? [] : [index],
      )
      if (failed.length > 0) return failed
      const version = result.kind === 'done' ? result.version : ''
      for (const operation of operations) apply(operation, version)
      return []
    },
    all: (): readonly ListedEntry[] =>
      NAMES.flatMap((name) => {
        const { endMs, ...entry } = find(name) ?? { endMs: 0 }
        return 'version' in entry ? [{ name, ...(entry as Entry) }] : []
      }),
  }
  const find = (name: string) => {
    const entry = entries.get(name)
    return entry !== undefined && entry.endMs > model.nowMs ? entry : undefined
  }
  const fits = (condition: Condition | undefined, entry: Entry | undefined): boolean => {
    if (condition === undefined) return true
    if (condition === 'absent') return entry === undefined
    if (condition === 'present') return entry !== undefined
    if ('version' in condition) return entry?.version === condition.version
    return entry !== undefined && entry.value === condition.value
  }
  const apply = (operation: Operation, version: string) => {
    const { name } = operation.key
    const known = find(name)
    const endMs =
      'ttlMs' in operation && operation.ttlMs !== undefined ? model.nowMs + operation.ttlMs : Number.POSITIVE_INFINITY
    if (operation.kind === 'remove') entries.delete(name)
    else if (operation.kind === 'put') entries.set(name, { value: operation.value, sums: {}, version, endMs })
    else if (operation.kind === 'add') {
      const sums = { ...known?.sums, n: (known?.sums.n ?? 0) + operation.sums.n! }
      entries.set(name, {
        ...(known?.value !== undefined && { value: known.value }),
        ...{ sums, version, endMs: operation.ttlMs === undefined ? (known?.endMs ?? endMs) : endMs },
      })
    }
  }
  return model
}
