import { readdirSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type Choose, type FileStore, openFileStore } from './store.ts'

/**
 * Opens error records in a file for each month, beside `file`: `orders.2026-11.jsonl` beside `orders.jsonl`. `file` itself,
 * in which earlier versions of attak kept them all, is read as the first. A file that nothing was added to for `keptMs` is
 * removed whole, so that no file is ever rewritten while another process adds to it.
 */
export function openMonths(
  file: string,
  { nowMs, keptMs }: { readonly nowMs: number; readonly keptMs: number },
): Pick<FileStore, 'append' | 'list'> {
  const current = `${file.slice(0, -'.jsonl'.length)}.${new Date(nowMs).toISOString().slice(0, 7)}.jsonl`
  return {
    append: (records) => openFileStore(current).append(records),
    list(choose: Choose = (_, later) => later) {
      const lists = monthsOf(file)
        .filter((month) => month === current || !removeIfOld(month, nowMs - keptMs))
        .map((month) => openFileStore(month).list(choose))
      const records = new Map<string, ErrorRecord>()
      for (const record of lists.flatMap(({ records }) => records)) {
        const earlier = records.get(record.id)
        records.set(record.id, earlier === undefined ? record : choose(earlier, record))
      }
      return { records: [...records.values()], problems: lists.flatMap(({ problems }) => problems), notes: [] }
    },
  }
}

/** The files there are, the oldest first. */
function monthsOf(file: string): readonly string[] {
  const [folder, first] = [dirname(file), basename(file)]
  const start = first.slice(0, -'jsonl'.length)
  const names = namesIn(folder)
  const isMonth = (name: string) => name.startsWith(start) && /^\d{4}-\d\d\.jsonl$/.test(name.slice(start.length))
  return [...names.filter((name) => name === first), ...names.filter(isMonth).sort()].map((name) => join(folder, name))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Returns whether the file is gone: it was old, or another process has removed it. */
function removeIfOld(file: string, beforeMs: number): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return true
  if (!found.isFile() || found.mtimeMs >= beforeMs) return false
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return true
}
