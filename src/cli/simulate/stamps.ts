import { stampOf } from '../../project/modules.ts'

/** Remembers how files were when they were added. */
export interface Stamps {
  add(files: readonly string[]): void
  files(): readonly string[]
  /** A file that is no longer as it was; made and removed count too. */
  changed(): string | undefined
}

/** Starts with no files. */
export function stampsOf(): Stamps {
  const stamps = new Map<string, string | undefined>()
  return {
    add(files) {
      for (const file of files) if (!stamps.has(file)) stamps.set(file, stampOf(file))
    },
    files: () => [...stamps.keys()],
    changed() {
      for (const [file, stamp] of stamps) if (stampOf(file) !== stamp) return file
      return undefined
    },
  }
}
