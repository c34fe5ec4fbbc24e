import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** The program of Redis, after installing it where needed. Throws if that fails. */
function redis(): string {
  return fromDebian('redis-server', ['/usr/bin/redis-server'])
}

/** Installs a server unless it is there. Each returns its program or folder. */
export const INSTALLS = { redis }

/** A program that a package of Debian brings. Its service is not started. */
function fromDebian(name: string, places: readonly string[]): string {
  const find = () => places.find((place) => existsSync(place))
  const found = find()
  if (found !== undefined) return found
  // Debian's packages start their services at once, unless this policy forbids it.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', SYSTEMD_OFFLINE: '1' }
  try {
    run('apt-get', ['update', '-qq'], env)
    run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', name], env)
  } catch (cause) {
    throw new Error(`"apt-get install ${name}" failed. Install ${name} by hand, at ${places[0]}.`, { cause })
  }
  const installed = find()
  if (installed === undefined) throw new Error(`${name} is installed, but not at ${places.join(' or ')}.`)
  return installed
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  execFileSync(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
