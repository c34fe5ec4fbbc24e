import { fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Problem } from '../errors.ts'
import type { GraphProcessor } from '../graph/graph.ts'
import { FRAME } from '../runtime/thrown.ts'
import { placeOfProcessor } from '../topology/name.ts'
import { ARTIFACT_ENVIRONMENT, PROCESSOR_VARIABLE } from './artifact.ts'
import { unpack } from './unpack.ts'
import type { ArtifactFiles } from './zip.ts'

/** What Lambda gives a function to start. Source: Lambda's guide, "Understanding the Lambda execution environment lifecycle", read 2026-11-21. */
const START_MS = 10_000
const TRIAL_FILE = 'attak-trial.mjs'

/** Loads an artifact as its functions will and asks for the code of the processors named on the command line. */
const TRIAL = `
import own from 'node:process'
const failures = []
const tell = (name, error) => {
  const said = error?.problems?.[0]?.stack ?? error?.stack
  failures.push({ name, message: String(error?.message ?? error), stack: typeof said === 'string' ? said : '' })
}
try {
  const { load } = await import('./index.mjs')
  for (const name of own.argv.slice(2)) {
    try { await load(name) } catch (error) { tell(name, error) }
  }
} catch (error) { tell(undefined, error) }
own.send(failures, () => own.exit())
`

interface Failure {
  /** Absent: the module itself failed, and all with it. */
  readonly name?: string
  readonly message: string
  readonly stack: string
}

/** What a trial is run with; see `BundleOptions`. */
export interface TrialOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly temporaryFolder?: () => string
}

/**
 * Loads an artifact in a process of its own whose environment is what `environment` declares, as the functions will have
 * it, once for each environment that differs, and gives what fails there: most likely code of the topology that needs
 * what only its author has.
 */
export async function tryArtifact(
  files: ArtifactFiles,
  processors: readonly GraphProcessor[],
  { env, temporaryFolder = makeTemporaryFolder }: TrialOptions,
): Promise<readonly Problem[]> {
  const folder = await realpath(temporaryFolder())
  try {
    await unpack(files, folder)
    await writeFile(join(folder, TRIAL_FILE), TRIAL)
    const problems: Problem[] = []
    for (const [environment, names] of byEnvironment(processors, env)) {
      const failures = await load(folder, names, JSON.parse(environment))
      problems.push(...failures.map((failure) => problemOf(failure, names, folder)))
    }
    return problems
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'attak-'))
}

/** Names of processors by the environment that they have, as JSON. */
function byEnvironment(processors: readonly GraphProcessor[], env: Readonly<Record<string, string | undefined>>) {
  const names = new Map<string, string[]>()
  for (const { name, environment } of processors) {
    const values = Object.entries(environment).map(([variable, given]) => [
      variable,
      given.kind === 'value' ? given.value : env[variable],
    ])
    const key = JSON.stringify(Object.fromEntries(values))
    names.set(key, [...(names.get(key) ?? []), name])
  }
  return names
}

async function load(
  folder: string,
  names: readonly string[],
  declared: Record<string, string>,
): Promise<readonly Failure[]> {
  const child = fork(join(folder, TRIAL_FILE), names, {
    cwd: folder,
    env: { AWS_REGION: 'us-east-1', TZ: ':UTC', ...declared, [PROCESSOR_VARIABLE]: names[0]!, ...ARTIFACT_ENVIRONMENT },
    execArgv: [],
    timeout: START_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise((resolve, reject) => {
    let failures: readonly Failure[] | undefined
    child.on('message', (message: readonly Failure[]) => {
      failures = message
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(failures ?? [{ message: endOf(code, signal), stack: said }]))
  })
}

function endOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGKILL') return `it had not loaded after ${START_MS / 1000} s, which is all that Lambda gives it`
  if (code === 13) return 'it waits, at its top, for a promise that nothing settles'
  return `the process ended while loading it, with ${signal ?? `exit code ${code}`}`
}

function problemOf({ name, message, stack }: Failure, names: readonly string[], folder: string): Problem {
  const frames = usersFrames(stack, folder)
  return {
    code: 'BUNDLE_LOAD_FAILED',
    severity: 'error',
    where: (name === undefined ? names : [name]).map(placeOfProcessor).join(', '),
    what: `the topology's module does not load with the declared environment alone: ${message}`,
    remedy: 'Name the variables that it needs in environment, or move the processor to a file of its own.',
    ...(frames !== undefined && { stack: frames }),
  }
}

/** The stack with the frames of users' own sources alone, relative to the topology's folder. */
function usersFrames(stack: string, folder: string): string | undefined {
  const lines = stack
    .replaceAll(`${pathToFileURL(folder).href}/`, '')
    .replaceAll(join(folder, '/'), '')
    .split('\n')
  const kept = lines.filter(
    (line) =>
      !FRAME.test(line) ||
      !/node:|[ (](?:attak(?:-trial|-require)?\.[cm]js|index\.mjs|attak-packages\/)|^\s+at (?:async )?Promise\.all/.test(
        line,
      ),
  )
  const text = kept
    .join('\n')
    .replaceAll(/at <anonymous> \((.*)\)$/gm, 'at $1')
    .trimEnd()
  return text === '' ? undefined : text
}
