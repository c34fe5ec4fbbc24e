import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { atPath } from '../errors.ts'
import type { ArtifactFiles } from './zip.ts'

/** Writes the files of an artifact into a folder, as Lambda does. */
export async function unpack(files: ArtifactFiles, folder: string): Promise<void> {
  for (const [path, { contents, executable }] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await atPath(file, () => writeFile(file, contents, { mode: executable ? 0o755 : 0o644 }))
  }
}
