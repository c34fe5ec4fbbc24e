import { existsSync, utimesSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openCopies } from '../../../src/cli/errors/copies.ts'
import { openMonths } from '../../../src/stores/file/months.ts'
import { errorsFile, openFileStore } from '../../../src/stores/file/store.ts'
import { folderOf } from '../../cli/folder.ts'
import { nthRecord } from '../../contract/error-reader.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 21, 14)

test('records of all months are listed, those of earlier versions first, and an old file is removed', () => {
  const file = errorsFile(folderOf({}), 'dev', 'orders')
  const at = (nowMs: number) => openMonths(file, { nowMs, keptMs: 30 * DAY_MS })
  openFileStore(file).append([nthRecord(1), nthRecord(2)])
  at(NOW_MS).append([nthRecord(2, 30)])
  at(NOW_MS + 20 * DAY_MS).append([nthRecord(3)])
  expect(at(NOW_MS).list().records).toEqual([nthRecord(1), nthRecord(2, 30), nthRecord(3)])
  const [old, young] = [NOW_MS / 1000 - 31 * 86_400, NOW_MS / 1000]
  utimesSync(file, old, old)
  utimesSync(file.replace('.jsonl', '.2026-11.jsonl'), young, young)
  expect(at(NOW_MS).list().records).toEqual([nthRecord(2, 30), nthRecord(3)])
  expect(existsSync(file)).toBe(false)
})

test('the mark of a replayed error stays if another command stores the same error a moment later', () => {
  const file = openMonths(errorsFile(folderOf({}), 'dev', 'orders'), { nowMs: NOW_MS, keptMs: 30 * DAY_MS })
  const [replaying, listing] = [openCopies(file, NOW_MS), openCopies(file, NOW_MS)]
  replaying.markReplayed([nthRecord(1)], '2026-11-21T14:00:00.000Z')
  listing.keep([nthRecord(1)])
  expect(openCopies(file, NOW_MS).all.get(nthRecord(1).id)?.replayed).toBe('2026-11-21T14:00:00.000Z')
  listing.keep([nthRecord(1, 50)])
  expect(openCopies(file, NOW_MS).all.get(nthRecord(1).id)).not.toHaveProperty('replayed')
})
