import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
// @ts-expect-error A script, without types.
import { installEmulators } from '../../.ci/emulators.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where ministack listens: runs functions, moves messages, checks no permission. */
    readonly ministack: string
    /** Where moto listens: checks policies, and signatures once told to; runs no function. */
    readonly moto: string
  }
}

/** Starts the emulators for all cloud tests together, each on a free port of this machine alone. */
export default async function startEmulators(project: TestProject): Promise<() => Promise<void>> {
  const programs: string = installEmulators()
  const folder = mkdtempSync(join(tmpdir(), 'attak-cloud-'))
  const [ministackPort, motoPort] = [await freePort(), await freePort()]
  const processes = [
    start(join(programs, 'ministack'), [], folder, {
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(ministackPort),
      MINISTACK_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
    }),
    start(join(programs, 'moto_server'), ['-H', '127.0.0.1', '-p', String(motoPort)], folder, {
      INITIAL_NO_AUTH_ACTION_COUNT: 'inf',
    }),
  ]
  const stop = async () => {
    await Promise.all(processes.map(end))
    rmSync(folder, { recursive: true, force: true })
  }
  const addresses = [ministackPort, motoPort].map((port) => `http://127.0.0.1:${port}`)
  try {
    await Promise.all([answered(`${addresses[0]}/_ministack/health`), answered(`${addresses[1]}/moto-api/`)])
  } catch (error) {
    await stop()
    throw error
  }
  project.provide('ministack', addresses[0]!)
  project.provide('moto', addresses[1]!)
  return stop
}

/**
 * Starts a program with nothing of the caller's environment but where programs are, so that no AWS setting of theirs comes
 * along. Functions run on the Node that runs the tests. What it prints goes to .emulators/<program>.log.
 */
function start(program: string, args: string[], folder: string, env: Record<string, string>): ChildProcess {
  const home = mkdtempSync(join(folder, 'home-'))
  mkdirSync(join(home, 'tmp'))
  const log = openSync(join(dirname(dirname(program)), `${basename(program)}.log`), 'w')
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
  return spawn(program, args, {
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
