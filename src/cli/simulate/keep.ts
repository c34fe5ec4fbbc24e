import { errorOfSystem, type Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import type { FileStore, RunFile } from '../../stores/file/store.ts'
import { drawNumber } from '../../view/duration.ts'
import type { Hint } from '../hint.ts'

/** Stores the error records of a run. */
export interface Keeping {
  readonly take: (record: ErrorRecord) => void
  /** Writes what waits. */
  readonly flush: () => void
  /** Writes waiting records, and returns sentences about their place for the end of the story. */
  end(): readonly string[]
  /** The problems of storing them: they do not fail a run. */
  problems(): readonly Problem[]
}

const REPLACED: Problem = {
  ...{ code: 'STORE_FAILED', severity: 'warning', where: 'errors of this run' },
  what: 'are no longer kept: another simulation of this topology replaced them, or their file was removed',
  remedy: 'Run it again, with no other simulation of the same topology at the same time.',
}

/** The most records of one write; fewer are written when the thread is next free. */
const BLOCK_RECORDS = 100
/** The most bytes stored for one run: as much as can be read again at once. */
const MOST_BYTES = 256 * 1024 * 1024

/** How a run stores its errors. */
export interface KeepOptions {
  /** Those of the run before go. */
  readonly anew: boolean
  /** Writes the commands that sentences name, such as `errors list`, for the errors of this store. */
  readonly hint: Hint
}

/** Begins a run's errors in a file. Nothing is written where nothing fails. */
export function keepErrors(store: FileStore, { anew, hint }: KeepOptions): Keeping {
  let waiting: ErrorRecord[] = []
  let [kept, left, bytes] = [0, 0, 0]
  let first: string | undefined
  let failure: unknown
  let run: RunFile | undefined
  let isLast = true

  const attempt = (write: () => void) => {
    try {
      if (failure === undefined) write()
    } catch (error) {
      failure = error
    }
  }
  const flush = () => {
    const records = waiting
    waiting = []
    if (records.length === 0) return
    attempt(() => {
      bytes += run?.append(records) ?? 0
      kept += records.length
    })
  }
  attempt(() => {
    run = store.openRun({ anew })
  })

  return {
    flush,
    take(record) {
      if (bytes >= MOST_BYTES) {
        left++
        return
      }
      first ??= record.id
      waiting.push(record)
      if (waiting.length === 1) setImmediate(flush)
      else if (waiting.length >= BLOCK_RECORDS) flush()
    },
    end() {
      flush()
      attempt(() => {
        isLast = run?.isLast() ?? true
        run?.close()
        run = undefined
      })
      if (kept === 0 || !isLast) return []
      const most = left === 0 ? [] : [`Only the first ${drawNumber(kept)} errors were kept.`]
      const command = kept === 1 ? `show ${first}` : 'list'
      return [...most, `Details: ${hint(`errors ${command}`)}`]
    },
    problems() {
      if (failure !== undefined) return [notKept(failure)]
      return isLast ? [] : [REPLACED]
    },
  }
}

function notKept(failure: unknown): Problem {
  const error = errorOfSystem(failure)
  const what = `could not be kept: ${error?.message ?? (failure instanceof Error ? failure.message : failure)}`
  const remedy = `attak errors does not find them. ${error?.remedy ?? 'Let attak write to the folder .attak of the project.'}`
  return { code: 'STORE_FAILED', severity: 'warning', where: 'errors of this run', what, remedy }
}
