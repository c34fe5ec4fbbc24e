import { describe, expect } from 'vitest'
import type { HandledStore, Lease } from '../../src/runtime/handled.ts'
import { lawsIn, type Skip } from './law.ts'

/** A store in its own world. */
export interface HandledWorld {
  /** Opens the store anew, as another function does; it remembers for {@link TTL_MS}. */
  open(): HandledStore
  /** Moves the clock of all of them. */
  pass(ms: number): void
  close(): Promise<void> | void
}

/** How long stores of the contract remember. */
export const TTL_MS = 3_600_000

const TIMES = { leaseMs: 30_000, withinMs: 10_000 }
const WITHIN_MS = 10_000

/** What every store of handled messages does: the definition of `HandledStore`. */
export function handledContract(
  name: string,
  make: () => Promise<HandledWorld> | HandledWorld,
  skips: readonly Skip[] = [],
): void {
  const law = lawsIn({ make, skips })
  const begin = (store: HandledStore, id: string, digest = 'd') => store.begin(store.lease(id, digest), TIMES)
  const leaseFrom = async (store: HandledStore, id: string, digest = 'd'): Promise<Lease> => {
    const begun = await begin(store, id, digest)
    if ('lease' in begun) return begun.lease
    throw new Error(`${id} is ${begun.kind}`)
  }

  describe(`handled messages ${name}`, () => {
    law('a message that was never begun is new', async ({ open }) => {
      expect((await begin(open(), 'p/1')).kind).toBe('new')
      expect((await begin(open(), 'p/2')).kind).toBe('new')
      expect((await begin(open(), 'q/1')).kind).toBe('new')
    })

    law('one that is being handled is busy for everybody', async ({ open }) => {
      const store = open()
      await begin(store, 'p/1')
      expect(await begin(store, 'p/1')).toEqual({ kind: 'busy' })
      expect(await begin(open(), 'p/1')).toEqual({ kind: 'busy' })
    })

    law('a repeated call with the same lease, after a lost answer, has it', async ({ open }) => {
      const store = open()
      await store.done(await leaseFrom(store, 'p/2', 'one'), WITHIN_MS)
      for (const [id, digest, kind] of [
        ['p/1', 'd', 'new'],
        ['p/2', 'other', 'differs'],
      ] as const) {
        const lease = store.lease(id, digest)
        expect((await store.begin(lease, TIMES)).kind).toBe(kind)
        expect((await store.begin(lease, TIMES)).kind).toBe(kind)
        expect((await begin(store, id, digest)).kind).toBe('busy')
      }
    })

    law('of many that begin it at once, one gets it', async ({ open }) => {
      const stores = [open(), open(), open()]
      const begun = await Promise.all([...stores, ...stores, ...stores].map((store) => begin(store, 'p/1')))
      expect(begun.filter(({ kind }) => kind === 'new').length).toBe(1)
      expect(begun.filter(({ kind }) => kind === 'busy').length).toBe(8)
    })

    law('one that was handled is done for everybody, until its time is over', async ({ open, pass }) => {
      const store = open()
      await store.done(await leaseFrom(store, 'p/1'), WITHIN_MS)
      expect(await begin(store, 'p/1')).toEqual({ kind: 'done' })
      pass(TTL_MS - 1000)
      expect(await begin(open(), 'p/1')).toEqual({ kind: 'done' })
      pass(2000)
      expect((await begin(open(), 'p/1')).kind).toBe('new')
    })

    law('one that was released is new', async ({ open }) => {
      const store = open()
      await store.release(await leaseFrom(store, 'p/1'), WITHIN_MS)
      expect((await begin(open(), 'p/1')).kind).toBe('new')
    })

    law('a lease ends with its time, and another function may get it', async ({ open, pass }) => {
      const store = open()
      await begin(store, 'p/1')
      pass(TIMES.leaseMs - 1000)
      expect((await begin(open(), 'p/1')).kind).toBe('busy')
      pass(2000)
      expect((await begin(open(), 'p/1')).kind).toBe('new')
      expect((await begin(store, 'p/1')).kind).toBe('busy')
    })

    law('a lost lease cannot be released', async ({ open, pass }) => {
      const store = open()
      const lost = await leaseFrom(store, 'p/1')
      pass(TIMES.leaseMs + 1000)
      const lease = await leaseFrom(store, 'p/1')
      await store.release(lost, WITHIN_MS)
      expect((await begin(open(), 'p/1')).kind).toBe('busy')
      await store.done(lease, WITHIN_MS)
      await store.release(lost, WITHIN_MS)
      await store.release(lease, WITHIN_MS)
      expect((await begin(open(), 'p/1')).kind).toBe('done')
    })

    law('but a message that was handled with it is done, even if another lease exists', async ({ open, pass }) => {
      const slow = open()
      const quick = open()
      const lost = await leaseFrom(slow, 'p/1')
      pass(TIMES.leaseMs + 1000)
      const lease = await leaseFrom(quick, 'p/1')
      await slow.done(lost, WITHIN_MS)
      await quick.release(lease, WITHIN_MS)
      expect((await begin(quick, 'p/1')).kind).toBe('done')
    })

    law('the same id with other data differs, and is done separately', async ({ open }) => {
      const store = open()
      await store.done(await leaseFrom(store, 'p/1', 'one'), WITHIN_MS)
      const other = await begin(store, 'p/1', 'other')
      expect(other.kind).toBe('differs')
      expect(await begin(open(), 'p/1', 'other')).toEqual({ kind: 'busy' })
      if ('lease' in other) await store.done(other.lease, WITHIN_MS)
      expect(await begin(open(), 'p/1', 'one')).toEqual({ kind: 'done' })
      expect(await begin(open(), 'p/1', 'other')).toEqual({ kind: 'done' })
      expect((await begin(open(), 'p/1', 'third')).kind).toBe('differs')
    })

    law('an id that is made of another id and a digest blocks no other message', async ({ open }) => {
      const store = open()
      await store.done(await leaseFrom(store, 'p/1', 'one'), WITHIN_MS)
      await store.done(await leaseFrom(store, 'p/1/other', 'forged'), WITHIN_MS)
      expect((await begin(store, 'p/1', 'other')).kind).toBe('differs')
    })

    law('the same id with other data does not wait', async ({ open }) => {
      const store = open()
      const one = await leaseFrom(store, 'p/1', 'one')
      const other = await leaseFrom(store, 'p/1', 'other')
      await store.release(other, WITHIN_MS)
      expect((await begin(store, 'p/1', 'one')).kind).toBe('busy')
      await store.release(one, WITHIN_MS)
      expect((await begin(store, 'p/1', 'other')).kind).toBe('new')
    })

    law('a lease without a call to the store blocks nobody, and its message is done', async ({ open }) => {
      const store = open()
      await store.done(await leaseFrom(store, 'p/1'), WITHIN_MS)
      const untaken = store.lease('p/1', 'd')
      await store.release(untaken, WITHIN_MS)
      expect((await begin(open(), 'p/1')).kind).toBe('done')
      await store.done(store.lease('p/2', 'd'), WITHIN_MS)
      expect((await begin(open(), 'p/2')).kind).toBe('done')
      await begin(store, 'p/3')
      await store.release(store.lease('p/3', 'd'), WITHIN_MS)
      expect((await begin(open(), 'p/3')).kind).toBe('busy')
    })

    law('ids are any text of any length', async ({ open }) => {
      const ids = [
        'p/',
        'p/ü \u2028𝄞',
        'p/"\\',
        `p/${'x'.repeat(5000)}`,
        `p/${'x'.repeat(5001)}`,
        `p/${'ü'.repeat(500)}`,
      ]
      const store = open()
      for (const id of ids) expect((await begin(store, id)).kind, id).toBe('new')
      for (const id of ids) expect((await begin(store, id)).kind, id).toBe('busy')
    })
  })
}
