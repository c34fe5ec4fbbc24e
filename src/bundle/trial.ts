import { fork } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LACKING } from '../code/places.ts'
import { atPath, type Problem } from '../errors.ts'
import type { GraphProcessor } from '../graph/graph.ts'
import { variablesOf } from '../graph/variables.ts'
import { FRAME } from '../runtime/thrown.ts'
import { placeOfProcessor } from '../topology/name.ts'
import { ARTIFACT_ENVIRONMENT, PROCESSOR_VARIABLE } from './artifact.ts'
import { escaped } from './refusals.ts'
import { unpack } from './unpack.ts'
import type { ArtifactFiles } from './zip.ts'

/**
 * How long a function may take to start. Source: Lambda's guide, "Understanding the Lambda execution environment
 * lifecycle", read 2026-11-21.
 */
const START_MS = 10_000
const TRIAL_FILE = 'attak-trial.mjs'

/** Loads artifacts one after another as their functions will; the command line names processor and folder of each. */
const TRIAL = `
import own from 'node:process'
const [, , ...named] = own.argv
const caught = new Set()
// Node 20 reports some errors again that an import was caught with.
own.on('unhandledRejection', (error) => {
  if (!caught.has(error)) throw error
})
for (let at = 0; at < named.length; at += 2) {
  let failure = {}
  try {
    own.env.${PROCESSOR_VARIABLE} = named[at]
    const { load } = await import('./' + named[at + 1] + '/index.mjs')
    await load(named[at])
  } catch (error) {
    caught.add(error)
    const said = error?.problems?.[0]?.stack ?? error?.stack
    failure = { message: String(error?.message ?? error), stack: typeof said === 'string' ? said : '' }
  }
  await new Promise((sent) => own.send({ name: named[at], ...failure }, sent))
}
own.exit()
`

/** The result of loading one artifact; without a message it succeeded. */
interface Tried {
  readonly name: string
  readonly message?: string
  readonly stack?: string
}

/** An artifact of one processor. */
export interface TrialArtifact {
  readonly processor: GraphProcessor
  readonly files: ArtifactFiles
}

/** The arguments of a trial; see `BundleOptions`. */
export interface TrialOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly temporaryFolder?: () => string
}

/**
 * Loads artifacts in a process whose environment is what `environment` declares, as the functions will have it: one process
 * for all processors that declare the same. Reports what fails there: most likely code of the topology that needs what only its
 * author has.
 */
export async function tryArtifacts(
  artifacts: readonly TrialArtifact[],
  { env, temporaryFolder = makeTemporaryFolder }: TrialOptions,
): Promise<readonly Problem[]> {
  if (artifacts.length === 0) return []
  const folder = await realpath(temporaryFolder())
  try {
    await Promise.all(artifacts.map(({ files }, index) => unpack(files, join(folder, String(index)))))
    await atPath(join(folder, TRIAL_FILE), () => writeFile(join(folder, TRIAL_FILE), TRIAL))
    const folders = new Map(artifacts.map(({ processor }, index) => [processor.name, String(index)]))
    const processors = artifacts.map(({ processor }) => processor)
    const problems: Problem[] = []
    for (const [environment, names] of byEnvironment(processors, env)) {
      const named = names.map((name) => [name, folders.get(name)!] as const)
      problems.push(...problemsOf(await load(folder, named, JSON.parse(environment)), folder))
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
    const key = JSON.stringify(variablesOf({ environment }, env))
    names.set(key, [...(names.get(key) ?? []), name])
  }
  return names
}

async function load(
  folder: string,
  artifacts: readonly (readonly [name: string, folder: string])[],
  declared: Record<string, string>,
): Promise<readonly Tried[]> {
  const child = fork(join(folder, TRIAL_FILE), artifacts.flat(), {
    cwd: folder,
    env: { AWS_REGION: 'us-east-1', TZ: ':UTC', ...declared, ...ARTIFACT_ENVIRONMENT },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const tried: Tried[] = []
  const kill = () => setTimeout(() => child.kill('SIGKILL'), START_MS)
  let timer = kill()
  return new Promise((resolve, reject) => {
    child.on('message', (one: Tried) => {
      tried.push(one)
      clearTimeout(timer)
      timer = kill()
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      // The one that was loading ended the process; those after it were not tried.
      const ended = artifacts[tried.length]
      resolve(ended === undefined ? tried : [...tried, { name: ended[0], message: endOf(code, signal), stack: said }])
    })
  })
}

function endOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGKILL') return `it had not loaded after ${START_MS / 1000} s, the limit of Lambda`
  if (code === 13) return 'its top-level await waits for a promise that never settles'
  return `the process ended while loading it, with ${signal ?? `exit code ${code}`}`
}

/** Reports failures; equal ones are reported together. */
function problemsOf(tried: readonly Tried[], folder: string): readonly Problem[] {
  const problems = new Map<string, Problem>()
  for (const { name, message, stack = '' } of tried) {
    if (message === undefined) continue
    const frames = usersFrames(stack, folder)
    const said = fromFolder(message, folder)
    const isLacking = said !== message && message.startsWith('ENOENT')
    const key = JSON.stringify([said, frames])
    const before = problems.get(key)
    problems.set(key, {
      code: 'BUNDLE_LOAD_FAILED',
      severity: 'error',
      where: [...(before === undefined ? [] : [before.where]), placeOfProcessor(name)].join(', '),
      what: `the topology's module does not load with only the declared environment: ${said}`,
      remedy: isLacking
        ? LACKING
        : 'Name the variables that it needs in environment, or move the processor to its own file.',
      ...(frames !== undefined && { stack: frames }),
    })
  }
  return [...problems.values()]
}

/** Makes the paths in a text relative to the artifact that is loaded. */
function fromFolder(text: string, folder: string): string {
  return text
    .replaceAll(new RegExp(`${escaped(pathToFileURL(folder).href)}/(?:\\d+/)?`, 'g'), '')
    .replaceAll(new RegExp(`${escaped(join(folder, '/'))}(?:\\d+[/\\\\])?`, 'g'), '')
}

/** The stack with the frames of users' own sources alone, relative to the topology's folder. */
function usersFrames(stack: string, folder: string): string | undefined {
  const lines = fromFolder(stack, folder).split('\n')
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
