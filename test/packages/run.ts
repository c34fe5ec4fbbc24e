import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { PackageCase } from './cases.ts'
import { FORMS, type Form, sourceOf } from './forms.ts'

const ATTAK = resolve('bin/attak.js')
const UNPACK = resolve('test/packages/unpack.ts')
/** Only for what hangs: then it has printed nothing. */
const MOST_MS = 600_000
/** The most programs that run at once. */
const AT_ONCE = 2
/** What Lambda sets, as far as packages ask for it. */
const ENVIRONMENT = { PATH: process.env.PATH, TZ: 'UTC', LANG: 'en_US.UTF-8', HOME: tmpdir() }

/** Cases by their packages. */
export type Cases = Readonly<Record<string, PackageCase>>

/** What a processor emits, by the form it is written in; undefined where it did not run. */
export type Emitted = Readonly<Partial<Record<Form, unknown>>>

/** What became of the cases of one project: of each package, and what the program said. */
export interface Ran {
  readonly emitted: ReadonlyMap<string, Emitted>
  readonly said: string
}

/** A problem as `attak check --json` prints it. */
export interface Told {
  readonly where: string
  readonly what: string
  readonly remedy: string
}

/** A project with a processor for each package and form. */
export interface PackagesProject {
  /** Its topology's file. */
  readonly file: string
  readonly packages: readonly string[]
}

/** How a project is written. */
export interface ProjectOptions {
  /** Without the settings that make packages work. */
  readonly asWritten?: boolean
}

/** Writes a project beside the packages in `folder`. */
export function writeProject(
  folder: string,
  name: string,
  cases: Cases,
  { asWritten = false }: ProjectOptions = {},
): PackagesProject {
  const processors: Record<string, object> = {}
  mkdirSync(join(folder, 'cases'), { recursive: true })
  for (const [package_, case_] of Object.entries(cases)) {
    for (const form of FORMS) {
      const path = `./cases/${nameOf(package_, form)}.${form}`
      writeFileSync(join(folder, path), sourceOf(case_, form))
      processors[nameOf(package_, form)] = { path, ...(asWritten ? {} : case_.remedy) }
    }
  }
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const topology = { name: 'packages', architecture, runtime: 'nodejs22.x', processors }
  const file = join(folder, `${name}.topology.json`)
  writeFileSync(file, JSON.stringify(topology))
  const events = Object.keys(processors).map((to) => `${JSON.stringify({ to, event: 'event' })}\n`)
  writeFileSync(eventsOf(file), events.join(''))
  return { file, packages: Object.keys(cases) }
}

/** Simulates a project with a Node, from its source or, by `--built`, out of its artifacts. */
export async function simulated(node: string, { file, packages }: PackagesProject, ...flags: string[]): Promise<Ran> {
  const argv = [ATTAK, 'simulate', file, '--json', '--input', eventsOf(file), ...flags]
  const { stdout, stderr } = await runProgram(node, argv, { cwd: resolve(file, '..') })
  const values = new Map<string, unknown>()
  for (const line of linesOf(stdout)) {
    const { kind, processor, data } = line as {
      readonly kind: string
      readonly processor: string
      readonly data: unknown
    }
    if (kind === 'emit') values.set(processor, data)
  }
  return { emitted: new Map(packages.map((name) => [name, emittedIn(name, values)])), said: stderr }
}

/** Returns what `attak check` says of a project. */
export async function checked(node: string, { file }: PackagesProject): Promise<readonly Told[]> {
  const { stdout } = await runProgram(node, [ATTAK, 'check', file, '--json'], { cwd: resolve(file, '..') })
  const { problems } = JSON.parse(stdout) as { readonly problems: readonly Told[] }
  return problems
}

/** Unpacks the artifacts of a project, and returns the folder in which they are, each in a separate folder. */
export async function unpacked(node: string, { file }: PackagesProject): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'attak-artifacts-'))
  const { stderr } = await runProgram(node, [UNPACK, file, folder], { cwd: resolve(file, '..') })
  if (readdirSync(folder).length === 0) throw new Error(stderr)
  return folder
}

const DEPLOYED = `
const { join } = process.getBuiltinModule('node:path')
const { pathToFileURL } = process.getBuiltinModule('node:url')
const [folder, ...names] = process.argv.slice(1)
const values = {}
// As on Lambda, the process goes on while a handler waits for what does not hold it.
setInterval(() => {}, 60_000)
for (const name of names) {
  process.chdir(join(folder, name))
  try {
    const { load } = await import(pathToFileURL(join(folder, name, 'index.mjs')).href)
    const { handler, self } = await load(name)
    await handler.call(self, 'event', { emit: async (topic, data) => { values[name] = JSON.parse(JSON.stringify(data)) } })
  } catch (error) { values[name] = { broken: error?.stack ?? String(error) } }
}
process.stdout.write(JSON.stringify(values) + '\\n', () => process.exit())
`

/** Runs a package's artifacts as Lambda does: without the sources, and without \`require()\` of ES modules. */
export async function deployed(node: string, folder: string, package_: string): Promise<Emitted> {
  const names = FORMS.map((form) => nameOf(package_, form))
  const argv = ['--no-experimental-require-module', '--input-type=module', '--eval', DEPLOYED, folder, ...names]
  const { stdout, stderr } = await runProgram(node, argv, { cwd: folder })
  const [values] = linesOf(stdout).slice(-1)
  if (values === undefined) throw new Error(`${package_} ended its process: ${stderr}`)
  return emittedIn(package_, new Map(Object.entries(values as object)))
}

function emittedIn(package_: string, values: ReadonlyMap<string, unknown>): Emitted {
  return Object.fromEntries(FORMS.map((form) => [form, values.get(nameOf(package_, form))]))
}

/** The processor of a package in a form. */
export function nameOf(package_: string, form: Form): string {
  return `${package_
    .replace(/^@/, '')
    .replaceAll(/[^\w]+/g, '-')
    .slice(0, 35)}-${form}`
}

function eventsOf(file: string): string {
  return file.replace(/\.topology\.json$/, '.events.jsonl')
}

function linesOf(stdout: string): unknown[] {
  return stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
}

interface Program {
  readonly cwd: string
}

/** Runs a program when it is its turn; how it ends is for what it prints to say. */
function runProgram(
  node: string,
  argv: readonly string[],
  { cwd }: Program,
): Promise<{ stdout: string; stderr: string }> {
  const options = {
    cwd,
    env: ENVIRONMENT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
  } as const
  return inTurn(
    () =>
      new Promise((done) => {
        execFile(node, [...argv], options, (error, stdout, stderr) =>
          done({ stdout, stderr: `${stderr}${error?.signal ?? ''}` }),
        )
      }),
  )
}

const waiting: (() => void)[] = []
let running = 0

async function inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
  if (running === AT_ONCE) await new Promise<void>((start) => waiting.push(start))
  else running++
  try {
    return await task()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
