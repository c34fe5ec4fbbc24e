import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The major versions of Node that cases run on. */
export const MAJORS = [20, 22, 24] as const

/** One of {@link MAJORS}. */
export type Major = (typeof MAJORS)[number]

/** The versions that continuous integration runs the tests on. */
const NODES: Readonly<Record<Major, string>> = JSON.parse(
  readFileSync(new URL('../../.ci/nodes.json', import.meta.url), 'utf8'),
)

const HERE = dirname(fileURLToPath(import.meta.url))

/** Returns a folder with all packages of the corpus; installs them if this machine has none of this lockfile yet. */
export function installPackages(): string {
  const manifests = ['package.json', 'package-lock.json'].map((name) => join(HERE, name))
  const key = createHash('sha256')
  for (const file of manifests) key.update(readFileSync(file))
  return installed(`packages-${key.digest('hex').slice(0, 16)}`, (folder) => {
    for (const file of manifests) cpSync(file, join(folder, file.slice(HERE.length)))
    npm('ci', '--prefix', folder)
  })
}

/** Returns the program of a version of Node; installs it from npm if this machine has not got it yet. */
export function installNode(major: Major): string {
  const name = `node-${process.platform}-${process.arch}`
  const folder = installed(`${name}-${NODES[major]}`, (made) =>
    npm('install', '--prefix', made, `${name}@${NODES[major]}`),
  )
  return join(folder, 'node_modules', name, 'bin/node')
}

function npm(...args: string[]): void {
  execFileSync('npm', [...args, '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** A folder that `install` fills once. It is outside of this repository: its packages must not be found from there. */
function installed(name: string, install: (folder: string) => void): string {
  const kept = join(tmpdir(), `attak-corpus-${userInfo().uid}`)
  const folder = join(kept, name)
  if (existsSync(folder)) return folder
  mkdirSync(kept, { recursive: true, mode: 0o700 })
  const made = mkdtempSync(join(kept, 'making-'))
  try {
    install(made)
    renameSync(made, folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  return folder
}
