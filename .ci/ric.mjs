// Installs what Lambda runs functions with into .ric/: AWS's runtime client and the Nodes of its runtimes, once, and again when
// a version has changed. The client is built from its sources.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../.ric/', import.meta.url))
const CLIENT = '4.0.2'
const versions = JSON.parse(readFileSync(new URL('nodes.json', import.meta.url), 'utf8'))
/** By the runtimes that functions can have. */
const NODES = { 'nodejs22.x': versions[22], 'nodejs24.x': versions[24] }
const TOOLS = ['autoconf', 'automake', 'libtoolize', 'cmake', 'make', 'g++', 'tar', 'xz']

/**
 * Returns the client's program and the Node of each runtime, after installing them where needed; or why they cannot be had:
 * `{ missing: 'autoconf, cmake' }`.
 */
export function installRuntimes() {
  const missing = TOOLS.filter((tool) => !hasTool(tool))
  if (process.platform !== 'linux') return { missing: 'Linux' }
  const stamp = join(folder, 'installed.json')
  const platform = `node-${process.platform}-${process.arch}`
  const dependencies = { 'aws-lambda-ric': CLIENT }
  for (const [runtime, version] of Object.entries(NODES)) dependencies[runtime] = `npm:${platform}@${version}`
  const wanted = JSON.stringify({ private: true, dependencies })
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    if (missing.length > 0) return { missing: missing.join(', ') }
    install(wanted)
    writeFileSync(stamp, wanted)
  }
  const nodes = Object.keys(NODES).map((runtime) => [runtime, join(folder, 'node_modules', runtime, 'bin/node')])
  return { client: join(folder, 'node_modules/aws-lambda-ric/index.mjs'), nodes: Object.fromEntries(nodes) }
}

function hasTool(tool) {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function install(manifest) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), manifest)
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${JSON.stringify(installRuntimes())}\n`)
