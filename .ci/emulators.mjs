// Installs the emulators of the cloud tests into .emulators/, a separate Python environment. Does it again when
// .ci/emulators.txt has changed.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../.emulators/', import.meta.url))
const list = fileURLToPath(new URL('emulators.txt', import.meta.url))

/** Gives the folder of the emulators' programs, after installing them where needed. */
export function installEmulators() {
  const programs = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
  const stamp = join(folder, 'installed.txt')
  const wanted = readFileSync(list, 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return programs
  rmSync(folder, { recursive: true, force: true })
  const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  try {
    run(process.platform === 'win32' ? 'python' : 'python3', '-m', 'venv', folder)
  } catch (cause) {
    throw new Error('The cloud tests need Python 3.10 or later with its venv module.', { cause })
  }
  run(join(programs, 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', list)
  writeFileSync(stamp, wanted)
  return programs
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installEmulators()
