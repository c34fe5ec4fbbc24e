import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, inject, onTestFinished } from 'vitest'

const BIN = resolve('bin/attak.js')

/** What a command line left behind. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the built command line in a folder, against an emulator (ministack by default); `kill` ends it by SIGKILL. */
export function attak(
  cwd: string,
  argv: readonly string[],
  env: Record<string, string> = {},
  kill?: AbortSignal,
): Promise<Ran> {
  const child = spawn(process.execPath, [BIN, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, ...emulated(inject('ministack')), ...env },
  })
  kill?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true })
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (printed.out += chunk))
  child.stderr.on('data', (chunk) => (printed.err += chunk))
  child.stdin.end()
  return new Promise((done) => child.once('close', (code) => done({ code, ...printed })))
}

/** Runs it and returns the JSON lines that it printed. Fails if the exit code is above 0. */
export async function attakJson(cwd: string, argv: readonly string[]): Promise<readonly Fields[]> {
  const ran = await attak(cwd, [...argv, '--json'])
  if (ran.code !== 0) throw new Error(`attak ${argv.join(' ')} exited with ${ran.code}:\n${ran.err}${ran.out}`)
  return ran.out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Fields]))
}

/** An object out of JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests check its shape.
export type Fields = Record<string, any>

/** The settings that turn to an emulator. */
export function emulated(endpoint: string): Record<string, string> {
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', ...keys }
}

/** A copy of an example that is gone when the test ends; its packages are those of this repository. */
export function copyOf(example: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-cloud-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(resolve('examples', example), folder, { recursive: true })
  return folder
}

/** Makes projects in a folder that is gone when all tests of the file have ended; returns where each is. */
export function projects(): (name: string, files: Readonly<Record<string, string>>) => string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-cloud-')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name, files) => {
    const project = join(folder, name)
    mkdirSync(project)
    for (const [file, content] of Object.entries(files)) writeFileSync(join(project, file), content)
    return project
  }
}

/** Emits without a receiver, as a followed trigger printed them: `topic` and `data`, sorted. */
export function outputsIn(lines: readonly Fields[]): readonly string[] {
  return lines
    .filter(({ kind }) => kind === 'output')
    .map(({ processor, topic, data }) => JSON.stringify([processor, topic, data]))
    .sort()
}
