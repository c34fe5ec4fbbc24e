import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { errorsFile, openFileStore, RUN_PART } from '../../../src/stores/file/store.ts'
import { createFileWriter } from '../../../src/stores/file/writer.ts'
import { recordOf } from '../../contract/error-record.ts'

function fileIn(): string {
  const dir = mkdtempSync(join(tmpdir(), 'attak-writer-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const file = errorsFile(dir, RUN_PART, 'orders')
  mkdirSync(dirname(file), { recursive: true })
  return file
}

const RECORD = recordOf()
const put = (file: string) => createFileWriter(file).put([{ id: RECORD.id, text: JSON.stringify(RECORD) }], 1000)

test('records that are put are in the file', async () => {
  const file = fileIn()
  expect(await put(file)).toEqual([])
  expect(openFileStore(file).list().records).toMatchObject([{ id: RECORD.id }])
})

test('a pipe in the place of the file refuses records, and blocks nothing', async () => {
  const file = fileIn()
  spawnSync('mkfifo', [file])
  expect(await put(file)).toMatchObject([{ index: 0, passing: false }])
})

test('a link in the place of the file is not followed', async () => {
  const file = fileIn()
  const other = join(dirname(file), 'other')
  writeFileSync(other, 'mine')
  symlinkSync(other, file)
  expect(await put(file)).toMatchObject([{ index: 0, passing: false }])
  expect(readFileSync(other, 'utf8')).toBe('mine')
})
