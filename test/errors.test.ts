import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERROR_CODES, nearest } from '../src/errors.ts'

it('docs/reference/errors.md explains every code, in the order of src/errors.ts', () => {
  const page = readFileSync(new URL('../docs/reference/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` *\| +\S.*\| +\S.*\|$/gm)].map(([, code]) => code)
  expect(
    rows,
    'whoever adds a code to ERROR_CODES adds its row to docs/reference/errors.md, at the same place',
  ).toEqual([...ERROR_CODES])
})

it('the nearest name is suggested for a mistyped one', () => {
  const names = ['billing', 'orders', 'retries', 'hop']
  expect(['biling', 'bill', 'retry', 'Order', 'hopp'].map((name) => nearest(name, names))).toEqual([
    'billing',
    'billing',
    'retries',
    'orders',
    'hop',
  ])
  expect(nearest('something', names)).toBeUndefined()
  expect(['wrok', 'wokr', 'owrk'].map((name) => nearest(name, ['work', 'tail']))).toEqual(['work', 'work', 'work'])
})

it('nothing is suggested for short names', () => {
  expect(nearest('a', ['b', 'c'])).toBeUndefined()
  expect(nearest('to', ['do', 'go'])).toBeUndefined()
  expect(nearest('cat', ['dog', 'cow'])).toBeUndefined()
  expect(nearest('A', ['b', 'a'])).toBe('a')
  expect(nearest('sput', ['spot', 'spout'])).toBe('spot')
})
