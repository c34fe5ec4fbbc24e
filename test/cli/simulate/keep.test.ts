import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Hint, hintOf } from '../../../src/cli/hint.ts'
import { keepErrors } from '../../../src/cli/simulate/keep.ts'
import { errorsFile, openFileStore, SIMULATED_PART } from '../../../src/stores/file/store.ts'
import { nthRecord } from '../../contract/error-reader.ts'
import { turn } from '../../contract/host.ts'
import { folderOf } from '../folder.ts'

const hint: Hint = (words) => hintOf({ flags: {} })(`${words} --run`)

function storeIn(folder = folderOf({})) {
  const file = errorsFile(folder, SIMULATED_PART, 'orders')
  return { folder, file, store: openFileStore(file) }
}

test('without failures nothing is written, and the errors of the previous run are removed', () => {
  const { store, file, folder } = storeIn()
  expect(keepErrors(store, { anew: true, hint }).end()).toEqual([])
  expect(existsSync(join(folder, '.attak'))).toBe(false)
  store.append([nthRecord(1)])
  expect(keepErrors(store, { anew: false, hint }).end()).toEqual([])
  expect(store.list().records).toHaveLength(1)
  keepErrors(store, { anew: true, hint })
  expect(existsSync(file)).toBe(false)
})

test('records are written in blocks, the last at the end, and the summary prints how to see them', async () => {
  const { store } = storeIn()
  const keeping = keepErrors(store, { anew: true, hint })
  keeping.take(nthRecord(1))
  expect(store.list().records).toEqual([])
  await turn()
  expect(store.list().records).toHaveLength(1)
  for (let n = 2; n <= 120; n++) keeping.take(nthRecord(n))
  expect(store.list().records).toHaveLength(101)
  expect(keeping.end()).toEqual(['Details: attak errors list --run'])
  expect(store.list().records).toEqual(Array.from({ length: 120 }, (_, index) => nthRecord(index + 1)))
})

test('the summary prints how to see a single error', () => {
  const keeping = keepErrors(storeIn().store, { anew: true, hint })
  keeping.take(nthRecord(1))
  expect(keeping.end()).toEqual([`Details: attak errors show ${nthRecord(1).id} --run`])
})

test('a folder that cannot be written is reported, and the run continues', () => {
  const { store, folder } = storeIn()
  writeFileSync(join(folder, '.attak'), 'a file where a folder should be')
  const keeping = keepErrors(store, { anew: true, hint })
  for (let n = 1; n <= 250; n++) keeping.take(nthRecord(n))
  expect(keeping.end()).toEqual([])
  expect(keeping.problems()).toEqual([
    expect.objectContaining({
      code: 'STORE_FAILED',
      severity: 'warning',
      what: expect.stringMatching(/ENOTDIR|EEXIST/),
    }),
  ])
})

test.skipIf(process.platform === 'win32')('a folder that leads to a device is reported in words', () => {
  const { store, folder } = storeIn()
  symlinkSync('/dev/null', join(folder, '.attak'))
  const keeping = keepErrors(store, { anew: true, hint })
  keeping.take(nthRecord(1))
  keeping.end()
  expect(keeping.problems()).toEqual([
    expect.objectContaining({
      code: 'STORE_FAILED',
      what: expect.stringMatching(
        /^could not be kept: \/.*: a part of the path is a file, not a folder \(ENOTDIR, \w+\)$/,
      ),
    }),
  ])
})

test('errors beyond what can be read again are not kept, and the summary reports it', () => {
  const { store } = storeIn()
  const run = { append: (records: readonly unknown[]) => records.length * 2 ** 20, isLast: () => true, close() {} }
  const keeping = keepErrors({ ...store, openRun: () => run }, { anew: true, hint })
  for (let n = 1; n <= 1000; n++) keeping.take(nthRecord(n))
  expect(keeping.end()).toEqual(['Only the first 300 errors were kept.', 'Details: attak errors list --run'])
})
