import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArtifactFiles } from './zip.ts'

/** Writes the files of an artifact into a folder, as Lambda does. */
export async function unpack(files: ArtifactFiles, folder: string): Promise<void> {
  for (const [path, { contents, executable }] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), contents, { mode: executable ? 0o755 : 0o644 })
  }
}
