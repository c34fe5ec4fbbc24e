import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { CaseOrder, CaseRun } from './child.ts'

const root = new URL('../../', import.meta.url)

/** Runs cases in their own process, with attak as users have it: built, and imported by its name. */
export interface CaseRunner {
  run(order: CaseOrder): Promise<CaseRun>
  close(): void
}

/** Opens a runner of cases. */
export function openCaseRunner(): CaseRunner {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-model-')))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(fileURLToPath(root), join(folder, 'node_modules/attak'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const file = join(folder, 'child.js')
  const entry = fileURLToPath(new URL('child.ts', import.meta.url))
  // Without this repository's paths, which lead from `attak` to its sources.
  const own = { packages: 'external', tsconfigRaw: {}, target: 'node20' } as const
  buildSync({ entryPoints: [entry], outfile: file, bundle: true, platform: 'node', format: 'esm', ...own })
  let child: ChildProcess | undefined
  return {
    run(order) {
      child ??= fork(file, [new URL('dist/cli.js', root).href], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      })
      const running = child
      return new Promise((resolve) => {
        let errors = ''
        const listen = (chunk: Buffer) => {
          errors += chunk
        }
        const ended = (code: number | null) => {
          child = undefined
          resolve({ failure: `ended with ${code}: ${errors}`, transcript: [], probed: [], records: [] })
        }
        running.stderr!.on('data', listen)
        running.once('exit', ended)
        running.once('message', (run) => {
          running.off('exit', ended)
          running.stderr!.off('data', listen)
          resolve(run as CaseRun)
        })
        running.send(order)
      })
    },
    close() {
      child?.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
