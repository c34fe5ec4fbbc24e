import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AttakError } from '../errors.ts'
import { fieldsOf, jsonOrText } from '../runtime/text.ts'
import { packageFile } from './client.ts'

/** A package to install. */
export interface Wanted {
  readonly name: string
  readonly version: string | undefined
  /** The folder that the receiver's config is in. */
  readonly from: string
  /** The folder of the project. */
  readonly dir: string
  /** Where to install from; undefined: as npm is configured. */
  readonly registry: string | undefined
  /** Takes a sentence about what is about to happen. */
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/** How long npm may take. */
const MOST_MS = 180_000

/**
 * Returns the file of a package: as installed in the project, if it has the wanted version; else as installed by attak before, or
 * now, in `.attak/receivers`. No scripts of packages are run. Throws INSTALL_FAILED.
 */
export async function installedFile(wanted: Wanted): Promise<string> {
  const { name, version, from, dir } = wanted
  const own = [from, dir].map((folder) => packageFile(folder, name)).find((file) => file !== undefined)
  if (own !== undefined && isWanted(own, name, version)) return own
  const folder = join(dir, '.attak', 'receivers', `${name}@${version ?? 'latest'}`.replaceAll('/', '+'))
  const before = existsSync(folder) ? packageFile(folder, name) : undefined
  if (before !== undefined) return before
  await install(wanted, folder)
  const file = packageFile(folder, name)
  if (file !== undefined) return file
  throw new AttakError('INSTALL_FAILED', `${name} has no module to import`, 'Is it the name of the right package?')
}

/** A range or a tag is as good as the version that the project chose for it. */
function isWanted(file: string, name: string, version: string | undefined): boolean {
  if (version === undefined || !/^\d+\.\d+\.\d+/.test(version)) return true
  const folder = file.slice(0, file.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length)
  try {
    return fieldsOf(jsonOrText(readFileSync(join(folder, 'package.json'), 'utf8')))?.version === version
  } catch {
    return false
  }
}

async function install({ name, version, registry, say, signal }: Wanted, folder: string): Promise<void> {
  const spec = `${name}@${version ?? 'latest'}`
  say(
    `Installing ${spec}${registry === undefined ? '' : ` from ${withoutPassword(registry)}`} into ${folder}. Its scripts are not run.`,
  )
  const made = `${folder}.${randomUUID()}`
  mkdirSync(made, { recursive: true })
  try {
    writeFileSync(join(made, 'package.json'), '{ "private": true }\n')
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    const from = registry === undefined ? [] : [`--registry=${registry}`]
    await npm(['install', '--save-exact', ...flags, ...from, '--', spec], { cwd: made, spec, signal })
    rmSync(folder, { recursive: true, force: true })
    renameSync(made, folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

interface Running {
  readonly cwd: string
  readonly spec: string
  readonly signal: AbortSignal
}

function npm(args: readonly string[], { cwd, spec, signal }: Running): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, remedy: string) =>
      reject(new AttakError('INSTALL_FAILED', `${spec} could not be installed: ${why}`, remedy))
    const isWindows = globalThis.process.platform === 'win32'
    const stops = AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)])
    const child = spawn(isWindows ? 'npm.cmd' : 'npm', args, {
      ...{ cwd, shell: isWindows, signal: stops, stdio: ['ignore', 'ignore', 'pipe'] },
    })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MOST_OUTPUT)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) fail('it was interrupted', 'Run the command again.')
      else if (stops.aborted) fail(`npm took longer than ${MOST_MS / 1000} s`, 'Check the network, then run it again.')
      else if (error.code === 'ENOENT') fail('there is no npm on the PATH', `Install it by hand: npm install ${spec}`)
      else fail(error.message, 'Check that npm works.')
    })
    child.on('close', (code) => {
      if (code === 0) resolve()
      else fail(reasonIn(output), 'Check the name, the version and NPM_REGISTRY.')
    })
  })
}

const MOST_OUTPUT = 4000

/** What npm says first, without its prefix and without a password. */
function reasonIn(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^npm (?:error|ERR!) ?/, '').trim())
  const said = lines.filter((line) => line !== '' && !/^A complete log|^code /.test(line))
  return withoutPassword(said.slice(0, 3).join(' ') || 'npm failed without a reason')
}

function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s/@]*@/g, '$1…@')
}
