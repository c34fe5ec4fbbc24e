import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Columns, columnsFor, plainColumns } from '../../src/simulator/columns.ts'
import { createTape, lengthOf, readTape } from '../../src/simulator/tape.ts'

const values = fc.array(
  fc.oneof(fc.jsonValue(), fc.record({ id: fc.integer(), of: fc.record({ price: fc.double() }) })),
)

/** Keeps each value in the first columns that take it, and gives them all back. */
function keep(list: readonly unknown[], narrow: boolean): unknown[] {
  const tape = createTape()
  const all: Columns[] = []
  const plain = plainColumns(tape)
  const places = list.map((value) => {
    let into = all.find((columns, number) => columns.add(value, number))
    if (into === undefined) {
      into = columnsFor(tape, value, narrow) ?? plain
      if (into !== plain) all.push(into)
      expect(into.add(value, all.length)).toBe(true)
    }
    return into
  })
  const read = readTape(tape)
  const readers = new Map([plain, ...all].map((columns) => [columns, columns.open(read)]))
  return places.map((into) => {
    read()
    return readers.get(into)!()
  })
}

it('gives back what was kept, keys in their order', () => {
  fc.assert(
    fc.property(values, fc.boolean(), (list, narrow) => {
      const data = JSON.parse(JSON.stringify(list))
      expect(JSON.stringify(keep(data, narrow))).toBe(JSON.stringify(data))
    }),
  )
})

it('takes values of its shape alone, and keeps nothing of others', () => {
  const tape = createTape()
  const columns = columnsFor(tape, { id: 1, user: { name: 'Ada' } }, true)!
  expect(columns.add({ id: 2, user: { name: null } }, 7)).toBe(true)
  const length = lengthOf(tape)
  for (const other of [{ id: 2 }, { id: 2.5, user: { name: 'x' } }, { user: { name: 'x' }, id: 2 }, null, 1, [], {}]) {
    expect(columns.add(other, 7)).toBe(false)
  }
  expect(columns.add({ id: 2, user: { name: 'x', age: 3 } }, 7)).toBe(false)
  expect(columns.add({ id: 2, user: 'x' }, 7)).toBe(false)
  expect(lengthOf(tape)).toBe(length)
})

it('keeps any whole number of 32 bits', () => {
  const integers = fc.array(fc.record({ id: fc.integer(), of: fc.integer({ min: -2, max: 2 }) }))
  fc.assert(fc.property(integers, (list) => void expect(keep(list, true)).toEqual(list)))
})

it('keeps more rows than fit into one block', () => {
  const list = Array.from({ length: 20_000 }, (_, id) => ({ id, half: id / 2, name: `n${id}` }))
  expect(keep(list, true)).toEqual(list)
})
