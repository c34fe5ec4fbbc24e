import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { ProvidedContext } from 'vitest'
import type { TestProject } from 'vitest/node'
// @ts-expect-error A script, without types.
import { installEmulators } from '../../.ci/emulators.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where ministack listens: runs functions, moves messages, checks no permission. */
    readonly ministack: string
    /** Where moto listens: checks what policies say; runs no function. */
    readonly moto: string
    /** A separate moto for the test that has it check signatures and permissions from some call on. */
    readonly guardedMoto: string
  }
}

/** Starts the emulators for all cloud tests together, each on a free port of this machine alone. */
export default async function startEmulators(project: TestProject): Promise<() => Promise<void>> {
  const programs: string = installEmulators()
  const folder = mkdtempSync(join(tmpdir(), 'attak-cloud-'))
  const processes: ChildProcess[] = []
  const run = async (name: keyof ProvidedContext, health: string, command: (port: string) => Command) => {
    const port = String(await freePort())
    const { program, args = [], env = {} } = command(port)
    processes.push(start(name, join(programs, program), args, folder, env))
    await answered(`http://127.0.0.1:${port}${health}`)
    project.provide(name, `http://127.0.0.1:${port}`)
  }
  const moto = (port: string) => ({ program: 'moto_server', args: ['-H', '127.0.0.1', '-p', port] })
  const stop = async () => {
    await Promise.all(processes.map(end))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all([
      run('ministack', '/_ministack/health', (port) => ({
        program: 'python',
        args: [resolve('test/cloud/start-ministack.py')],
        env: ministackEnvironment(port),
      })),
      run('moto', '/moto-api/', moto),
      run('guardedMoto', '/moto-api/', moto),
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

interface Command {
  readonly program: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

function ministackEnvironment(port: string) {
  const own = { BIND_HOST: '127.0.0.1', GATEWAY_PORT: port, MINISTACK_HOST: '127.0.0.1', LOG_LEVEL: 'WARNING' }
  // Separate listeners, on every address of the machine.
  return { ...own, SFTP_ENABLED: '0', IOT_MTLS_ENABLED: '0' }
}

/**
 * Starts a program with nothing of the caller's environment but where programs are, so that no AWS setting of theirs comes
 * along. Functions run on the Node that runs the tests. What it prints goes to .emulators/<name>.log.
 */
function start(
  name: string,
  program: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const home = mkdtempSync(join(folder, 'home-'))
  mkdirSync(join(home, 'tmp'))
  const log = openSync(join(dirname(dirname(program)), `${name}.log`), 'w')
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
  return spawn(program, [...args], {
    cwd: home,
    env: { PATH: path, HOME: home, TMPDIR: join(home, 'tmp'), ...env },
    stdio: ['ignore', log, log],
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answered(address: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(address)
      await response.arrayBuffer()
      if (response.ok) return
    } catch (error) {
      if (tries > 300) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}
