import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Columns, columnsFor } from '../../src/simulator/columns.ts'

const values = fc.array(
  fc.oneof(fc.jsonValue(), fc.record({ id: fc.integer(), of: fc.record({ price: fc.double() }) })),
)

/** Keeps each value in the first columns that take it, and gives them all back. */
function keep(list: readonly unknown[], narrow: boolean): unknown[] {
  const all: { readonly columns: Columns; rows: number }[] = []
  const places = list.map((value) => {
    let into = all.find(({ columns }) => columns.add(value))
    if (into === undefined) {
      into = { columns: columnsFor(value, narrow), rows: 0 }
      all.push(into)
      expect(into.columns.add(value)).toBe(true)
    }
    return { into, row: into.rows++ }
  })
  return places.map(({ into, row }) => into.columns.at(row))
}

it('gives back what was kept, keys in their order', () => {
  fc.assert(
    fc.property(values, fc.boolean(), (list, narrow) => {
      const data = JSON.parse(JSON.stringify(list))
      expect(JSON.stringify(keep(data, narrow))).toBe(JSON.stringify(data))
    }),
  )
})

it('takes values of its shape alone', () => {
  const columns = columnsFor({ id: 1, user: { name: 'Ada' } }, true)
  expect(columns.add({ id: 2, user: { name: null } })).toBe(true)
  for (const other of [{ id: 2 }, { id: 2.5, user: { name: 'x' } }, { user: { name: 'x' }, id: 2 }, null, 1, [], {}]) {
    expect(columns.add(other)).toBe(false)
  }
  expect(columns.add({ id: 2, user: { name: 'x', age: 3 } })).toBe(false)
  expect(columns.add({ id: 2, user: 'x' })).toBe(false)
})

it('keeps more rows than fit into one block', () => {
  const list = Array.from({ length: 20_000 }, (_, id) => ({ id, half: id / 2, name: `n${id}` }))
  expect(keep(list, true)).toEqual(list)
})
