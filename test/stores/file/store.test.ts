import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorsFile, openFileStore } from '../../../src/stores/file/store.ts'
import { folderOf } from '../../cli/folder.ts'
import { nthRecord, readerContract } from '../../contract/error-reader.ts'

function storeIn(folder = folderOf({})) {
  const file = errorsFile(folder, 'dev', 'orders')
  return { folder, file, store: openFileStore(file) }
}

readerContract('of a file', () => {
  const file = errorsFile(folderOf({}), 'dev', 'orders')
  const reader = openFileStore(file)
  const put = async (_: string, text: string) => void reader.append([JSON.parse(text)])
  return { reader, put, close: () => Promise.resolve() }
}, [
  {
    test: 'lists its records, the oldest first; listing removes nothing',
    reason: 'records keep the order in which they were put',
  },
  {
    test: 'lists a record once that was recorded twice, in its last form',
    reason: 'records keep the order in which they were put',
  },
])

test('without records there is no file', () => {
  const { store, folder } = storeIn()
  expect(store.list()).toMatchObject({ records: [], problems: [] })
  store.append([])
  store.remove([nthRecord(1)])
  store.openRun({ anew: true }).close()
  expect(existsSync(join(folder, '.attak'))).toBe(false)
})

test('records are found when the file is opened again, the last one of each id', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1), nthRecord(2)])
  store.append([nthRecord(1, 30)])
  expect(openFileStore(file).list().records).toEqual([nthRecord(1, 30), nthRecord(2)])
})

test('a removed record is gone in all its lines, and later ones stay', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1), nthRecord(2), nthRecord(1, 30)])
  store.remove([nthRecord(1, 30), nthRecord(3), nthRecord(2, 1)])
  expect(store.list().records).toEqual([nthRecord(2)])
  store.append([nthRecord(1, 30), nthRecord(3)])
  expect(openFileStore(file).list()).toEqual({
    records: [nthRecord(2), nthRecord(1, 30), nthRecord(3)],
    problems: [],
    notes: [],
  })
})

test('a run that another run has replaced adds nothing to the errors of that run', () => {
  const { store } = storeIn()
  const [one, other] = [store.openRun({ anew: true }), store.openRun({ anew: true })]
  one.append([nthRecord(1)])
  const more = store.openRun({ anew: false })
  more.append([nthRecord(2)])
  expect(store.list().records).toEqual([nthRecord(1), nthRecord(2)])
  other.append([nthRecord(3)])
  one.append([nthRecord(4)])
  more.append([nthRecord(5)])
  expect(store.list().records).toEqual([nthRecord(3)])
  expect([one, more, other].map((run) => run.isLast())).toEqual([false, false, true])
  for (const run of [one, more, other]) run.close()
})

test('an unreadable line is reported with its number, and stays', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  appendFileSync(file, '{"cut off\n')
  store.append([nthRecord(2)])
  store.remove([nthRecord(1)])
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(2)])
  expect(problems).toMatchObject([{ code: 'RECORD_UNREADABLE', where: `${file}:3` }])
})

test('only its user can read the file, and version control ignores it', () => {
  const { store, file, folder } = storeIn()
  store.append([nthRecord(1)])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, '.attak', '.gitignore'), 'utf8')).toBe('*\n')
})

test('a truncated line does not damage the next record', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  appendFileSync(file, '{"cut off')
  expect(store.list()).toEqual({ records: [nthRecord(1)], problems: [], notes: [] })
  store.append([nthRecord(2)])
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(1), nthRecord(2)])
  expect(problems).toMatchObject([{ where: `${file}:3` }])
})

test('bytes that are not UTF-8 are reported with line and column, and stay', () => {
  const { store, file } = storeIn()
  store.append([nthRecord(1)])
  const bad = Buffer.concat([Buffer.from('\ufeff \r\n{"é":"'), Buffer.from([0xff]), Buffer.from('"}\r\n')])
  appendFileSync(file, bad)
  store.append([nthRecord(2)])
  store.remove([nthRecord(1)])
  const { records, problems } = store.list()
  expect(records).toEqual([nthRecord(2)])
  expect(problems).toMatchObject([
    { code: 'RECORD_UNREADABLE', where: `${file}:3` },
    { code: 'RECORD_UNREADABLE', where: `${file}:4:7`, what: 'not UTF-8: the byte 0xff is no part of a character' },
  ])
  expect(readFileSync(file).includes(bad.subarray(-12))).toBe(true)
})

test('a folder in place of the file is refused with its path', () => {
  const { store, file } = storeIn()
  mkdirSync(file, { recursive: true })
  const removing = () => store.remove([nthRecord(1)])
  const opening = () => store.openRun({ anew: true })
  for (const use of [store.list, () => store.append([nthRecord(1)]), removing, opening]) {
    expect(use).toThrow(expect.objectContaining({ path: file }))
  }
})
