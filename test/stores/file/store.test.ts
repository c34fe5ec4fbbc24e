import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorsFile, openFileStore } from '../../../src/stores/file/store.ts'
import { folderOf } from '../../cli/folder.ts'
import { nthRecord } from '../../contract/shelf.ts'

function storeIn(folder = folderOf({})) {
  const file = errorsFile(folder, 'dev', 'orders')
  return { folder, file, store: openFileStore(file) }
}

test('where nothing was put there is nothing, and no file', () => {
  const { store, folder } = storeIn()
  expect(store.list()).toMatchObject({ records: [], problems: [] })
  store.append([])
  store.remove(new Set(['x']))
  store.clear()
  expect(existsSync(join(folder, '.attak'))).toBe(false)
})

test('records are there for whoever opens the file again, the last of an id', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1), nthRecord(2)])
  store.append([nthRecord(1, 30)])
  expect(openFileStore(file).list().records).toEqual([nthRecord(1, 30), nthRecord(2)])
})

test('what is removed is gone in all its lines, and with the last record the file', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1), nthRecord(2), nthRecord(1, 30)])
  store.remove(new Set([nthRecord(1).id, 'nobody']))
  expect(store.list().records).toEqual([nthRecord(2)])
  store.remove(new Set([nthRecord(2).id]))
  expect(existsSync(file)).toBe(false)
})

test('what cannot be read is told by its line, and stays', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  appendFileSync(file, '{"cut off\n')
  store.append([nthRecord(2)])
  store.remove(new Set([nthRecord(1).id]))
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(2)])
  expect(problems).toMatchObject([{ code: 'RECORD_UNREADABLE', where: `${file}:1` }])
})

test('its user alone can read the file, and version control leaves it out', () => {
  const { store, file, folder } = storeIn()
  store.append([nthRecord(1)])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, '.attak', '.gitignore'), 'utf8')).toBe('*\n')
})

test('a line that was cut off does not take the next record with it', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  appendFileSync(file, '{"cut off')
  store.append([nthRecord(2)])
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(1), nthRecord(2)])
  expect(problems).toMatchObject([{ where: `${file}:2` }])
})

test('bytes that are no UTF-8 are told with line and column, and stay as they are', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  const bad = Buffer.concat([Buffer.from('\ufeff \r\n{"é":"'), Buffer.from([0xff]), Buffer.from('"}\r\n')])
  appendFileSync(file, bad)
  store.append([nthRecord(2)])
  store.remove(new Set([nthRecord(1).id]))
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(2)])
  expect(problems).toMatchObject([
    { code: 'RECORD_UNREADABLE', where: `${file}:1` },
    { code: 'RECORD_UNREADABLE', where: `${file}:2:7`, what: 'not UTF-8: the byte 0xff is no part of a character' },
  ])
  expect(readFileSync(file).includes(bad.subarray(-12))).toBe(true)
})

test('a folder in its place is refused with its path', () => {
  const { store, file } = storeIn()
  mkdirSync(file, { recursive: true })
  for (const use of [store.list, () => store.append([nthRecord(1)]), () => store.remove(new Set()), store.clear]) {
    expect(use).toThrow(expect.objectContaining({ path: file }))
  }
})
