import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { onTestFinished } from 'vitest'

/** The binary, absolute. */
export const BIN = resolve('bin/attak.js')

/** What the shells of tests call attak by. */
export const ATTAK = `'${process.execPath}' '${BIN}'`

/** Runs one command line in its own process, until it ends. */
export function attak(cwd: string, ...argv: readonly string[]) {
  return ended(process.execPath, [BIN, ...argv], { cwd })
}

/** Runs `simulate --json` in an environment that holds `env` and a path alone. Returns its transcript, and all that it printed. */
export function simulateJson(cwd: string, env: Readonly<Record<string, string>>, ...flags: readonly string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, [BIN, 'simulate', '--json', ...flags], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })
  const entries = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { entries, stdout, stderr }
}

/** Runs a line of bash, in which `$ATTAK` is attak; a pipe exits with what its first failing part exits with. */
export function shell(cwd: string, line: string, env: Readonly<Record<string, string | undefined>> = {}) {
  const run = `attak() { ${ATTAK} "$@"; }; set -o pipefail; ${line}`
  return ended('bash', ['--norc', '-c', run], { cwd, env: { ...process.env, ...env } })
}

function ended(command: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8', timeout: 60_000 })
  return { code: status, out: stdout, err: stderr }
}

/** A running attak, killed at the end of the test at the latest, and what it has printed. */
export function start(cwd: string, ...argv: readonly string[]) {
  return startWith({ cwd }, argv)
}

/** The same with its own environment. */
export function startWith(
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
  argv: readonly string[],
) {
  const child: ChildProcess = spawn(process.execPath, [BIN, ...argv], options)
  onTestFinished(() => void child.kill('SIGKILL'))
  const printed = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => (printed.out += chunk))
  child.stderr?.on('data', (chunk) => (printed.err += chunk))
  const until = async (name: 'out' | 'err', text: string) => {
    const stream = name === 'out' ? child.stdout : child.stderr
    while (!printed[name].includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without "${text}": ${printed.out}${printed.err}`)
      await Promise.race([once(stream!, 'data'), once(child, 'exit')])
    }
  }
  return { child, printed, until, ended: once(child, 'close').then(([code]) => code as number | null) }
}
