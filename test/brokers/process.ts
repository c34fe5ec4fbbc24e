import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server that tests started. */
export interface TestServer {
  readonly url: string
  readonly port: number
  /** The id of its process now. */
  pid(): number
  /** Ends it with SIGKILL. Resolves when it has ended. */
  kill(): Promise<void>
  /** Starts it again, on the same port and with the same data. Ends it with SIGKILL first if it runs. */
  restart(): Promise<void>
  /** Suspends it (SIGSTOP), or lets it go on. */
  pause(isPaused: boolean): void
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

interface Program {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** How a server is started. */
export interface ServerCommand extends Program {
  /** A program that it needs beside it, which runs until the server is stopped. */
  readonly beside?: Program
  /** Resolves when it answers; rejects while it does not. */
  ready(): Promise<void>
}

/** A server to start. */
export interface ServerPlan {
  readonly name: string
  /** How many ports it needs; the first is the one that clients use. */
  readonly ports: number
  url(port: number): string
  /** Writes what it needs into the folder, once, and returns how it is started. */
  prepare(folder: string, ports: readonly number[]): Promise<ServerCommand> | ServerCommand
}

const servers = new Set<TestServer>()
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Ends all servers that were started. */
export async function stopServers(): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()))
}

/** Another program may take a port before the server listens on it. */
const TRIES = 3

/** Starts a server in a folder of its own, on ports that the system chooses. Resolves when it answers. */
export async function startServer(plan: ServerPlan): Promise<TestServer> {
  for (let tries = 1; ; tries++) {
    const folder = mkdtempSync(join(tmpdir(), `attak-${plan.name}-`))
    const ports = await freePorts(plan.ports)
    const command = await plan.prepare(folder, ports)
    const server = serverOf(plan, command, folder, ports[0]!)
    try {
      await server.restart()
      return server
    } catch (error) {
      const log = readFileSync(join(folder, 'log'), 'utf8')
      await server.stop()
      if (tries < TRIES && /in use|eaddrinuse/i.test(log)) continue
      throw new Error(`${plan.name} does not start. The end of what it printed:\n${log.slice(-3000)}`, { cause: error })
    }
  }
}

function serverOf({ name, url }: ServerPlan, command: ServerCommand, folder: string, port: number): TestServer {
  const beside = command.beside && start(command.beside, folder)
  let child: ChildProcess | undefined
  const kill = async () => {
    if (child !== undefined) await end(child)
    child = undefined
  }
  const server: TestServer = {
    ...{ url: url(port), port, kill },
    pid: () => child!.pid!,
    async restart() {
      await kill()
      child = start(command, folder)
      await answered(command, child, name)
    },
    pause: (isPaused) => void child?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT'),
    async stop() {
      servers.delete(server)
      await kill()
      if (beside !== undefined) await end(beside)
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  servers.add(server)
  return server
}

const SETPRIV = '/usr/bin/setpriv'

/** Starts a process that the system ends when this one ends, however that comes. */
function start({ program, args, env = {} }: Program, folder: string): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a')
  const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', program] : [program]
  const child = spawn(bound[0]!, [...bound.slice(1), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.on('error', () => {})
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

const START_MS = 120_000

async function answered({ ready }: ServerCommand, child: ChildProcess, name: string): Promise<void> {
  for (const untilMs = Date.now() + START_MS; ; ) {
    if (hasEnded(child)) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`)
    try {
      return await ready()
    } catch (error) {
      if (Date.now() > untilMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Different ports of this machine that are free now. */
async function freePorts(count: number): Promise<readonly number[]> {
  const holders = Array.from({ length: count }, () => createServer())
  await Promise.all(holders.map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))))
  const ports = holders.map((one) => (one.address() as { port: number }).port)
  await Promise.all(holders.map((one) => new Promise((resolve) => one.close(resolve))))
  return ports
}
