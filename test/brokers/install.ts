import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where servers are kept that no package of the system brings. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'attak-test-brokers')
const TOXIPROXY = 'github.com/Shopify/toxiproxy/v2/cmd/server'
const TOXIPROXY_VERSION = 'v2.12.0'
const POM = fileURLToPath(new URL('kafka.pom.xml', import.meta.url))

/** Installs a server unless it is there. Each returns its program or folder, and throws if it cannot be installed. */
export const INSTALLS = {
  redis: () => fromDebian('redis-server', '/usr/bin/redis-server'),
  rabbit: () => fromDebian('rabbitmq-server', '/usr/lib/rabbitmq/bin/rabbitmq-server'),
  toxiproxy,
  kafka,
}

/** A program that a package of Debian brings. */
function fromDebian(name: string, program: string): string {
  if (existsSync(program)) return program
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-qq'], { env, remedy: `Install ${name} by hand, at ${program}.` })
  run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', name], {
    env,
    remedy: `Install ${name} by hand, at ${program}.`,
  })
  if (!existsSync(program)) throw new Error(`${name} is installed, but not at ${program}.`)
  return program
}

function toxiproxy(): string {
  const folder = cached(`toxiproxy-${TOXIPROXY_VERSION}`, (to) => {
    const remedy = 'It needs Go and its module proxy.'
    run('go', ['install', `${TOXIPROXY}@${TOXIPROXY_VERSION}`], { env: { GOBIN: to }, remedy })
  })
  return join(folder, 'server')
}

/** The folder of Kafka's jar files. */
function kafka(): string {
  const version = /kafka_2\.13<\/artifactId>\s*<version>([\d.]+)/.exec(readFileSync(POM, 'utf8'))![1]!
  const folder = cached(`kafka-${version}`, (to) => {
    copyFileSync(POM, join(to, 'pom.xml'))
    const args = ['-q', '-B', '-f', join(to, 'pom.xml'), 'dependency:copy-dependencies', '-DoutputDirectory=lib']
    run('mvn', args, { remedy: 'It needs Java 17 or later, and Maven.' })
  })
  return join(folder, 'lib')
}

/** A folder of the cache, which is made whole or not at all. */
function cached(name: string, make: (folder: string) => void): string {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  const half = mkdtempSync(join(CACHE, 'half-'))
  try {
    make(half)
    renameSync(half, folder)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    // Another run was faster.
    if (!existsSync(folder)) throw error
  }
  return folder
}

interface Running {
  readonly env?: Readonly<Record<string, string>>
  readonly remedy: string
}

function run(program: string, args: readonly string[], { env, remedy }: Running): void {
  try {
    execFileSync(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    const { stderr, message } = cause as { readonly stderr?: Buffer; readonly message: string }
    const said = stderr?.toString().trim().slice(-1000) || message
    throw new Error(`"${program} ${args.join(' ')}" failed: ${said}\n${remedy}`, { cause })
  }
}
