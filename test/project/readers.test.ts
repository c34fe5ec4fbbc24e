import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DATA_ENDINGS, readerOf } from '../../src/project/readers.ts'

test('a topology of JSON has a reader, and code has none', () => {
  expect(DATA_ENDINGS).toEqual(['.json'])
  expect(readerOf('/shop/topology.json')).toBeDefined()
  expect(['topology.ts', 'topology.mjs', 'json'].map(readerOf)).toEqual([undefined, undefined, undefined])
})

test('only the table of readers knows that a topology may be JSON', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'project')
  const asks = readdirSync(folder).filter((name) =>
    /extname\(file\) === '\.json'|'not-json'|ENDINGS.*'json'/.test(readFileSync(join(folder, name), 'utf8')),
  )
  expect(asks).toEqual([])
})
