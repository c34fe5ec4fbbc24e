import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Makes folders that are removed when the process ends. Where a command takes signals over, the first of them is for the command. */
export function temporaryFolders(
  process: NodeJS.Process,
  { leave, areTaken }: { readonly leave: (code: number) => never; readonly areTaken: () => boolean },
): () => string {
  const folders: string[] = []
  let signals = 0
  const watch = () => {
    process.on('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    })
    for (const [name, code] of Object.entries(SIGNALS)) {
      process.on(name, () => {
        const isForCommand = name !== 'SIGHUP' && areTaken() && signals++ === 0
        if (!isForCommand) leave(code)
      })
    }
  }
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'attak-'))
    if (folders.push(folder) === 1) watch()
    return folder
  }
}
